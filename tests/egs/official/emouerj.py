"""Its Zenodo page: gender and number of the actor, emotion, number of the recording; 91, 94, 100 and 92 an emotion."""

ACTORS = [f"{gender}{number:02}" for gender in "mw" for number in range(1, 5)]
COUNTS = {"h": 91, "a": 94, "s": 100, "n": 92}

FILES = [  # dealt out evenly: how many each actor has is not documented
    f"emoUERJ/{ACTORS[i % 8]}{emotion}{i // 8 + 1:02}.wav" for emotion, count in COUNTS.items() for i in range(count)
]
COMPLETE = True
EXAMPLES = {
    "w04a11.wav": ("w04", "female", "anger"),  # the example of its page
    "emoUERJ/m01h01.wav": ("m01", "male", "happiness"),
    "emoUERJ/w01s13.wav": ("w01", "female", "sadness"),
    "emoUERJ/m04n07.wav": ("m04", "male", "neutral"),
}

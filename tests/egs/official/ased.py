"""The repository's README: xn-yy-aa-gg-bb is emotion and folder, sentence, repetition, gender, speaker."""

from itertools import product

FOLDERS = {"01Neutral": "n1", "02Fearful": "f2", "03Happy": "h3", "04Sad": "s4", "05Angry": "a5"}

FILES = [  # a speaker of each gender, complete
    f"{folder}/{code}-{sentence:02}-{repetition:02}-{gender}.wav"
    for (folder, code), sentence, repetition, gender in product(
        FOLDERS.items(), range(1, 8), (1, 2), ("01-01", "02-50")
    )
]
COMPLETE = False  # the judges chose
EXAMPLES = {
    "05Angry/a5-03-01-02-50.wav": ("50", "male", "anger"),  # the example of its README
    "04Sad/S4-04-02-01-29.wav": ("29", "female", "sadness"),
    "03Happy/h3-01-01-02-08.wav": ("08", "male", "happiness"),
    "02Fearful/f2-07-02-02-65.wav": ("65", "male", "fear"),
    "01Neutral/n1-01-01-01-01.wav": ("01", "female", "neutral"),
}

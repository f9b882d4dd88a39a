"""Its Mendeley pages: 34 actors, 3 sentences, 3 repetitions, 4 emotions at one intensity each, neutral by 27."""

from itertools import product

INTENSITY = {1: 1, 2: 1, 3: 2, 4: 2, 5: 1}  # happy and sad normal, angry and surprise strong

FILES = [
    f"BanglaSER/Actor {actor:02}/03-01-{e:02}-{INTENSITY[e]:02}-{sentence:02}-{repetition:02}-{actor:02}.wav"
    for actor, e, sentence, repetition in product(range(1, 35), range(1, 6), (1, 2, 3), (1, 2, 3))
    if not (e == 5 and actor > 27)  # which seven have no neutral is not documented
]
COMPLETE = True
EXAMPLES = {
    "BanglaSER/03-01-03-02-01-02-06.wav": ("06", "female", "anger"),
    "03-01-01-01-03-03-33.wav": ("33", "male", "happiness"),
    "Actor 34/03-01-02-01-02-01-34.wav": ("34", "female", "sadness"),
    "BanglaSER/03-01-05-02-01-01-07.wav": ("07", "male", "neutral"),  # whichever intensity
    "BanglaSER/03-01-04-02-01-01-10.wav": ("10", "female", "surprise"),
}

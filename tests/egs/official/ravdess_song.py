"""Zenodo record 1188976: 44 files an actor, 23 actors (no actor 18), neutral at normal intensity alone."""

from itertools import product

FILES = [
    f"Actor_{actor:02}/03-02-{emotion:02}-{intensity:02}-{sentence:02}-{repetition:02}-{actor:02}.wav"
    for actor, emotion in product(range(1, 25), range(1, 7))
    for intensity, sentence, repetition in product((1, 2), (1, 2), (1, 2))
    if actor != 18 and not (emotion == 1 and intensity == 2)
]
COMPLETE = True
EXAMPLES = {
    "Actor_01/03-02-01-01-01-01-01.wav": ("01", "male", "neutral"),
    "Actor_02/03-02-02-02-01-02-02.wav": ("02", "female", "calm"),
    "Actor_07/03-02-05-01-02-01-07.wav": ("07", "male", "anger"),
    "Actor_24/03-02-06-02-02-02-24.wav": ("24", "female", "fear"),
}

"""Livingstone and Russo (2018): 24 actors, 2 sentences, 2 repetitions, 2 intensities but for neutral."""

from itertools import product

FILES = [
    f"Actor_{actor:02}/03-01-{emotion:02}-{intensity:02}-{sentence:02}-{repetition:02}-{actor:02}.wav"
    for actor, emotion in product(range(1, 25), range(1, 9))
    for intensity, sentence, repetition in product((1, 2), (1, 2), (1, 2))
    if not (emotion == 1 and intensity == 2)
]
COMPLETE = True
EXAMPLES = {
    "Actor_12/03-01-06-01-02-01-12.wav": ("12", "female", "fear"),  # the example of its Zenodo page
    "Actor_01/03-01-02-02-01-01-01.wav": ("01", "male", "calm"),
}

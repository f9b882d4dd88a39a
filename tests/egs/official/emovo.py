"""Costantini et al. (2014): 6 actors, 7 emotions, 14 sentences."""

from itertools import product

SENTENCES = ["b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2"]
EMOTIONS = ["dis", "gio", "neu", "pau", "rab", "sor", "tri"]

FILES = [f"EMOVO/{s}/{e}-{s}-{t}.wav" for s, e, t in product(["f1", "f2", "f3", "m1", "m2", "m3"], EMOTIONS, SENTENCES)]
COMPLETE = True
EXAMPLES = {
    "EMOVO/m1/tri-m1-n5.wav": ("m1", "male", "sadness"),
    "EMOVO/f2/pau-f2-d1.wav": ("f2", "female", "fear"),
    "f1/gio-f1-b1.wav": ("f1", "female", "happiness"),
}

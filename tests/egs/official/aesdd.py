"""Its README (xAA (B): emotion, utterance, speaker), and the names that EmoBox and nkululeko list against it."""

from itertools import product

EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness")
ABSENT = {"disgust/d18 (5)", "fear/f02 (4)", "happiness/h11 (3)", "sadness/s01 (5)"}
FURTHER = [
    *("anger/a06 (5)b", "disgust/d01 (5)b", "disgust/d03 (5)b", "disgust/d04 (5)b", "fear/f18 (5)b"),
    *("sadness/s01 (5)a", "sadness/s01 (5)b", "sadness/s02 (5)b", "sadness/s04 (5)b"),
]
ZERO = {"fear/f10 (1)", "fear/f11 (1)", "fear/f12 (1)", "fear/f13 (1)", "disgust/d03 (1)"}  # spelt (01)

RULE = {f"{e}/{e[0]}{utterance:02} ({s})" for e, utterance, s in product(EMOTIONS, range(1, 21), range(1, 7))}
FILES = [  # with sadness/s05 (3), which cannot be read
    f"{name.replace('(1)', '(01)') if name in ZERO else name}.wav" for name in sorted(RULE - ABSENT) + FURTHER
]
COMPLETE = True
EXAMPLES = {
    "anger/a03 (4).wav": ("4", None, "anger"),
    "fear/f10 (01).wav": ("1", None, "fear"),
    "Acted Emotional Speech Dynamic Database/sadness/s01 (5)a.wav": ("5", None, "sadness"),
    "happiness/h20 (6).wav": ("6", None, "happiness"),
    "disgust/d04 (5)b.wav": ("5", None, "disgust"),
}

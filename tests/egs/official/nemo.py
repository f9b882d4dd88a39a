"""The repository's README and data.tsv: speaker, emotion, sentence; 9 speakers, 90 sentences, 6 emotions."""

from itertools import product

SPEAKERS = ["EB0", "IC0", "KD0", "KS0", "MK0", "MP0", "SM0", "TP0", "WR0"]
EMOTIONS = ["anger", "fear", "happiness", "neutral", "sadness", "surprised"]

FILES = [f"samples/{s}_{emotion}_{text}.wav" for s, emotion, text in product(SPEAKERS, EMOTIONS, (1, 9, 10, 90))]
COMPLETE = False  # 379 of 4860 were not accepted
EXAMPLES = {
    "samples/WR0_surprised_64.wav": ("WR0", "male", "surprise"),  # the first row of data.tsv
    "samples/EB0_neutral_13.wav": ("EB0", "female", "neutral"),
    "samples/KS0_fear_85.wav": ("KS0", "male", "fear"),
    "samples/MK0_anger_3.wav": ("MK0", "female", "anger"),
}

"""The data set's description: 5 men, 6 words, 5 repetitions, 3 emotions."""

from itertools import product

WORDS = ["nie", "oddaj", "podaj", "stop", "tak", "trzymaj"]

FILES = [f"m{s}.{e}_{word}_{take}.wav" for s, e, word, take in product(range(1, 6), "ans", WORDS, range(1, 6))]
COMPLETE = True
EXAMPLES = {
    "m1.a_nie_2.wav": ("m1", "male", "anger"),  # the example of its description
    "m3.s_trzymaj_5.wav": ("m3", "male", "fear"),
    "m2.n_podaj_2.wav": ("m2", "male", "neutral"),
    "Speech_emotions/m5.s_stop_1.wav": ("m5", "male", "fear"),
}

"""The repository's README and naming.txt: word's folder, speaker-gender-age-word-level-record."""

from itertools import product

FILES = [f"{word}/46-m-20-{word}-{level}-{900 + 3 * word + level}.wav" for word, level in product(range(7), range(3))]
FILES += [f"{word}/53-m-20-{word}-{level}-{950 + 3 * word + level}.wav" for word, level in product(range(7), range(3))]
FILES += [f"{word}/3-f-21-{word}-2-{800 + word}.wav" for word in range(7)]
COMPLETE = False  # speakers have one to three levels, by no rule
EXAMPLES = {
    "0/0-m-21-0-1-105.wav": ("0", "male", "neutral"),
    "3/3-f-21-3-2-824.wav": ("3", "female", "high_arousal"),
    "0/49-m-23-6-1-201.wav": ("49", "male", "neutral"),  # in the folder of another word
    "6/102-f-40-6-0-1600.wav": ("102", "female", "low_arousal"),
    "Basic-Arabic-Vocal-Emotions-Dataset-master/2/50-f-5-2-1-556.wav": ("50", "female", "neutral"),
}

"""EmoBox's list: train/ and test/, a folder a dialogue, the emotion's initial; eleven dialogues are named otherwise."""

DIALOGUES = [
    *("train/happiness_enthusiasm_32/32_happiness_enthusiasm_", "test/disgust_happiness_36/36_disgust_happiness_"),
    *("train/11_disgust_anger/11_anger_disgust ", "test/05_neutral_fear/05_neutral_fear "),
]

FILES = [f"{start}{initial}_{place:03}.wav" for start in DIALOGUES for initial in "adefhns" for place in (10, 52, 200)]
COMPLETE = False
EXAMPLES = {
    "train/happiness_enthusiasm_32/32_happiness_enthusiasm_h_120.wav": (None, None, "happiness"),
    "train/11_disgust_anger/11_anger_disgust d_200.wav": (None, None, "disgust"),
    "train/06_happiness_enthusiasm/06_happiness_enthusiasm e_020.wav": (None, None, "enthusiasm"),
    "test/anger_fear_34/34_anger_fear_a_060.wav": (None, None, "anger"),
    "train/07_fear_neutral/07_fear_neutral n_040.wav": (None, None, "neutral"),
}

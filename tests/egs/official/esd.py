"""Its README, Strong-AI-Lab/emotion, EmoBox: 20 speakers, 350 sentences in 5 emotions, three parts."""

from itertools import product

PARTS = {"evaluation": (1, 20), "test": (21, 50), "train": (51, 350)}
EMOTIONS = ["Neutral", "Angry", "Happy", "Sad", "Surprise"]

FILES = [  # the first and last sentence of every part, of 35,000 files
    f"{speaker:04}/{emotion}/{part}/{speaker:04}_{350 * block + sentence:06}.wav"
    for speaker, (block, emotion), part in product(range(1, 21), enumerate(EMOTIONS), PARTS)
    for sentence in PARTS[part]
]
COMPLETE = False
EXAMPLES = {
    "0001/Angry/evaluation/0001_000351.wav": ("0001", "female", "anger"),
    "Emotion Speech Dataset/0011/Surprise/0011_001401.wav": ("0011", "male", "surprise"),  # the copies without parts
    "0020/Neutral/train/0020_000350.wav": ("0020", "male", "neutral"),
    "0010/Sad/test/0010_001080.wav": ("0010", "male", "sadness"),
    "0015/Happy/train/0015_001050.wav": ("0015", "female", "happiness"),
}

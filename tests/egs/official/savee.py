"""Info.txt of AudioData.zip: a folder a speaker, letters of the emotion and number of the sentence; 30 neutral ones."""

from itertools import product

SENTENCES = {"a": 15, "d": 15, "f": 15, "h": 15, "n": 30, "sa": 15, "su": 15}

FILES = [
    f"AudioData/{speaker}/{letters}{sentence:02}.wav"
    for speaker, (letters, number) in product(["DC", "JE", "JK", "KL"], SENTENCES.items())
    for sentence in range(1, number + 1)
]
COMPLETE = True
EXAMPLES = {
    "AudioData/DC/d03.wav": ("DC", "male", "disgust"),  # the example of Info.txt
    "AudioData/JE/sa01.wav": ("JE", "male", "sadness"),
    "AudioData/JK/su15.wav": ("JK", "male", "surprise"),
    "AudioData/KL/n30.wav": ("KL", "male", "neutral"),
    "ALL/DC_a01.wav": ("DC", "male", "anger"),  # a copy that goes round
}

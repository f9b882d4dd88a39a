"""Strong-AI-Lab/emotion and the names that nkululeko lists: stimulus, s or p, speaker, emotion, number."""

from itertools import product

EMOTIONS = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]

FILES = [
    f"{10 * n + k}{kind}{speaker}_{emotion}{n + 1}.wav"
    for k, (kind, speaker) in enumerate(product("sp", "AB"))
    for n, emotion in enumerate(EMOTIONS)
]
COMPLETE = False  # what listeners recognised follows no rule
EXAMPLES = {
    "62pA_fear8.wav": ("A", None, "fear"),
    "8sA_angry8.wav": ("A", None, "anger"),
    "51pB_disgust20.wav": ("B", None, "disgust"),
    "Castro-BRM-2010 Pseudosents/103pA_neutral15.wav": ("A", None, "neutral"),
}

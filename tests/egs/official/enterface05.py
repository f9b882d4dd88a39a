"""EmoBox's list of the release, and Strong-AI-Lab/emotion: folder a subject, an emotion and a sentence; odd names."""

from itertools import product

EMOTIONS = ["anger", "disgust", "fear", "happiness", "sadness", "surprise"]


def _name(subject: int, emotion: str, sentence: int) -> str:
    said = {1: 2, 2: 1}.get(sentence, sentence) if (subject, emotion) == (2, "anger") else sentence
    odd = subject == 3 and (emotion in ("happiness", "sadness", "surprise") or (emotion, sentence) == ("fear", 5))
    prefix = {11: "s12"}.get(subject, "s_3" if odd else f"s{subject}")
    tail = "avi" if (subject, emotion, sentence) == (16, "surprise", 3) else ""
    return f"subject {subject}/{emotion}/sentence {sentence}/{prefix}_{emotion[:2]}_{said}{tail}.wav"


FILES = [
    _name(subject, emotion, sentence)
    for subject, emotion, sentence in product(range(1, 45), EMOTIONS, range(1, 6))
    if subject not in (6, 12) and not (subject == 23 and emotion == "happiness" and sentence < 4)
] + [f"subject 6/{emotion}/s6_{emotion[:2]}.wav" for emotion in EMOTIONS]
COMPLETE = True
EXAMPLES = {
    "subject 19/anger/sentence 4/s19_an_4.wav": ("19", None, "anger"),
    "enterface database/subject 11/sadness/sentence 5/s12_sa_5.wav": ("11", None, "sadness"),
    "subject 3/happiness/sentence 4/s_3_ha_4.wav": ("3", None, "happiness"),
    "subject 16/surprise/sentence 3/s16_su_3avi.wav": ("16", None, "surprise"),
    "subject 2/anger/sentence 1/s2_an_2.wav": ("2", None, "anger"),
    "subject 44/disgust/sentence 1/s44_di_1.wav": ("44", None, "disgust"),
}

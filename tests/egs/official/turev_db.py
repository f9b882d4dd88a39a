"""The repository's listing: folder an emotion; speaker, emotion in Turkish, word."""

from itertools import product

EMOTIONS = {"Angry": "kz", "Calm": "sk", "Happy": "mt", "Sad": "hl"}
SPEAKERS = ["1157", "1234", "1358", "1984", "6783", "7895"]

FILES = [
    f"Sound Source/{folder}/{speaker}_{code}_{word}.wav"
    for (folder, code), speaker, word in product(EMOTIONS.items(), SPEAKERS, ("beste", "yigilmak", "zeytin"))
    if not (speaker == "1157" and folder in ("Calm", "Happy"))
] + ["Model Output for Test Data/testEmotions500HighPass/sound/Angry/1157_kz_beste.wav"]
COMPLETE = False  # a representative tree; 1157 and 7895 lack words by no rule
EXAMPLES = {
    "Sound Source/Angry/1157_kz_beste.wav": ("1157", "male", "anger"),
    "Sound Source/Calm/1984_sk_eger.wav": ("1984", "female", "calm"),
    "Sound Source/Sad/7895_hl_ogul1.wav": ("7895", "female", "sadness"),
    "Sound Source/Happy/6783_mt_japon.wav": ("6783", "male", "happiness"),
}

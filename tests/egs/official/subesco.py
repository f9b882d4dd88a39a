"""Sultana et al. (2021) and EmoBox's list: 20 actors, 10 sentences, 7 emotions, 5 takes."""

from itertools import product

ACTORS = [
    *("F_01_OISHI", "F_02_MONIKA", "F_03_SMITA", "F_04_SWARNALI", "F_05_MOUNI"),
    *("F_06_SIMI", "F_07_TITHI", "F_08_JOYEETA", "F_09_CHAITY", "F_10_FAHMEE"),
    *("M_01_BASHIR", "M_02_NIPUN", "M_03_ILIAS", "M_04_BIBHAS", "M_05_DURANTO"),
    *("M_06_SHUKANTO", "M_07_SIBLY", "M_08_PRASUN", "M_09_SHUMANTA", "M_10_EVAN"),
]
EMOTIONS = ["ANGRY", "DISGUST", "FEAR", "HAPPY", "NEUTRAL", "SAD", "SURPRISE"]
STRAY = "F_02_MONIKA_S_2_SURPRISE_3"

FILES = [
    f"SUBESCO/{name}].wav" if name == STRAY else f"SUBESCO/{name}.wav"
    for name in (
        f"{actor}_S_{sentence}_{emotion}_{take}"
        for actor, sentence, emotion, take in product(ACTORS, range(1, 11), EMOTIONS, range(1, 6))
    )
]
COMPLETE = True
EXAMPLES = {
    "F_02_MONIKA_S_2_SURPRISE_3].wav": ("F_02", "female", "surprise"),
    "M_02_NIPUN_S_10_ANGRY_1.wav": ("M_02", "male", "anger"),
    "SUBESCO/F_10_FAHMEE_S_6_FEAR_5.wav": ("F_10", "female", "fear"),
    "SUBESCO/M_10_EVAN_S_8_DISGUST_2.wav": ("M_10", "male", "disgust"),
}

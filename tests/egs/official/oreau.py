"""The Zenodo page and EmoBox's list: folders of gender and emotion; speaker, utterance, emotion, take."""

from itertools import product

WOMEN = ["10", "11", "13", "21", "24", "37", "42"]

FILES = [  # what was recognised follows no rule
    f"OréauFR_02/{gender}/sess{emotion.lower()}/{speaker}a{utterance:02}{emotion}a.wav"
    for (gender, speakers), emotion, utterance in product((("f", WOMEN), ("m", ["07", "41"])), "CDJNPST", (1, 13))
    for speaker in speakers
] + ["OréauFR_01/m/sessc/08a01Ca.wav"]
COMPLETE = False
EXAMPLES = {
    "OréauFR_02/f/sessj/10a02Ja.wav": ("10", "female", "happiness"),
    "Ore\u0301auFR_02/m/sesss/07z03Sa.wav": ("07", "male", "surprise"),  # e and an accent; z
    "OréauFR_02/m/sesst/39a09Ta.wav": ("39", "male", "sadness"),
    "m/sessp/23a10Pa.wav": ("23", "male", "fear"),
    "OréauFR_02/f/sessn/42a01Na.wav": ("42", "female", "neutral"),
}

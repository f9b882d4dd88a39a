"""The READMEs of its two repositories: gender, speaker, emotion letter, number; in female/ and male/."""

FILES: list[str] = []  # how many utterances a speaker has of an emotion does not follow from a rule
COMPLETE = False
EXAMPLES = {
    "female/F03S02.wav": ("F03", "female", "sadness"),  # the example of its README
    "female/F14A09.wav": ("F14", "female", "anger"),
    "male/M02F01.wav": ("M02", "male", "fear"),  # not a woman
    "female/F21N37.wav": ("F21", "female", "neutral"),
    "male/M56W01.wav": ("M56", "male", "surprise"),
    "female/F28H03.wav": ("F28", "female", "happiness"),
}

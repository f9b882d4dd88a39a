"""Burkhardt et al. (2005) and the database's page: speaker, text, emotion by its German initial, version."""

FILES: list[str] = []  # which takes were kept does not follow from a rule
COMPLETE = False
EXAMPLES = {
    "wav/03a01Fa.wav": ("03", "male", "happiness"),  # the example of its documentation
    "wav/08a01Wa.wav": ("08", "female", "anger"),
    "wav/09a02La.wav": ("09", "female", "boredom"),
    "wav/03a04Ad.wav": ("03", "male", "fear"),
    "wav/11b09Td.wav": ("11", "male", "sadness"),
    "wav/13b10Nc.wav": ("13", "female", "neutral"),
    "wav/09a02Eb.wav": ("09", "female", "disgust"),
}

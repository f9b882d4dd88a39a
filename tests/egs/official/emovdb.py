"""Its README: style_range_sentence in a folder a speaker and style; OpenSLR 115 and the sorted release."""

FILES = [
    "bea_Neutral/Neutral_1-28_0016.wav",
    "bea_Amused/amused_29_56_0031.wav",
    "jenie_Angry/anger_1-28_0011.wav",
    "josh_Sleepy/sleepiness_1_28_0003.wav",
    "sam_Disgusted/Disgust_1-28_0001.wav",
    "sam_Neutral/neutral_225_252_0228.wav",
]
COMPLETE = False
EXAMPLES = {
    "jenie_Angry/anger_1-28_0011.wav": ("jenie", "female", "anger"),  # the example of its README
    "bea_Neutral/Neutral_1-28_0016.wav": ("bea", "female", "neutral"),
    "bea_Amused/amused_29_56_0031.wav": ("bea", "female", "amusement"),
    "josh_Sleepy/sleepiness_1_28_0003.wav": ("josh", "male", "sleepiness"),
    "sam_Disgusted/Disgust_1-28_0001.wav": ("sam", "male", "disgust"),
    "EmoV-DB_sorted/jenie/Neutral/neutral_57-84_0067.wav": ("jenie", "female", "neutral"),
}

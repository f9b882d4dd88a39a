"""Its page and EmoBox's list: speaker, audio, emotion, level, take; wav made beside the m4a of the release."""

FILES = [
    f"{speaker}/audio/{emotion}/level_{level}/{take:03}.{suffix}"
    for speaker in ("M003", "W040")
    for emotion in ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")
    for level in ((1,) if emotion == "neutral" else (1, 2, 3))
    for take in (1, 2, 30)
    for suffix in ("m4a", "wav")
]
COMPLETE = False
EXAMPLES = {
    "M003/audio/angry/level_1/001.wav": ("M003", "male", "anger"),
    "M003/audio/neutral/level_1/030.wav": ("M003", "male", "neutral"),
    "W040/audio/contempt/level_3/002.wav": ("W040", "female", "contempt"),
    "MEAD/W009/audio/disgusted/level_2/017.wav": ("W009", "female", "disgust"),
    "W016/audio/surprised/level_3/024.wav": ("W016", "female", "surprise"),
}

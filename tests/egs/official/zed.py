"""ZED.json as SpeechBrain's recipe ZaionEmotionDataset reads it; the names of files are made up."""

import json

_ENTRY = {"wav": "datafolder/speaker1/one.wav", "duration": 5.0, "emotion": [{"emo": "sad", "start": 1.5, "end": 5.0}]}
FILES = {"ZED.json": json.dumps({"one": _ENTRY}), "speaker1/one.wav": ""}
COMPLETE = False
EXAMPLES = {"one": (None, None, None)}

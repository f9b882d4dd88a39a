"""Zenodo record 5525023: 300 sentences in eight styles; a folder a style, files named by a digest of the sentence."""

import hashlib

STYLES = ["amused", "angry", "disgusted", "drunk", "neutral", "sleepy", "surprised", "whisper"]

FILES = [
    f"thorsten-emotional_v02/{style}/{hashlib.md5(str(sentence).encode()).hexdigest()}.wav"  # not the real digests
    for style in STYLES
    for sentence in range(300)
]
COMPLETE = True
EXAMPLES = {
    "thorsten-emotional_v02/neutral/f64b86e0c3ff6561d5c5968bd8135a34.wav": ("thorsten", "male", "neutral"),
    "thorsten-emotional_v02/drunk/106d5a7b05735126bbe67be9fa2ca981.wav": ("thorsten", "male", "other"),
    "thorsten-emotional_v02/sleepy/91672c17b212888eb37fdeb75071cd3a.wav": ("thorsten", "male", "sleepiness"),
    "thorsten-emotional_v02/amused/91672c17b212888eb37fdeb75071cd3a.wav": ("thorsten", "male", "amusement"),
}

"""The release's README and list: 91 actors, 12 sentences, six emotions, levels in IEO alone; twenty clips absent."""

from itertools import product

SENTENCES = ["DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI"]
EMOTIONS = ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"]
ABSENT = {(1002, "TIE", "NEU"), (1076, "ITS", "NEU")}
ABSENT |= {(actor, text, e) for (actor, text) in [(1008, "WSI"), (1009, "MTI"), (1019, "ITH")] for e in EMOTIONS}

FILES = [
    f"AudioWAV/{actor}_{sentence}_{emotion}_{level}.wav"
    for actor, sentence, emotion in product(range(1001, 1092), SENTENCES, EMOTIONS)
    if (actor, sentence, emotion) not in ABSENT
    for level in (("LO", "MD", "HI") if sentence == "IEO" and emotion != "NEU" else ("XX",))
] + ["AudioMP3/1001_DFA_ANG_XX.mp3"]
COMPLETE = True
EXAMPLES = {
    "AudioWAV/1001_IEO_NEU_XX.wav": ("1001", "male", "neutral"),
    "AudioWAV/1002_IEO_SAD_HI.wav": ("1002", "female", "sadness"),
    "AudioWAV/1076_MTI_SAD_XX.wav": ("1076", "female", "sadness"),
    "AudioWAV/1091_WSI_HAP_XX.wav": ("1091", "female", "happiness"),
}

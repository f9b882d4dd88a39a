"""Its Zenodo page, EmoBox, Strong-AI-Lab/emotion: 12 actors, 6 sentences, 6 emotions at 2 intensities, neutral."""

from itertools import product

FOLDERS = {"C": "Colère", "D": "Dégoût", "J": "Joie", "P": "Peur", "S": "Surprise", "T": "Tristesse"}

FILES = [
    f"CaFE_48k/{FOLDERS[emotion]}/{level}/{actor:02}-{emotion}-{intensity}-{sentence}.wav"
    for actor, emotion, (intensity, level), sentence in product(
        range(1, 13), FOLDERS, ((1, "Faible"), (2, "Fort")), range(1, 7)
    )
] + [f"CaFE_48k/Neutre/{actor:02}-N-1-{sentence}.wav" for actor, sentence in product(range(1, 13), range(1, 7))]
COMPLETE = True
EXAMPLES = {
    "CaFE_48k/Peur/Fort/12-P-2-5.wav": ("12", "female", "fear"),
    "CaFE_48k/ColŠre/Faible/01-C-1-1.wav": ("01", "male", "anger"),  # as it comes out of some unpackers
    "CaFE_48k/Neutre/07-N-1-3.wav": ("07", "male", "neutral"),
    "Tristesse/Fort/02-T-2-6.aiff": ("02", "female", "sadness"),  # the archive of 192 kHz
    "CaFE_48k/Joie/Faible/10-J-1-2.wav": ("10", "female", "happiness"),
}

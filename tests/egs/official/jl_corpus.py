"""The repository's recording context and setup: 4 speakers, 10 emotions, 15 sentences in two rounds, two takes."""

from itertools import product

EMOTIONS = ["angry", "excited", "happy", "neutral", "sad"]
EMOTIONS += ["anxious", "apologetic", "assertive", "concerned", "encouraging"]
SPEAKERS = ["female1", "female2", "male1", "male2"]
FOLDER = "Raw JL corpus (unchecked and unannotated)/JL(wav+txt)"

FILES = [
    f"{FOLDER}/{speaker}_{emotion}_{sentence}{part}_{take}.wav"
    for speaker, emotion, sentence in product(SPEAKERS, EMOTIONS, range(1, 16))
    for part, take in product("ab", (1, 2))
] + [f"{FOLDER}/male2_concerned_6b_1.txt"]  # there is one beside each
COMPLETE = True
EXAMPLES = {
    f"{FOLDER}/male2_concerned_6b_1.wav": ("male2", "male", "concern"),
    f"{FOLDER}/female1_apologetic_15b_2.wav": ("female1", "female", "apology"),
    f"{FOLDER}/male1_encouraging_2a_2.wav": ("male1", "male", "encouragement"),
    f"{FOLDER}/female2_excited_10a_1.wav": ("female2", "female", "excitement"),
}

"""Its Mendeley page and the names that EmoBox and nkululeko list: emotion, kind of voice, word list, 24 words each."""

from itertools import product

EMOTIONS = ["Anger", "Disgust", "Fear", "Happiness", "Neutral", "Sadness"]
LIST_A = [
    *("abajo", "adios", "antes", "arriba", "ayer", "basta_ya", "de_nada", "delante", "dentro", "derecha", "detras"),
    *("fuera", "gracias", "hola", "hoy", "izquierda", "lento", "no", "nunca", "por_favor", "pronto", "rapido", "si"),
    "tarde",
]
LIST_B = [f"palabra_{chr(ord('a') + i)}" for i in range(24)]  # stands for 24 words of each emotion and voice
MISSING = {("Anger", "C", "hoy"), ("Neutral", "C", "tarde")}

FILES = [
    f"Mexican Emotional Speech Database (MESD)/{emotion}_{voice}_{words}_{word}.wav"
    for emotion, voice, (words, listed) in product(EMOTIONS, "FMC", (("A", LIST_A), ("B", LIST_B)))
    for word in listed
    if (emotion, voice, word) not in MISSING
]
COMPLETE = True
EXAMPLES = {
    "Mexican Emotional Speech Database (MESD)/Anger_F_A_tarde.wav": ("F", "female", "anger"),
    "Mexican Emotional Speech Database (MESD)/Happiness_C_A_lento_dentro.wav": ("C", "other", "happiness"),
    "Sadness_M_B_amenazado.wav": ("M", "male", "sadness"),
    "Neutral_C_A_basta_ya.wav": ("C", "other", "neutral"),
    "Disgust_F_B_llanto.wav": ("F", "female", "disgust"),
}

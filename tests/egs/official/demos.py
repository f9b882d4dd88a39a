"""Parada-Cabaleiro et al. (2020) and the names that nkululeko lists: PR or NP, gender, speaker, emotion, take."""

from itertools import product

FILES = [
    f"DEMOS/{kind}_{speaker}_{emotion}{take}.wav"
    for kind, speaker, emotion, take in product(
        ("PR", "NP"), ("f_61", "m_05", "m_23"), ("rab", "tri", "gio", "pau", "dis", "col", "sor"), ("00a", "07b", "18c")
    )
] + [f"NEU/{speaker}_neu{take}.wav" for speaker, take in product(("f_61", "m_05"), ("00a", "01b"))]
COMPLETE = False  # what was selected follows no rule
EXAMPLES = {
    "DEMOS/PR_m_23_tri00a.wav": ("23", "male", "sadness"),
    "DEMOS/NP_f_61_gio02c.wav": ("61", "female", "happiness"),
    "DEMoS/DEMOS/PR_f_46_col07b.wav": ("46", "female", "guilt"),
    "NEU/m_05_neu01b.wav": ("05", "male", "neutral"),
    "DEMOS/NP_f_55_pau00a.wav": ("55", "female", "fear"),
}

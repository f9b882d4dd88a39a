"""Busso et al. (2017) and the release's Evalution.txt: a turn, its consensus, then a line a rater."""

RATERS = (
    "AVA0001_20130304; Neutral; Neutral, Bored; A:3.000000; V:3.000000; D:2.000000; N:4.000000;\n"
    "ZZZ0002_20130305; Angry; ; A:2.000000; V:2.000000; D:3.000000; N:NaN;\n\n"
)


def rated(turn: str, label: str) -> str:
    return f"UTD-IMPROV-{turn}.avi; {label}; A:2.400000; V:3.200000; D:3.000000 ; N:NaN;\n{RATERS}"


TURNS = {
    "session1/S01A/T/MSP-IMPROV-S01A-F01-T-FM01.wav": "A",
    "session1/S01A/S/MSP-IMPROV-S01A-M01-S-FM03.wav": "N",
    "session1/S01A/S/MSP-IMPROV-S01A-F01-S-MF02.wav": "X",
    "session2/S13H/R/MSP-IMPROV-S13H-F02-R-FF01.wav": "H",
    "session6/S20S/P/MSP-IMPROV-S20S-M06-P-MF12.wav": "O",
    "session6/S20S/S/MSP-IMPROV-S20S-M06-S-MF04.wav": "S",
}

FILES = dict.fromkeys(TURNS, "") | {
    "Evalution.txt": "".join(rated(path.split("MSP-IMPROV-")[1][:-4], label) for path, label in TURNS.items())
}
COMPLETE = False
EXAMPLES = {
    "session1/S01A/T/MSP-IMPROV-S01A-F01-T-FM01.wav": ("F01", "female", "anger"),
    "session1/S01A/S/MSP-IMPROV-S01A-M01-S-FM03.wav": ("M01", "male", "neutral"),  # aimed at anger, heard neutral
    "session1/S01A/S/MSP-IMPROV-S01A-F01-S-MF02.wav": ("F01", "female", "no_agreement"),  # not M01
    "session2/S13H/R/MSP-IMPROV-S13H-F02-R-FF01.wav": ("F02", "female", "happiness"),
    "session6/S20S/P/MSP-IMPROV-S20S-M06-P-MF12.wav": ("M06", "male", "other"),
    "session6/S20S/S/MSP-IMPROV-S20S-M06-S-MF04.wav": ("M06", "male", "sadness"),
}

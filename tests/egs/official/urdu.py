"""The README of the release: S + gender + speaker, F + file, emotion + number."""

FILES: list[str] = []  # numbers of files and clips do not follow from a rule
COMPLETE = False
EXAMPLES = {
    "Angry/SM1_F01_A12.wav": ("SM1", "male", "anger"),  # the example of its README
    "Happy/SF1_F4_H04.wav": ("SF1", "female", "happiness"),
    "Neutral/SM5_F21_N049.wav": ("SM5", "male", "neutral"),
    "Sad/SF10_F2_S02.wav": ("SF10", "female", "sadness"),
}

"""Its README: {digit}_{speaker}_{index}, six speakers, 50 of each digit."""

from itertools import product

SPEAKERS = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]

FILES = [f"recordings/{digit}_{s}_{index}.wav" for digit, s, index in product(range(10), SPEAKERS, range(50))]
COMPLETE = True
EXAMPLES = {"recordings/7_jackson_32.wav": ("jackson", None, None)}  # the example of its README

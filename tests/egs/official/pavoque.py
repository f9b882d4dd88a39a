"""The repository's README, with its example, and its lists: one recording and one list a style."""

EXAMPLE = """- prompt: spike0008
  text: Ach ja?
  style: angry
  start: 27.0
  end: 28.92
  segments:
  - {lab: H#, end: 0.280902}
  - {lab: '?', end: 0.324898}
  - {lab: 'a:', end: 0.963273}
  - {lab: _, end: 1.915}
"""


def _listed(style: str, prompt: str, start: float, text: str) -> str:
    return f"""- prompt: {prompt}
  text: {text}
  style: {style}
  start: {start}
  end: {start + 2.5}
  segments:
  - {{lab: _, end: 2.5}}
"""


WRAPPED = "'Zwei Wörter, die sich in zwei Zeilen\n    auch: fortsetzen.'"  # quoted and continued, as long texts are

FILES = {
    "pavoque-angry.yaml": EXAMPLE + _listed("angry", "m0021", 28.92, WRAPPED),
    "pavoque-happy.yaml": _listed("happy", "m0021", 0.0, WRAPPED) + _listed("happy", "poppy0001", 2.5, "Na so was!"),
    "pavoque-neutral.yaml": _listed("neutral", "m0021", 0.0, WRAPPED) + _listed("neutral", "a0014", 2.5, "'Nun: gut.'"),
    "pavoque-poker.yaml": _listed("poker", "poker_n0010", 0.0, "Ich gehe mit."),
    "pavoque-sad.yaml": _listed("sad", "obadiah0001", 0.0, "Ach nein."),
    "pavoque-outtakes.yaml": _listed("sad", "obadiah0001a", 0.0, "Ach nein."),
    **{f"pavoque-{part}.flac": "" for part in ("angry", "happy", "neutral", "poker", "sad", "outtakes")},
}
COMPLETE = False
EXAMPLES = {
    "angry-spike0008": ("roettig", "male", "anger"),  # the example of its README
    "angry-m0021": ("roettig", "male", "anger"),
    "happy-m0021": ("roettig", "male", "happiness"),  # the same prompt in another style
    "poker-poker_n0010": ("roettig", "male", "calm"),
    "neutral-a0014": ("roettig", "male", "neutral"),
    "sad-obadiah0001": ("roettig", "male", "sadness"),
}

"""The taxonomy: the emotions that corpora may name, and what a task may merge into what.

The first seven are the usual categories of acted corpora (Ekman's six and neutral); the others are those that the
corpora in `egs/` distinguish beyond them. A raw label without a canonical name is an error, never a silent drop.
"""

from __future__ import annotations

EMOTIONS: tuple[str, ...] = (
    "anger",
    "happiness",
    "neutral",
    "sadness",
    "fear",
    "disgust",
    "surprise",
    "calm",
    "boredom",
    "contempt",
    "excitement",
    "frustration",
    "admiration",
    "amusement",
    "anxiety",
    "apology",
    "assertiveness",
    "concern",
    "confusion",
    "despair",
    "disappointment",
    "encouragement",
    "enthusiasm",
    "guilt",
    "interest",
    "irritation",
    "pain",
    "pleasure",
    "pride",
    "relief",
    "sarcasm",
    "shame",
    "sleepiness",
    "tenderness",
    "high_arousal",
    "low_arousal",
    "other",
    "no_agreement",
)

MERGES: dict[str, frozenset[str]] = {
    "happiness": frozenset({"excitement", "amusement", "enthusiasm"}),
    "neutral": frozenset({"calm"}),
    "anger": frozenset({"frustration", "irritation"}),
    "fear": frozenset({"anxiety"}),
    "sadness": frozenset({"boredom"}),
    "disgust": frozenset({"contempt"}),
}


def check_emotion(name: str) -> str:
    """``name`` if it is canonical.

    Raises:
        ValueError: it is not; the message lists what is.
    """
    if name not in EMOTIONS:
        raise ValueError(f"no such emotion: {name!r}; allowed: {', '.join(EMOTIONS)}")
    return name


def check_merge(source: str, target: str) -> None:
    """Refuse a merge that the field does not use.

    Raises:
        ValueError: ``source`` may not be merged into ``target``.
    """
    check_emotion(source)
    check_emotion(target)
    if source not in MERGES.get(target, frozenset()):
        allowed = "; ".join(f"{', '.join(sorted(names))} -> {into}" for into, names in MERGES.items())
        raise ValueError(f"{source} may not be merged into {target}; allowed: {allowed}")

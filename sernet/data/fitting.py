"""Which speaker-independent protocol and which classes a corpus allows: what a new recipe begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sernet.corpus.utterances import Utterance
from sernet.data import protocols
from sernet.data.protocols import Groups

LEAVE_ONE_OUT = 12
"""Up to this many speakers, each is a fold of its own."""
GROUPS = (5, 4, 3, 2)
VAGUE = frozenset({"other", "no_agreement"})
"""No classes to train."""


def fitting_run(utterances: Sequence[Utterance]) -> dict[str, Any] | None:
    """Classes and protocol of a run, with `why`, `left_out` emotions and `preliminary`; None where nothing fits.

    Every class stands in train and in test of every fold: the protocol that allows the most classes is taken, and of
    several the one with the most folds.
    """
    spoken = [u for u in utterances if u.speaker is not None and u.emotion is not None]
    speakers = {u.speaker for u in spoken}
    candidates: list[tuple[dict[str, Any], Groups, str]] = []
    if 2 <= len(speakers) <= LEAVE_ONE_OUT:
        why = f"each of the {len(speakers)} speakers is tested by a model of the others"
        candidates.append(({"kind": "leave-one-speaker-out"}, protocols.one_speaker_each(spoken), why))
    for number in GROUPS:
        if number < len(speakers):
            why = f"{number} folds of {len(speakers)} speakers, balanced by gender where it is known"
            candidates.append(({"kind": "speaker-groups", "groups": number}, protocols.dealt(spoken, number), why))
    best: dict[str, Any] | None = None
    for protocol, groups, why in candidates:
        classes = _classes(spoken, groups.test)
        if len(classes) > max(1, len(best["classes"]) if best else 0):
            left = sorted({str(u.emotion) for u in spoken} - set(classes))
            best = {"protocol": protocol, "classes": classes, "why": why, "left_out": left}
    return best and best | {"preliminary": len(speakers) < 4}


def _classes(utterances: Sequence[Utterance], folds: Sequence[Sequence[str]]) -> list[str]:
    """Emotions, the most frequent first, that are spoken on both sides of every fold."""
    speakers: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for utterance in utterances:
        emotion = str(utterance.emotion)
        speakers.setdefault(emotion, set()).add(str(utterance.speaker))
        counts[emotion] = counts.get(emotion, 0) + 1
    there = [e for e, who in speakers.items() if all(who & set(test) and who - set(test) for test in folds)]
    return sorted((e for e in there if e not in VAGUE), key=lambda emotion: (-counts[emotion], emotion))

"""Recordings made by joining clips of one speaker, as the diarisation benchmark makes its training data.

Wang et al. 2023 (arXiv:2306.12991) and its published recipe: each emotional clip once, in one of four patterns drawn
alike (neutral before, behind, on both sides, or none), neutral clips in turn; silent ends cut off; all pieces at the
level of the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sernet.audio.activity import FRAME, frame_power, framed, loud, span
from sernet.audio.level import rms
from sernet.audio.resample import resample
from sernet.draws import generator
from sernet.timeline.segments import Segment

PATTERNS = {"NE": (True, False), "EN": (False, True), "NEN": (True, True), "E": (False, False)}
"""Name -> whether there is a neutral clip before and behind the emotional one."""


@dataclass(frozen=True)
class Plan:
    """A recording to be made: its pieces are (utterance id, label)."""

    id: str
    speaker: str
    pattern: str
    pieces: tuple[tuple[str, str], ...]


def plan(clips: Mapping[str, Sequence[tuple[str, str]]], quiet: Sequence[str]) -> list[Plan]:
    """The recordings of each speaker.

    Args:
        clips: for each speaker (utterance id, label).
        quiet: the labels that stand around emotional ones. A speaker without such a clip gives pattern E alone.
    """
    found = []
    for speaker, own in sorted(clips.items()):
        draws = generator("timeline", speaker)
        emotional = [clip for clip in sorted(own) if clip[1] not in quiet]
        neutral = [clip for clip in sorted(own) if clip[1] in quiet]
        neutral = [neutral[i] for i in draws.permutation(len(neutral))]
        taken = 0
        for index in draws.permutation(len(emotional)):
            pattern = str(draws.choice(list(PATTERNS))) if neutral else "E"
            before, behind = PATTERNS[pattern]
            pieces = []
            for there, clip in ((before, None), (True, emotional[index]), (behind, None)):
                if there and clip is None:
                    clip, taken = neutral[taken % len(neutral)], taken + 1
                if there and clip is not None:
                    pieces.append(clip)
            found.append(Plan(f"{emotional[index][0]}-{pattern}", speaker, pattern, tuple(pieces)))
    return found


def join(
    pieces: Sequence[tuple[np.ndarray, int]], labels: Sequence[str], rate: int
) -> tuple[np.ndarray, list[Segment]]:
    """The recording and its reference.

    Args:
        pieces: mono samples within +-1 and their rate in Hz.
        labels: one a piece.
        rate: of the result.

    Returns:
        Samples, float32 ``(n,)``, scaled down where they would clip, and one segment a piece.
    """
    joined: list[np.ndarray] = []
    reference: list[Segment] = []
    at = 0
    for (samples, own_rate), label in zip(pieces, labels, strict=True):
        samples = speech_of(resample(samples, own_rate, rate), rate)
        if joined:
            samples = samples * (rms(joined[0]) / max(rms(samples), 1e-9))
        joined.append(samples)
        reference.append(Segment(at / rate, (at + len(samples)) / rate, label))
        at += len(samples)
    whole = np.concatenate(joined)
    return np.asarray(whole / max(1.0, float(np.abs(whole).max())), dtype=np.float32), reference


def speech_of(samples: np.ndarray, rate: int) -> np.ndarray:
    """``samples`` without leading and trailing 25 ms frames more than 40 dB below the loudest."""
    size = max(1, round(FRAME * rate))
    first, last = span(loud(frame_power(framed(np.pad(samples, (0, -len(samples) % size)), size))))
    return samples[first * size : last * size]

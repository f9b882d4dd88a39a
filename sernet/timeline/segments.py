"""Stretches of time with a label, and the way between them and frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

NONE = "none"
"""The label of what is no speech, or speech that the model should not be asked about."""


class Segment(NamedTuple):
    """From ``start`` to ``end``, in seconds; ``confidence`` is the expected share of it that has the label."""

    start: float
    end: float
    label: str
    confidence: float | None = None


def frames_of(duration: float, hop: float) -> int:
    """How many frames of ``hop`` seconds a recording has; the last one may be cut short, and there is one at least."""
    return max(1, int(np.ceil(duration / hop - 1e-6)))


def from_frames(
    path: np.ndarray, labels: Sequence[str], hop: float, duration: float, posterior: np.ndarray | None = None
) -> list[Segment]:
    """The segments of a path ``(frames,)`` of indices into ``labels``, the last one ending at ``duration``.

    ``posterior`` (frames, labels), where given, becomes their confidence: its mean over a segment's frames.
    """
    found, frame = [], 0
    for index, group in groupby(path.tolist()):
        stop = frame + len(list(group))
        sure = None if posterior is None else float(np.clip(posterior[frame:stop, index].mean(), 0, 1))
        end = duration if stop == len(path) else round(stop * hop, 6)
        found.append(Segment(round(frame * hop, 6), end, labels[index], sure))
        frame = stop
    return found

"""An independent reference: every label sequence of a small recording, weighed by its segments."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np

from sernet.timeline.topology import Hmm


def weight(sequence: tuple[int, ...], emission: np.ndarray, hmm: Hmm, minimum: tuple[int, ...]) -> float:
    """The log weight of a label sequence, -inf where a segment is too short."""
    runs = [(label, len(list(group))) for label, group in groupby(sequence)]
    if any(length < minimum[label] for label, length in runs):
        return -np.inf
    entering = sum(np.log(hmm.prior[label]) for label, _ in runs) - hmm.penalty * (len(runs) - 1)
    return float(entering + sum(emission[frame, label] for frame, label in enumerate(sequence)))


def everything(
    emission: np.ndarray, hmm: Hmm, allowed: list[tuple[int, ...]] | None = None
) -> list[tuple[float, tuple[int, ...]]]:
    """All label sequences that can be, with their log weights, heaviest first; ``allowed`` restricts their segments."""
    frames, labels = emission.shape
    minimum = tuple(min(value, frames) for value in hmm.minimum)
    found = []
    for sequence in product(range(labels), repeat=frames):
        runs = tuple(label for label, _ in groupby(sequence))
        value = weight(sequence, emission, hmm, minimum)
        if np.isfinite(value) and (allowed is None or runs in allowed):
            found.append((value, sequence))
    return sorted(found, reverse=True)

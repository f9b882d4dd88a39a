"""Sums of utterances by unit and by group of equal score, which metrics are computed from."""

from __future__ import annotations

import numpy as np


def by_group(
    unit: np.ndarray, group: np.ndarray, units: int, groups: int | None = None, weight: np.ndarray | None = None
) -> np.ndarray:
    """Number (or sum of weights) of utterances of each unit in each group: float ``(units, groups)``."""
    groups = int(group.max()) + 1 if groups is None else groups
    return np.bincount(unit * groups + group, weight, minlength=units * groups).reshape(units, groups).astype(float)


def down(sums: np.ndarray) -> np.ndarray:
    """Cumulated from the last group down to the first, in that order."""
    return sums[..., ::-1].cumsum(axis=-1)

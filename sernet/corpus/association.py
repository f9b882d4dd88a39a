"""How much an attribute tells of emotion: Cramer's V, held against what shuffled labels reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sernet.draws import generator

SHUFFLES = 999


@dataclass(frozen=True)
class Association:
    """An attribute against emotion, over the utterances that have both."""

    attribute: str
    utterances: int
    values: int
    """How many the attribute has."""
    v: float
    """Cramer's V: 0 none, 1 the one follows from the other."""
    level: float
    """The V that 95 % of shuffles stay below. It is far from 0 where an attribute has many values."""
    p: float
    """Share of shuffles that reach V, the observed order counted among them."""
    guess: float
    """Share of utterances whose emotion is the most frequent one of their value."""
    majority: float
    """Share of the most frequent emotion."""


def cramers_v(first: Sequence[str], second: Sequence[str]) -> float:
    """Cramer's V of two labellings of the same utterances (Cramer 1946, without bias correction).

    0 where either has one value only: it tells nothing.
    """
    return _v(_table(_codes(first), _codes(second)))


def associate(attribute: str, values: Sequence[str], emotions: Sequence[str], *key: object) -> Association:
    """``values`` of ``attribute`` against ``emotions``, one of each an utterance; the shuffles are drawn by ``key``."""
    first, second = _codes(values), _codes(emotions)
    table = _table(first, second)
    draws = generator("association", *key, attribute)
    observed = _v(table)
    shuffled = np.array([_v(_table(first, draws.permutation(second))) for _ in range(SHUFFLES)])
    reached = int(np.sum(shuffled >= observed - 1e-12))
    return Association(
        attribute,
        len(first),
        table.shape[0],
        observed,
        float(np.quantile(shuffled, 0.95)),
        (1 + reached) / (1 + SHUFFLES),
        float(table.max(axis=1).sum() / table.sum()),
        float(table.sum(axis=0).max() / table.sum()),
    )


def _codes(labels: Sequence[str]) -> np.ndarray:
    return np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)[1]


def _table(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Counts ``(values of first, values of second)``."""
    shape = first.max() + 1, second.max() + 1
    return np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1]).reshape(shape)


def _v(table: np.ndarray) -> float:
    """As `scipy.stats.contingency.association`, fast enough for a thousand shuffles."""
    if min(table.shape) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    excess = float((table**2 / expected).sum()) - 1
    return float(np.sqrt(max(excess, 0.0) / (min(table.shape) - 1)))

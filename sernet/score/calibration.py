"""Whether a posterior is worth its name: one temperature for all, and what perfect calibration would read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from sernet.draws import generator
from sernet.score.metrics import ece

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet

LOWEST, HIGHEST = 0.01, 100.0
PERFECT_DRAWS = 1000
BLOCK = 100
"""Draws at a time: bounds the memory."""


def fit_temperature(scores: ScoreSet) -> float:
    """The ``T`` between 0.01 and 100 that gives ``softmax(logits / T)`` the least negative log-likelihood.

    Without labelled utterances 1. Guo et al. 2017, "On calibration of modern neural networks".
    """
    chosen = scores.label >= 0
    label = scores.label[chosen]
    logits = scores.logits[chosen].astype(np.float64)
    if not len(label):
        return 1.0
    target = logits[np.arange(len(label)), label]

    def loss(log_temperature: float) -> float:
        t = np.exp(log_temperature)
        return float(np.mean(logsumexp(logits / t, axis=1) - target / t))

    # In ln T, the loss has one minimum: it is convex in 1 / T.
    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def perfect_ece(confidence: np.ndarray, key: tuple[object, ...], draws: int = PERFECT_DRAWS) -> np.ndarray:
    """What `ece` reads, ``(draws,)``, if every answer is right with exactly the chance that its confidence names.

    With n answers in 15 bins the gap of a perfect model is not 0: it has to be set beside the ECE of a real one. Monte
    Carlo, as in the consistency bars of Broecker and Smith (2007).

    Args:
        confidence: of the answers, ``(n,)``, n > 0.
        key: what the draws depend on.
    """
    ordered = np.sort(np.asarray(confidence, dtype=np.float64))
    _, last = np.unique(ordered[::-1], return_index=True)
    ends = len(ordered) - 1 - last  # of each group of equal confidence
    mass = (ends + 1.0)[None]
    random = generator("perfect calibration", *key)
    found = []
    for start in range(0, draws, BLOCK):
        some = min(BLOCK, draws - start)
        right = random.random((some, len(ordered))) < ordered
        gap = np.cumsum(right - ordered, axis=1)[:, ends]
        found.append(ece(np.repeat(mass, some, axis=0), gap))
    return np.concatenate(found)

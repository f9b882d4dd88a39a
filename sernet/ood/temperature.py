"""Temperature-scaled maximum softmax probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from sernet.ood.base import Detector, Floats, confidence_gap, in_blocks, labelled

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet

LOWEST, HIGHEST = 0.01, 100.0


def fit_temperature(scores: ScoreSet) -> float:
    """The ``T`` between 0.01 and 100 that gives ``softmax(logits / T)`` the least negative log-likelihood.

    Without labelled utterances 1. Guo et al. 2017, "On calibration of modern neural networks".
    """
    chosen = labelled(scores)
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


class Temperature(Detector):
    """MSP at the temperature of least NLL on ID dev; on ID train where there is no dev, which flatters the model."""

    name = "temperature"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        self.temperature = fit_temperature(train if dev is None else dev)

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(lambda logits: confidence_gap(logits / self.temperature), scores.logits)

"""KL matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax

from sernet.ood.base import Detector, Floats, in_blocks, slices

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class KlMatching(Detector):
    """Least KL divergence of the softmax output from a class's template: the mean output where that class is predicted.

    Hendrycks et al. 2022, "Scaling out-of-distribution detection". Templates are from ID train, as all our statistics.
    """

    name = "kl_matching"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        classes = train.logits.shape[1]
        total, count = np.zeros((classes, classes)), np.zeros(classes)
        for rows in slices(len(train.logits)):
            p = np.exp(log_softmax(train.logits[rows].astype(np.float64), axis=1))
            predicted = p.argmax(axis=1)
            np.add.at(total, predicted, p)
            np.add.at(count, predicted, 1)
        seen = count > 0
        templates = total[seen] / count[seen, None]
        self.log_templates = np.log(np.maximum(templates, np.finfo(float).tiny))

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._divergence, scores.logits)

    def _divergence(self, logits: Floats) -> Floats:
        log_p = log_softmax(logits, axis=1)
        p = np.exp(log_p)
        return np.min(np.sum(p * log_p, axis=1, keepdims=True) - p @ self.log_templates.T, axis=1)

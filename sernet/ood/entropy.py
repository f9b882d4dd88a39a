"""Entropy of the softmax output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax

from sernet.ood.base import Detector, Floats, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Entropy(Detector):
    """``-sum p ln p`` in nats: 0 for certainty, ``ln(classes)`` for none."""

    name = "entropy"

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(_entropy, scores.logits)


def _entropy(logits: Floats) -> Floats:
    log_p = log_softmax(logits, axis=1)
    return -np.sum(np.exp(log_p) * log_p, axis=1)

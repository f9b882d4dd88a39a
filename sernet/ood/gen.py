"""Generalised entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import log_softmax

from sernet.ood.base import Detector, Floats, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Gen(Detector):
    """``sum (p (1 - p))^gamma`` over the ``top`` largest softmax outputs.

    Liu, Lochman and Zach 2023, "GEN: pushing the limits of softmax-based out-of-distribution detection".
    """

    name = "gen"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"gamma": (0.01, 0.1, 0.5)}

    def __init__(self, gamma: float = 0.1, top: int = 100) -> None:
        self.gamma, self.top = gamma, int(top)

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._entropy, scores.logits)

    def _entropy(self, logits: Floats) -> Floats:
        ordered = -np.sort(-logits, axis=1)
        if ordered.shape[1] == 1:
            return np.zeros(len(ordered))
        log_p = log_softmax(ordered, axis=1)
        with np.errstate(divide="ignore"):  # ln(1 - 0) apart, p of another class may be 1 to the last digit
            log_rest = np.log1p(-np.exp(log_p))
        # 1 - p of the top class, summed from the others: p itself may round to 1.
        log_rest[:, 0] = np.logaddexp.reduce(log_p[:, 1:], axis=1)
        return np.exp(self.gamma * (log_p + log_rest))[:, : self.top].sum(axis=1)

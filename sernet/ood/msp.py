"""Maximum softmax probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sernet.ood.base import Detector, Floats, confidence_gap, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Msp(Detector):
    """One minus the largest softmax output, as log-odds so that nothing saturates.

    Hendrycks and Gimpel 2017, "A baseline for detecting misclassified and out-of-distribution examples".
    """

    name = "msp"

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(confidence_gap, scores.logits)

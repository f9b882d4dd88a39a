"""Maximum logit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sernet.ood.base import Detector, Floats, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class MaxLogit(Detector):
    """The negated largest logit. Hendrycks et al. 2022, "Scaling out-of-distribution detection"."""

    name = "max_logit"

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(lambda logits: -logits.max(axis=1), scores.logits)

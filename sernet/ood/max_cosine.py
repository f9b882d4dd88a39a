"""Maximum cosine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sernet.ood.base import Detector, Floats, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class MaxCosine(Detector):
    """The negated largest cosine between embedding and class weights: independent of AM-softmax's scale.

    Techapanurak et al. 2020, "Hyperparameter-free out-of-distribution detection using cosine similarity".
    """

    name = "max_cosine"

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(lambda cosine: -cosine.max(axis=1), scores.cosine)

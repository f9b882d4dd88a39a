"""Mahalanobis distance where AM-softmax does not look."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sernet.ood.base import in_blocks, labelled
from sernet.ood.mahalanobis import Gaussians, Mahalanobis

if TYPE_CHECKING:
    from sernet.ood.base import Floats
    from sernet.score.files import ScoreSet


class RawMahalanobis(Mahalanobis):
    """Mahalanobis distance to the nearest class mean, on the embedding before it is normalised.

    Our design. An AM-softmax head judges directions alone, and training draws those of a class together; what is left
    over in the embedding, which is linear in the pooled statistics, training does not touch: how strong they are and
    where they lie between speech and other sounds. For a plain head, which sees the embedding as it is, this is
    `mahalanobis`.
    """

    name = "raw_mahalanobis"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        chosen = labelled(train)
        self.gaussians = Gaussians.fit(train.embedding[chosen].astype(np.float64), train.label[chosen])

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self.gaussians.distance, scores.embedding)

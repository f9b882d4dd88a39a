"""Relative Mahalanobis distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sernet.ood.base import Floats, in_blocks
from sernet.ood.mahalanobis import Gaussians, Mahalanobis

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class RelativeMahalanobis(Mahalanobis):
    """Mahalanobis distance to the nearest class, less that to one Gaussian over all of ID train.

    Ren et al. 2021, "A simple fix to Mahalanobis distance for improving near-OOD detection". With one class both are
    the same and every score is 0.

    They do not shrink. There the covariance of all is that of the classes plus the scatter of the class means, so that
    what has nothing to do with the classes cancels. Here both are shrunk by the share and towards the variance that
    Ledoit and Wolf find for the classes: it cancels all the same. Shrunk each by its own amount it would not.
    """

    name = "relative_mahalanobis"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        super().fit(train, dev)
        features = self.head.features(train.embedding)
        everything = np.zeros(len(features), dtype=np.int64)
        self.background = Gaussians.fit(features, everything, self.gaussians.shrinkage)

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._difference, scores.embedding)

    def _difference(self, embedding: Floats) -> Floats:
        features = self.head.features(embedding)
        return self.gaussians.distance(features) - self.background.distance(features)

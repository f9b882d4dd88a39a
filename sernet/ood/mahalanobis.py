"""Mahalanobis distance to the nearest class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn.covariance import LedoitWolf

from sernet.ood.base import Detector, Floats, in_blocks, labelled
from sernet.ood.head import Head

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Mahalanobis(Detector):
    """Least squared Mahalanobis distance to a class mean, under one covariance shared by the classes.

    Lee et al. 2018, "A simple unified framework for detecting out-of-distribution samples", on the features that the
    head sees (`Head.features`), without input perturbation. The covariance is shrunk by Ledoit and Wolf (2004).
    """

    name = "mahalanobis"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        chosen = labelled(train)
        self.head = Head.of(train)
        self.gaussians = Gaussians.fit(self.head.features(train.embedding[chosen]), train.label[chosen])

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(lambda x: self.gaussians.distance(self.head.features(x)), scores.embedding)


@dataclass(frozen=True)
class Gaussians:
    """Means ``(groups, dim)``, already whitened, and the lower Cholesky factor of the covariance that they share."""

    cholesky: Floats
    means: Floats

    @classmethod
    def fit(cls, features: Floats, group: NDArray[np.int64]) -> Gaussians:
        """From features ``(n, dim)``, of which there is at least one, and the group of each, ``(n,)``."""
        index = np.unique(group, return_inverse=True)[1]
        totals = np.zeros((index.max() + 1, features.shape[1]))
        np.add.at(totals, index, features)
        means = totals / np.bincount(index)[:, None]
        cholesky = np.linalg.cholesky(shrunk_covariance(features - means[index])).astype(np.float64)
        return cls(cholesky, solve_triangular(cholesky, means.T, lower=True).T)

    def distance(self, features: Floats) -> Floats:
        """``(n,)``: least squared Mahalanobis distance of features ``(n, dim)`` to a mean."""
        white = solve_triangular(self.cholesky, features.T, lower=True).T
        return np.min([np.sum((white - mean) ** 2, axis=1) for mean in self.means], axis=0)


def shrunk_covariance(residuals: Floats) -> Floats:
    """Ledoit and Wolf's covariance ``(dim, dim)`` of centred residuals, always positive definite.

    Where they span less than the space (identical embeddings, one sample a class) a floor of 1e-6 of the mean
    variance remains, so distances stay finite and order as Euclidean ones do.
    """
    dim = residuals.shape[1]
    covariance = (
        LedoitWolf(assume_centered=True).fit(residuals).covariance_ if len(residuals) > 1 else np.zeros((dim, dim))
    )
    floor = max(1e-6 * float(np.trace(covariance)) / dim, 1e-9)
    return covariance + floor * np.eye(dim)

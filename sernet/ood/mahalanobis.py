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
    shrinkage: Shrinkage
    """Of the covariance."""

    @classmethod
    def fit(cls, features: Floats, group: NDArray[np.int64], shrinkage: Shrinkage | None = None) -> Gaussians:
        """From features ``(n, dim)``, of which there is at least one, and the group of each, ``(n,)``.

        Without ``shrinkage`` the covariance is shrunk by the amount that Ledoit and Wolf find for it.
        """
        index = np.unique(group, return_inverse=True)[1]
        totals = np.zeros((index.max() + 1, features.shape[1]))
        np.add.at(totals, index, features)
        means = totals / np.bincount(index)[:, None]
        residuals = features - means[index]
        shrinkage = shrinkage or Shrinkage.of(residuals)
        cholesky = np.linalg.cholesky(shrinkage.covariance(residuals)).astype(np.float64)
        return cls(cholesky, solve_triangular(cholesky, means.T, lower=True).T, shrinkage)

    def distance(self, features: Floats) -> Floats:
        """``(n,)``: least squared Mahalanobis distance of features ``(n, dim)`` to a mean."""
        white = solve_triangular(self.cholesky, features.T, lower=True).T
        return np.min([np.sum((white - mean) ** 2, axis=1) for mean in self.means], axis=0)


@dataclass(frozen=True)
class Shrinkage:
    """How far a covariance is moved towards ``variance`` times the identity: by ``share``, 0 to 1."""

    share: float
    variance: float

    @classmethod
    def of(cls, residuals: Floats) -> Shrinkage:
        """Ledoit and Wolf's (2004), for centred residuals ``(n, dim)``."""
        if len(residuals) < 2:
            return cls(1.0, 0.0)
        estimate = LedoitWolf(assume_centered=True, store_precision=False).fit(residuals)
        return cls(float(estimate.shrinkage_), float(np.mean(residuals**2)))

    def covariance(self, residuals: Floats) -> Floats:
        """The shrunk covariance ``(dim, dim)`` of centred residuals ``(n, dim)``, always positive definite.

        Where they span less than the space (identical embeddings, one sample a class) a floor of 1e-6 of the mean
        variance remains, so distances stay finite and order as Euclidean ones do.
        """
        plain = residuals.T @ residuals / max(len(residuals), 1)
        floor = max(1e-6 * self.variance, 1e-9)
        return (1 - self.share) * plain + (self.share * self.variance + floor) * np.eye(len(plain))

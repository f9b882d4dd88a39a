"""Virtual-logit matching."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sernet.ood.base import Detector, Floats, in_blocks, slices
from sernet.ood.head import Head

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Vim(Detector):
    """Norm of the feature outside ID train's principal space, scaled to the logits, plus the energy.

    Wang et al. 2022, "ViM: out-of-distribution with virtual-logit matching", on the features that the head sees. The
    principal space has ``share`` of the dimensions (theirs: about a half), fewer where ID train spans fewer.
    """

    name = "vim"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"share": (0.25, 0.5, 0.75)}

    def __init__(self, share: float = 0.5) -> None:
        self.share = share

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        self.head = Head.of(train)
        self.origin = -np.linalg.pinv(self.head.weight) @ self.head.bias
        dim = train.embedding.shape[1]
        scatter = np.zeros((dim, dim))
        for rows in slices(len(train.embedding)):
            centred = self.head.features(train.embedding[rows]) - self.origin
            scatter += centred.T @ centred
        values, vectors = np.linalg.eigh(scatter)  # ascending
        rank = int(np.count_nonzero(values > values[-1] * dim * np.finfo(np.float32).eps))
        principal = min(round(self.share * dim), max(rank - 1, 0))
        self.null_space = vectors[:, : dim - principal]
        residual = float(np.sum(in_blocks(self._residual, train.embedding)))
        largest = float(np.sum(in_blocks(lambda x: self.head.logits(x).max(axis=1), train.embedding)))
        self.alpha = abs(largest) / residual if residual > 0 else 1.0

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._virtual_logit, scores.embedding)

    def _residual(self, embedding: Floats) -> Floats:
        return np.linalg.norm((self.head.features(embedding) - self.origin) @ self.null_space, axis=1)

    def _virtual_logit(self, embedding: Floats) -> Floats:
        return self.alpha * self._residual(embedding) - np.logaddexp.reduce(self.head.logits(embedding), axis=1)

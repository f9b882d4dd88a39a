"""Distance to the k-th nearest neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sernet.draws import generator
from sernet.ood.base import Detector, Floats, in_blocks
from sernet.ood.head import unit

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


BLOCK = 2048
"""Rows compared with the whole bank at once."""


class Knn(Detector):
    """Euclidean distance to the ``k``-th nearest ID train embedding, all of length 1.

    Sun et al. 2022, "Out-of-distribution detection with deep nearest neighbors", who find that a part of the training
    set serves as well: at most ``bank`` embeddings are kept, drawn at random.
    """

    name = "knn"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"k": (1, 5, 10, 20, 50)}

    def __init__(self, k: int = 10, bank: int = 10_000) -> None:
        self.k, self.bank = int(k), int(bank)

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        n = len(train.embedding)
        kept = (
            np.arange(n) if n <= self.bank else np.sort(generator("ood", "knn", n).choice(n, self.bank, replace=False))
        )
        self.stored = unit(train.embedding[kept].astype(np.float64))

    def score(self, scores: ScoreSet) -> Floats:
        from torch import from_numpy

        stored = from_numpy(self.stored.astype(np.float32))
        k = min(self.k, len(self.stored))

        def distance(embedding: Floats) -> Floats:
            rows = unit(embedding)
            # The neighbour by float32 cosines (torch: twice as fast as NumPy or scikit-learn), its distance in float64.
            cosine = from_numpy(rows.astype(np.float32)) @ stored.T
            nearest = cosine.topk(k, dim=1).indices[:, -1].numpy()
            return np.linalg.norm(rows - self.stored[nearest], axis=1)

        return in_blocks(distance, scores.embedding, block=BLOCK)

"""Rectified activations, with energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sernet.ood.base import Detector, Floats, in_blocks
from sernet.ood.head import Head

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class React(Detector):
    """Free energy after cutting embeddings off at the ``percentile`` of ID train's activations.

    Sun et al. 2021, "ReAct: out-of-distribution detection with rectified activations". The cut comes before
    AM-softmax's normalisation, as in the network.
    """

    name = "react"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"percentile": (80.0, 90.0, 95.0, 99.0)}

    def __init__(self, percentile: float = 90.0) -> None:
        self.percentile = percentile

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        self.head = Head.of(train)
        self.threshold = float(np.percentile(train.embedding, self.percentile))

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._energy, scores.embedding)

    def _energy(self, embedding: Floats) -> Floats:
        return -np.logaddexp.reduce(self.head.logits(np.minimum(embedding, self.threshold)), axis=1)

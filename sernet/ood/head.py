"""A score file's emotion head as one linear layer, whichever system made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sernet.ood.base import Floats

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


@dataclass(frozen=True)
class Head:
    """``logits = features(embedding) @ weight.T + bias``.

    Plain softmax: the embedding as it is. AM-softmax: the embedding divided by its norm, weight rows of norm
    ``scale``, no bias; the margin belongs to training alone (Wang et al. 2018, "Additive margin softmax").
    """

    weight: Floats
    bias: Floats
    normalised: bool

    @classmethod
    def of(cls, scores: ScoreSet) -> Head:
        """The head that made ``scores``: AM-softmax where the logits are the scaled cosines."""
        weight = np.asarray(scores.weight, dtype=np.float64)
        bias = np.asarray(scores.bias, dtype=np.float64)
        some = slice(0, 256)
        scaled = scores.scale * scores.cosine[some].astype(np.float64)
        if not bias.any() and np.allclose(scores.logits[some], scaled, rtol=1e-3, atol=1e-3):
            return cls(scores.scale * unit(weight), bias, normalised=True)
        return cls(weight, bias, normalised=False)

    def features(self, embedding: NDArray) -> Floats:
        """``(n, dim)`` float64: what the linear layer sees of embeddings ``(n, dim)``."""
        embedding = np.asarray(embedding, dtype=np.float64)
        return unit(embedding) if self.normalised else embedding

    def logits(self, embedding: NDArray) -> Floats:
        """``(n, classes)`` float64."""
        return self.features(embedding) @ self.weight.T + self.bias


def unit(vectors: Floats) -> Floats:
    """Rows of length 1; a zero row stays zero."""
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, norm, out=np.zeros_like(vectors), where=norm > 0)

"""The emotion classifiers: additive-margin softmax and plain softmax behind one interface."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import HeadConfig


def mask_classes(logits: Tensor, allowed: Tensor | None) -> Tensor:
    """``logits`` (batch, classes) with -inf where ``allowed`` (bool, same shape) denies the corpus a class."""
    return logits if allowed is None else logits.masked_fill(~allowed, float("-inf"))


def cosine(embedding: Tensor, weight: Tensor) -> Tensor:
    """Cosines (batch, classes) of ``embedding`` (batch, dim) with the rows of ``weight`` (classes, dim)."""
    return functional.linear(functional.normalize(embedding), functional.normalize(weight))


class AdditiveMargin(nn.Module):
    """Additive-margin softmax (Wang et al. 2018, equation 6).

    The logits are s (cos - m) for the target and s cos for the other classes, s cos for all without a target.
    """

    def __init__(self, dim: int, classes: int, scale: float, margin: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, dim))
        nn.init.xavier_uniform_(self.weight)
        self.bias: Tensor
        self.register_buffer("bias", torch.zeros(classes), persistent=False)
        self.scale, self.margin = scale, margin

    def forward(self, embedding: Tensor, target: Tensor | None = None) -> Tensor:
        """Logits (batch, classes) for ``embedding`` (batch, dim); ``target`` int64 (batch,)."""
        similarity = cosine(embedding, self.weight)
        if target is not None:
            similarity = similarity - self.margin * functional.one_hot(target, len(self.weight))
        return self.scale * similarity


class PlainSoftmax(nn.Module):
    """A linear layer with the interface of `AdditiveMargin`; the target changes nothing."""

    scale = 1.0

    def __init__(self, dim: int, classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, dim))
        nn.init.xavier_uniform_(self.weight)
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, embedding: Tensor, target: Tensor | None = None) -> Tensor:
        """Logits (batch, classes) for ``embedding`` (batch, dim)."""
        return functional.linear(embedding, self.weight, self.bias)


def emotion_head(config: HeadConfig, dim: int, classes: int) -> AdditiveMargin | PlainSoftmax:
    """The classifier that ``config`` names."""
    if config.kind == "am":
        return AdditiveMargin(dim, classes, config.scale, config.margin)
    return PlainSoftmax(dim, classes)

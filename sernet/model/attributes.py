"""Multiple speech attribute control (MSAC): attributes beside emotion are assisted, suppressed or judged in training.

The paper's abstract names the idea, "based on correlations of different speech attributes"; the rest is our design.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats.contingency import association, crosstab
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import AttributeConfig

NESTED = 0.5  # Cramer's V with emotion above which suppressing an attribute would suppress emotion
MEMORY = 0.98  # share of the correlation's running mean that a step keeps


class _ScaleGradient(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor, factor: float) -> Tensor:
        context.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return context.factor * gradient, None


def scale_gradient(x: Tensor, factor: float) -> Tensor:
    """``x`` itself, whose gradient is multiplied by ``factor``.

    Negative: gradient reversal (Ganin and Lempitsky 2015); positive: a joint task of that weight.
    """
    return _ScaleGradient.apply(x, factor)


def ramp(progress: float) -> float:
    """The strength of gradient reversal over training, from 0 to 1: 2 / (1 + exp(-10 p)) - 1 (ibid., section 3.1)."""
    return 2 / (1 + math.exp(-10 * progress)) - 1


@dataclass(frozen=True)
class Attribute:
    """An attribute under control: its values, and whether it is judged within each emotion class alone."""

    name: str
    values: tuple[str, ...]
    config: AttributeConfig
    within_class: bool = False

    def labels(self, values: Sequence[str | None]) -> np.ndarray:
        """The index of each value, int64; -1 where it is missing or unknown."""
        index = {value: number for number, value in enumerate(self.values)}
        return np.array([index.get(value, -1) if value is not None else -1 for value in values], dtype=np.int64)


def plan(
    configs: Mapping[str, AttributeConfig], values: Mapping[str, Sequence[str | None]], emotion: Sequence[int]
) -> tuple[list[Attribute], list[str]]:
    """The attributes that the data can control, and a sentence on each that it cannot or can in part only.

    An attribute with fewer than two values is dropped. One with Cramer's V > 0.5 with emotion is suppressed within
    each class, or dropped where no class has two of its values.
    """
    found, notes = [], []
    for name, config in sorted(configs.items()):
        if config.control == "off":
            continue
        pairs = [(v, e) for v, e in zip(values[name], emotion, strict=True) if v is not None and e >= 0]
        known = tuple(sorted({value for value, _ in pairs}))
        if len(known) < 2:
            what = f"one value, {known[0]!r}" if known else "no labels"
            notes.append(f"attribute {name} has {what} in the training data: dropped")
            continue
        table = crosstab([value for value, _ in pairs], [label for _, label in pairs]).count
        nested = association(table, method="cramer") if table.shape[1] > 1 else 0.0
        within = config.control != "assist" and nested > NESTED
        if within and (np.count_nonzero(table, axis=0) < 2).all():
            notes.append(f"attribute {name} follows from emotion (Cramer's V {nested:.2f}): dropped")
            continue
        if within:
            notes.append(f"attribute {name} is nearly nested in emotion (Cramer's V {nested:.2f}): within class only")
        found.append(Attribute(name, known, config, within))
    return found, notes


class AttributeTask(nn.Module):
    """The classifier of one attribute on the embedding, and what its gradient does to the network."""

    def __init__(self, attribute: Attribute, dim: int, classes: int) -> None:
        super().__init__()
        self.attribute = attribute
        self.correlation: Tensor
        self.register_buffer("correlation", torch.zeros(()))
        groups = classes if attribute.within_class else 1
        self.classifier = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, groups * len(attribute.values)))

    def factor(self, progress: float) -> float:
        """What the attribute's gradient is multiplied with on its way into the network, at ``progress`` (0 to 1)."""
        config = self.attribute.config
        if config.control == "assist":
            return config.weight
        if config.control == "suppress":
            return -config.weight * ramp(progress)
        share = float(self.correlation) / config.saturation
        return config.weight * max(-1.0, min(1.0, share)) * ramp(progress)

    def loss(self, embedding: Tensor, label: Tensor, emotion: Tensor, weight: Tensor) -> Tensor:
        """The mean cross-entropy over the utterances with a label, by ``weight`` (batch,); 0 if there is none.

        ``embedding`` (batch, dim); ``label`` and ``emotion`` int64 (batch,), -1 where ``label`` is missing.
        """
        logits = self.classifier(embedding)
        if self.attribute.within_class:
            rows = torch.arange(len(logits), device=logits.device)
            logits = logits.view(len(logits), -1, len(self.attribute.values))[rows, emotion]
        each = functional.cross_entropy(logits, label, ignore_index=-1, reduction="none")
        return (weight * each).sum() / (weight * (label >= 0)).sum().clamp(min=1e-6)

    def controlled(self, embedding: Tensor, label: Tensor, emotion: Tensor, weight: Tensor, progress: float) -> Tensor:
        """The loss: the classifier learns from all of it, the network from `factor` times its gradient."""
        return self.loss(scale_gradient(embedding, self.factor(progress)), label, emotion, weight)

    @torch.no_grad()
    def observe(self, attribute_gradient: Tensor, emotion_gradient: Tensor) -> None:
        """Note how the two losses' gradients at the embedding, (batch, dim) each, are correlated: their cosine.

        Above 0, what helps to tell the attribute helps to tell emotion.
        """
        now = functional.cosine_similarity(attribute_gradient.flatten(), emotion_gradient.flatten(), dim=0)
        self.correlation.lerp_(now, 1 - MEMORY)

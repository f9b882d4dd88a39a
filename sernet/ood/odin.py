"""ODIN: a hot softmax after a step that makes the network surer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sernet.ood.base import Floats, NetworkDetector, confidence_gap

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.ood.network import Network


class Odin(NetworkDetector):
    """MSP at ``temperature``, after one signed gradient step on the input that raises it.

    Liang, Li and Srikant 2018, "Enhancing the reliability of out-of-distribution image detection in neural networks":
    ID inputs gain more than OOD ones. ``step`` is in standard deviations of the normalised features, of which every
    frame moves by as much in every bin; padding has no part in it. Where windows of an utterance overlap, a frame moves
    once, by their gradients' sum. They, too, keep the temperature at 1000 and choose the step.
    """

    name = "odin"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"step": (0.01, 0.03, 0.1)}
    direction: ClassVar[float] = 1.0
    """1: towards confidence, -1: away from it."""

    def __init__(self, temperature: float = 1000.0, step: float = 0.03) -> None:
        self.temperature, self.step = temperature, step

    def score(self, network: Network, examples: Examples) -> Floats:
        import torch

        found = np.empty(len(examples))
        signs = network.signs(examples, self.temperature) if self.step else None
        for places, inputs in network.batches(examples):
            if signs is not None:
                inputs = [x + self.direction * self.step * signs[i] for i, x in zip(places, inputs, strict=True)]
            with torch.no_grad():
                logits = network.logits(inputs).double().cpu().numpy()
            found[places] = confidence_gap(logits / self.temperature)
        return found

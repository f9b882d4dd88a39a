"""Monte Carlo dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sernet.draws import generator
from sernet.ood.base import Floats, NetworkDetector
from sernet.ood.posteriors import entropy_of_mean

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.ood.network import Network


class McDropout(NetworkDetector):
    """Entropy of the mean softmax output over ``draws`` random thinnings of the pooled statistics.

    Gal and Ghahramani 2016, "Dropout as a Bayesian approximation". Dropout stands where the model has its own, before
    the embedding, with the rate that it was trained with. Our systems are trained without; then ``rate`` is used at
    test time alone: a measure of how much an answer hangs on single statistics, and not the paper's approximation.
    The masks hang on the utterance's id, one for all its windows.
    """

    name = "mc_dropout"

    def __init__(self, rate: float = 0.2, draws: int = 32) -> None:
        self.rate, self.draws = rate, int(draws)

    def score(self, network: Network, examples: Examples) -> Floats:
        import torch

        kept = 1 - (network.dropout or self.rate)
        found = np.empty(len(examples))
        for places, inputs in network.batches(examples):
            with torch.no_grad():
                pooled = network.pooled(inputs)
                shape = (self.draws, pooled.shape[1])
                ids = (examples.utterances[place].id for place in places)
                masks = np.stack([generator("ood", self.name, name).random(shape) < kept for name in ids], axis=1)
                scaled = torch.from_numpy((masks / kept).astype(np.float32)).to(pooled.device)
                members = [network.head(pooled * mask).double().cpu().numpy() for mask in scaled]
            found[places] = entropy_of_mean(members)
        return found

"""A sequence objective from utterance labels alone: where the emotion lies in a recording is left to the model.

The negative log of the share that paths holding the labelled emotion, with neutral around it or not, have among all
paths of the HMM: maximum mutual information over a lattice (Povey et al. 2016, "Purely sequence-trained neural networks
for ASR based on lattice-free MMI"), with segments of emotion in place of phones. No frame labels are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from sernet.timeline.topology import Hmm, Topology, alike


def sequence_loss(
    emission: Tensor, lengths: Tensor, held: Sequence[str], hmm: Hmm, around: str | None, through: str = "torch"
) -> Tensor:
    """The objective of each recording, in nats, ``(batch,)``, >= 0 and differentiable.

    Args:
        emission: log weights ``(batch, frames, labels)``, of which the first ``lengths`` (batch,) frames count.
        held: the emotion that each recording is labelled with.
        hmm: the grammar of all paths.
        around: the label that may stand before and behind the emotion; None: the emotion alone.
        through: what computes the lattices, torch or k2 (which has to be importable here); equal to rounding.
    """
    frames = [int(length) for length in lengths]
    some = [hmm.holding(label, length, around) for label, length in zip(held, frames)]
    every = [hmm.graph(length) for length in frames]
    backend = _backend(through)
    return _totals(emission, lengths, every, backend) - _totals(emission, lengths, some, backend)


def _totals(
    emission: Tensor, lengths: Tensor, graphs: Sequence[Topology], backend: Callable[[Tensor, Tensor, Topology], Tensor]
) -> Tensor:
    """The total score of each recording through its own graph, ``(batch,)``."""
    groups = alike(graphs)
    parts = []
    for members in groups:
        rows = torch.tensor(members, device=emission.device)
        own = lengths[rows.cpu()] if lengths.device.type == "cpu" else lengths[rows]
        parts.append(backend(emission[rows, : int(own.max())], own, graphs[members[0]]))
    order = torch.tensor([index for members in groups for index in members], device=emission.device)
    return torch.cat(parts)[torch.argsort(order)]


def _backend(through: str) -> Any:
    if through == "k2":
        from sernet.timeline.k2_backend import total_score

        return total_score
    from sernet.timeline.torch_backend import total_score as by_torch

    return by_torch

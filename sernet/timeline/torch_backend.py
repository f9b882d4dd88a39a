"""Viterbi, forward-backward and n-best on a `Topology` in plain torch: exact, batched, in float64.

Rabiner 1989, "A tutorial on hidden Markov models", sections III.A and III.B; the posterior is the gradient of the
total log weight with respect to the emissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from sernet.timeline.paths import Decoded, best_paths
from sernet.timeline.topology import START, Topology, alike

NOTHING = -1e30
"""The log weight of what cannot be; finite, so that no gradient is NaN."""


def decode(emissions: Sequence[np.ndarray], graphs: Sequence[Topology], n: int = 0) -> list[Decoded]:
    """Decode recordings: emissions are log weights ``(frames, labels)``, one graph each, with the ``n`` best paths.

    Raises:
        ValueError: a recording without frames, or that its graph has no path for.
    """
    found: list[Decoded | None] = [None] * len(emissions)
    for members in alike(graphs):
        graph = _Incoming(graphs[members[0]])
        x, lengths = padded([emissions[index] for index in members])
        labels, score = _viterbi(x, lengths, graph)
        x.requires_grad_()
        total = _forward(x, lengths, graph)
        (posterior,) = torch.autograd.grad(total.sum(), x)
        totals = total.detach()
        for row, index in enumerate(members):
            frames = int(lengths[row])
            if score[row] <= NOTHING / 2:
                raise ValueError(f"recording {index} of {frames} frames: the topology has no path of that length")
            found[index] = Decoded(
                labels[row, :frames].numpy(),
                float(score[row]),
                float(totals[row]),
                posterior[row, :frames].numpy(),
                _nbest(emissions[index], graphs[index], n) if n else [],
            )
    return [decoded for decoded in found if decoded is not None]


def total_score(emission: Tensor, lengths: Tensor, graph: Topology) -> Tensor:
    """The log of the summed weight of all paths, float64 ``(batch,)``, differentiable in ``emission``.

    ``emission`` (batch, frames, labels), of which the first ``lengths`` (batch,) frames count. A recording without a
    path has a total near -1e30.
    """
    return _forward(emission.double(), lengths, _Incoming(graph))


def padded(emissions: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Emissions as float64 ``(batch, frames, labels)``, and their lengths ``(batch,)``."""
    lengths = torch.tensor([len(matrix) for matrix in emissions])
    if not len(emissions) or int(lengths.min()) < 1:
        raise ValueError("a recording without frames cannot be decoded")
    tensors = [torch.from_numpy(np.asarray(matrix, dtype=np.float64)) for matrix in emissions]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True), lengths


class _Incoming:
    """The arcs into each state, as ``(states, most arcs into one)`` arrays padded with impossible ones."""

    def __init__(self, graph: Topology) -> None:
        states = len(graph.final)
        into: list[list[int]] = [[] for _ in range(states)]
        for arc, target in enumerate(graph.target):
            into[target].append(arc)
        width = max(map(len, into))
        self.source = torch.zeros(states, width, dtype=torch.long)
        self.label = torch.zeros(states, width, dtype=torch.long)
        self.weight = torch.full((states, width), NOTHING, dtype=torch.float64)
        for state, arcs in enumerate(into):
            self.source[state, : len(arcs)] = torch.from_numpy(graph.source[arcs])
            self.label[state, : len(arcs)] = torch.from_numpy(graph.label[arcs])
            self.weight[state, : len(arcs)] = torch.from_numpy(graph.weight[arcs].astype(np.float64))
        self.end = torch.from_numpy(np.where(graph.final, 0.0, NOTHING))
        self.begin = torch.full((states,), NOTHING, dtype=torch.float64)
        self.begin[START] = 0.0

    def to(self, device: torch.device) -> _Incoming:
        for name, value in vars(self).items():
            setattr(self, name, value.to(device))
        return self

    def step(self, alpha: Tensor, emission: Tensor) -> Tensor:
        """The weights of all arcs ``(batch, states, width)`` after states ``(batch, states)``, clamped to finite."""
        return (alpha[:, self.source] + self.weight + emission[:, self.label]).clamp(min=2 * NOTHING)


def _forward(emission: Tensor, lengths: Tensor, graph: _Incoming) -> Tensor:
    graph = graph.to(emission.device)
    alpha = graph.begin.expand(len(emission), -1)
    for frame in range(emission.shape[1]):
        after = torch.logsumexp(graph.step(alpha, emission[:, frame]), dim=2)
        alpha = torch.where((frame < lengths)[:, None], after, alpha)
    return torch.logsumexp(alpha + graph.end, dim=1)


@torch.no_grad()
def _viterbi(emission: Tensor, lengths: Tensor, graph: _Incoming) -> tuple[Tensor, Tensor]:
    batch, frames, _ = emission.shape
    alpha = graph.begin.expand(batch, -1)
    choice = torch.zeros(frames, batch, len(graph.begin), dtype=torch.int16)
    for frame in range(frames):
        after, best = graph.step(alpha, emission[:, frame]).max(dim=2)
        alpha = torch.where((frame < lengths)[:, None], after, alpha)
        choice[frame] = best.to(torch.int16)
    score, state = (alpha + graph.end).max(dim=1)
    labels = torch.zeros(batch, frames, dtype=torch.long)
    rows = torch.arange(batch)
    for frame in range(frames - 1, -1, -1):
        real = frame < lengths
        arc = choice[frame, rows, state].long()
        labels[:, frame] = torch.where(real, graph.label[state, arc], 0)
        state = torch.where(real, graph.source[state, arc], state)
    return labels, score


def _nbest(emission: np.ndarray, graph: Topology, n: int) -> list[tuple[np.ndarray, float]]:
    """The ``n`` best paths, led by the exact best weight from each (frame, state) on."""
    frames, states = len(emission), len(graph.final)
    x = np.asarray(emission, dtype=np.float64)
    rest = np.full((frames + 1, states), -np.inf)
    rest[frames, graph.final] = 0.0
    weight = graph.weight.astype(np.float64)
    for frame in range(frames - 1, -1, -1):
        np.maximum.at(rest[frame], graph.source, weight + x[frame, graph.label] + rest[frame + 1, graph.target])
    leaving: list[list[tuple[int, int, float]]] = [[] for _ in range(states)]
    for source, target, label, value in zip(graph.source, graph.target, graph.label, weight):
        leaving[source].append((int(target), int(label), float(value)))

    def arcs(node: int) -> Iterable[tuple[int, int, float]]:
        frame, state = divmod(node, states)
        if frame == frames:
            return [(-1, 0, 0.0)] if graph.final[state] else []
        at = (frame + 1) * states
        return [(at + target, label, value + x[frame, label]) for target, label, value in leaving[state]]

    return best_paths(START, arcs, lambda node: float(rest.flat[node]), n)

"""The same as `torch_backend` by k2 (k2-fsa.org), where it is installed: lattices by `intersect_dense`.

The one file that imports k2. It must run with the torch that k2's newest wheel on the package index needs (1.13.1), so
it imports nothing of sernet but numpy-only modules. As a job in an environment of its own:

    python -m sernet.timeline.k2_backend TASK.npz RESULT.npz
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import k2  # type: ignore[import-not-found, unused-ignore]
import numpy as np
import torch
from torch import Tensor

from sernet.timeline import tasks
from sernet.timeline.paths import Decoded, best_paths
from sernet.timeline.topology import Topology, alike

BEAM = 1000.0
"""In nats: what is this far below the best path has no share in any posterior."""
FRAMES = 100_000
"""Of a batch, padding included: what bounds the lattices' memory."""


def decode(emissions: Sequence[np.ndarray], graphs: Sequence[Topology], n: int = 0) -> list[Decoded]:
    """As `torch_backend.decode`."""
    found: dict[int, Decoded] = {}
    for members in _batches(emissions, graphs):
        own = [torch.from_numpy(np.asarray(emissions[index], dtype=np.float32)) for index in members]
        lengths = torch.tensor([len(matrix) for matrix in own])
        x = torch.nn.utils.rnn.pad_sequence(own, batch_first=True).requires_grad_()
        lattice = _lattice(x, lengths, graphs[members[0]])
        total = lattice.get_tot_scores(use_double_scores=True, log_semiring=True)
        if not bool(torch.isfinite(total).all()):
            index = members[int((~torch.isfinite(total)).nonzero()[0])]
            raise ValueError(f"recording {index} of {len(emissions[index])} frames: the topology has no such path")
        (posterior,) = torch.autograd.grad(total.sum(), x)
        best = k2.shortest_path(lattice, use_double_scores=True)
        score = best.get_tot_scores(use_double_scores=True, log_semiring=False)
        for row, index in enumerate(members):
            frames = int(lengths[row])
            found[index] = Decoded(
                best[row].labels[:frames].numpy().astype(np.int64) - 1,
                float(score[row]),
                float(total[row]),
                posterior[row, :frames].double().numpy(),
                _nbest(lattice[row], n) if n else [],
            )
    return [found[index] for index in range(len(emissions))]


def total_score(emission: Tensor, lengths: Tensor, graph: Topology) -> Tensor:
    """As `torch_backend.total_score`; lattices are made in float32, on the device of ``emission``."""
    order = torch.argsort(lengths, descending=True, stable=True)
    lattice = _lattice(emission.float()[order], lengths[order], graph)
    total: Tensor = lattice.get_tot_scores(use_double_scores=True, log_semiring=True)
    return total[torch.argsort(order)]


def acceptor(graph: Topology) -> k2.Fsa:
    """``graph`` for k2: labels from 1, and an arc labelled -1 from each final state to the last one."""
    finals = np.flatnonzero(graph.final)
    inner = np.stack([graph.source, graph.target, graph.label + 1], axis=1)
    outer = np.stack([finals, np.full_like(finals, len(graph.final)), np.full_like(finals, -1)], axis=1)
    arcs = np.concatenate([inner, outer]).astype(np.int32)
    weight = np.concatenate([graph.weight, np.zeros(len(finals), dtype=np.float32)])
    order = np.argsort(arcs[:, 0], kind="stable")
    return k2.Fsa(torch.from_numpy(np.column_stack([arcs[order], weight[order].view(np.int32)])))


def _lattice(emission: Tensor, lengths: Tensor, graph: Topology) -> k2.Fsa:
    """All paths of ``graph`` through emissions (batch, frames, labels), longest first."""
    batch = len(lengths)
    # Label 0 is k2's epsilon; no arc has it.
    x = torch.cat([torch.zeros_like(emission[..., :1]), emission], dim=2)
    segments = torch.stack([torch.arange(batch), torch.zeros(batch, dtype=torch.long), lengths.cpu()], dim=1)
    dense = k2.DenseFsaVec(x, segments.to(torch.int32))
    copies = k2.create_fsa_vec([acceptor(graph)] * batch).to(emission.device)
    return k2.intersect_dense(copies, dense, output_beam=BEAM)


def _batches(emissions: Sequence[np.ndarray], graphs: Sequence[Topology]) -> Iterable[list[int]]:
    """Indices of recordings with equal graphs, longest first, as many as fit."""
    for members in alike(graphs):
        members = sorted(members, key=lambda index: -len(emissions[index]))
        while members:
            size = max(1, FRAMES // len(emissions[members[0]]))
            yield members[:size]
            members = members[size:]


def _nbest(lattice: k2.Fsa, n: int) -> list[tuple[np.ndarray, float]]:
    """The ``n`` best paths of one lattice, led by k2's exact backward scores."""
    vector = k2.create_fsa_vec([lattice])
    rest = vector.get_backward_scores(use_double_scores=True, log_semiring=False).detach().numpy()
    source, target, label, _ = lattice.arcs.values().numpy().T
    weight = lattice.scores.detach().double().numpy()
    first = np.searchsorted(source, np.arange(len(rest) + 1))
    end = len(rest) - 1

    def arcs(state: int) -> Iterable[tuple[int, int, float]]:
        for arc in range(first[state], first[state + 1]):
            to = int(target[arc])
            yield (-1 if to == end else to), int(label[arc]) - 1, float(weight[arc])

    return best_paths(0, arcs, lambda state: float(rest[state]), n)


def main(arguments: Sequence[str]) -> None:
    """Decode the recordings of a task file into a result file."""
    task, result = map(Path, arguments)
    tasks.write_result(result, decode(*tasks.read_task(task)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])

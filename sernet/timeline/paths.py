"""What a backend finds in a lattice, and the n best paths of one."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Decoded:
    """One recording, decoded.

    Args:
        labels: of the best path, int64 ``(frames,)``.
        score: log weight of the best path.
        total: log of the summed weight of all paths.
        posterior: of each label in each frame, over all paths, float64 ``(frames, labels)``.
        alternatives: the n best paths, the best first, each with its score.
    """

    labels: np.ndarray
    score: float
    total: float
    posterior: np.ndarray
    alternatives: list[tuple[np.ndarray, float]] = field(default_factory=list)


def best_paths(
    start: int, arcs: Callable[[int], Iterable[tuple[int, int, float]]], rest: Callable[[int], float], n: int
) -> list[tuple[np.ndarray, float]]:
    """The ``n`` heaviest paths of an acyclic lattice, exactly, by A*: labels ``(frames,)`` and score of each.

    Args:
        start: a node.
        arcs: node -> (next node, label, weight); a next node below 0 is the end, to which no label leads.
        rest: node -> weight of the best path from there to the end: what makes the search go straight.
    """
    order = count()
    # (negated score of the best completion, order, node, weight so far, (label, path before))
    heap: list[tuple[float, int, int, float, Any]] = []
    if np.isfinite(rest(start)):
        heap.append((-rest(start), next(order), start, 0.0, None))
    found: list[tuple[np.ndarray, float]] = []
    while heap and len(found) < n:
        _, _, node, weight, path = heapq.heappop(heap)
        if node < 0:
            labels: list[int] = []
            while path is not None:
                label, path = path
                labels.append(label)
            found.append((np.array(labels[::-1], dtype=np.int64), float(weight)))
            continue
        for to, label, more in arcs(node):
            ahead = 0.0 if to < 0 else rest(to)
            if np.isfinite(ahead):
                behind = path if to < 0 else (label, path)
                heapq.heappush(heap, (-(weight + more + ahead), next(order), to, weight + more, behind))
    return found

"""The decoder's grammar as a finite-state acceptor: which sequences of labels there are, and what each costs.

A path has one arc a frame; an arc carries a label and a log weight. Only numpy: both backends, whatever their torch,
build on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

START = 0


@dataclass(frozen=True)
class Topology:
    """A finite-state acceptor; state 0 is the start, and no weight is paid at a final state.

    Args:
        labels: how many there are.
        source, target, label: of each arc, int64 ``(arcs,)``.
        weight: log weight of each arc, float32 ``(arcs,)``.
        final: bool ``(states,)``.
    """

    labels: int
    source: np.ndarray
    target: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    final: np.ndarray

    @property
    def key(self) -> bytes:
        """Equal for equal graphs."""
        return b"|".join(np.ascontiguousarray(a).tobytes() for a in (self.source, self.target, self.label, self.weight))


@dataclass(frozen=True)
class Hmm:
    """A hidden Markov model over segments: one chain of states a label, its last state with a self-loop.

    Beginning a segment costs its label's log prior; doing so after another one costs ``penalty`` more. Our design.

    Args:
        labels: names, one a column of the emissions.
        minimum: shortest segment of each label, in frames.
        penalty: taken off at every change of label, in nats.
        prior: of each label, as a probability; 0 excludes it.
    """

    labels: tuple[str, ...]
    minimum: tuple[int, ...]
    penalty: float = 0.0
    prior: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        prior = self.prior or (1 / len(self.labels),) * len(self.labels)
        fit = len(self.labels) == len(self.minimum) == len(prior)
        if not fit or min(self.minimum) < 1 or min(prior) < 0 or max(prior) <= 0:
            raise ValueError(f"{self}: labels, minimum (>= 1) and prior (>= 0, not all 0) must have one entry a label")
        object.__setattr__(self, "prior", tuple(prior))

    def graph(self, frames: int) -> Topology:
        """All sequences of segments; no segment must be longer than a recording of ``frames``."""
        number = len(self.labels)
        switch = np.tile(self._enter() - self.penalty, (number, 1))
        np.fill_diagonal(switch, -np.inf)
        return self._chains(range(number), frames, self._enter(), switch, [True] * number)

    def holding(self, label: str, frames: int, around: str | None = None) -> Topology:
        """Those paths of `graph`, at the same weights, that are one segment of ``label``.

        With ``around``, one segment of that label may stand before it and one behind it.
        """
        core = self.labels.index(label)
        if around is None or around == label:
            return self._chains([core], frames, self._enter()[[core]], np.full((1, 1), -np.inf), [True])
        side = self.labels.index(around)
        of = [side, core, side]
        enter = self._enter()[of]
        switch = np.full((3, 3), -np.inf)
        switch[0, 1], switch[1, 2] = enter[1] - self.penalty, enter[2] - self.penalty
        enter[2] = -np.inf
        return self._chains(of, frames, enter, switch, [False, True, True])

    def _enter(self) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.log(np.asarray(self.prior, dtype=np.float64))

    def _chains(
        self, of: Sequence[int], frames: int, start: np.ndarray, switch: np.ndarray, final: Sequence[bool]
    ) -> Topology:
        """Chains of labels ``of``: entered at ``start``, left for one another at ``switch``, -inf where not at all."""
        length = [min(self.minimum[label], max(frames, 1)) for label in of]
        first = 1 + np.cumsum([0, *length[:-1]])
        last = first + np.array(length) - 1
        arcs: list[tuple[int, int, int, float]] = []
        for chain, label in enumerate(of):
            arcs.append((START, first[chain], label, start[chain]))
            arcs += [(state, state + 1, label, 0.0) for state in range(first[chain], last[chain])]
            arcs.append((last[chain], last[chain], label, 0.0))
            arcs += [(last[chain], first[to], of[to], switch[chain, to]) for to in range(len(of))]
        arcs = sorted(arc for arc in arcs if np.isfinite(arc[3]))
        source, target, labels, weight = (np.array(column) for column in zip(*arcs))
        ends = np.zeros(1 + sum(length), dtype=bool)
        ends[last] = final
        source, target, labels = (array.astype(np.int64) for array in (source, target, labels))
        return Topology(len(self.labels), source, target, labels, weight.astype(np.float32), ends)


def alike(graphs: Sequence[Topology]) -> list[list[int]]:
    """Indices of equal graphs together, in the order of their first."""
    groups: dict[bytes, list[int]] = {}
    for index, graph in enumerate(graphs):
        groups.setdefault(graph.key, []).append(index)
    return list(groups.values())


def in_frames(seconds: float | Mapping[str, float], labels: Sequence[str], hop: float) -> tuple[int, ...]:
    """A shortest duration in seconds, one for all labels or by label (others: 0), as frames of ``hop`` seconds."""
    of = seconds if isinstance(seconds, Mapping) else dict.fromkeys(labels, seconds)
    return tuple(max(1, round(of.get(label, 0.0) / hop)) for label in labels)

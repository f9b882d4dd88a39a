"""Decoding as a job in another environment: posteriors go there in one file, paths come back in another.

Only numpy, and no pickle: the file is all that the two environments have in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sernet.pipeline.arrays import read_npz
from sernet.pipeline.files import atomic
from sernet.timeline.paths import Decoded
from sernet.timeline.topology import Topology, alike

PARTS = ("source", "target", "label", "weight", "final")


def write_task(path: Path, emissions: Sequence[np.ndarray], graphs: Sequence[Topology], n: int) -> None:
    """Write what `decode` of a backend takes."""
    groups = alike(graphs)
    which = np.zeros(len(graphs), dtype=np.int64)
    arrays: dict[str, Any] = {}
    for number, members in enumerate(groups):
        which[members] = number
        arrays |= {f"{part}_{number}": getattr(graphs[members[0]], part) for part in PARTS}
    labels = graphs[0].labels if graphs else 0
    _write(path, emission=_joined(emissions), lengths=_lengths(emissions), which=which, labels=labels, n=n, **arrays)


def read_task(path: Path) -> tuple[list[np.ndarray], list[Topology], int]:
    """Emissions, graphs and n of a task file."""
    arrays = read_npz(path, None, "run the stage timeline again")
    which, labels = arrays["which"], int(arrays["labels"])
    known = [Topology(labels, *(arrays[f"{part}_{number}"] for part in PARTS)) for number in range(max(which) + 1)]
    return _split(arrays["emission"], arrays["lengths"]), [known[number] for number in which], int(arrays["n"])


def write_result(path: Path, decoded: Sequence[Decoded]) -> None:
    """Write what a backend's `decode` gave."""
    others = [alternative for item in decoded for alternative in item.alternatives]
    _write(
        path,
        lengths=_lengths([item.labels for item in decoded]),
        labels=_joined([item.labels for item in decoded]),
        posterior=_joined([item.posterior for item in decoded]),
        score=np.array([item.score for item in decoded]),
        total=np.array([item.total for item in decoded]),
        alternatives=np.array([len(item.alternatives) for item in decoded], dtype=np.int64),
        other_labels=_joined([labels for labels, _ in others]) if others else np.zeros(0, dtype=np.int64),
        other_score=np.array([score for _, score in others]),
    )


def read_result(path: Path) -> list[Decoded]:
    """What `write_result` wrote."""
    arrays = read_npz(path, None, "run the stage timeline again")
    lengths, each = arrays["lengths"], arrays["alternatives"]
    others = _split(arrays["other_labels"], np.repeat(lengths, each))
    paths = list(zip(others, map(float, arrays["other_score"]), strict=True))
    ends = np.cumsum(each)
    columns = zip(_split(arrays["labels"], lengths), _split(arrays["posterior"], lengths), strict=True)
    return [
        Decoded(
            labels, float(arrays["score"][i]), float(arrays["total"][i]), posterior, paths[ends[i] - each[i] : ends[i]]
        )
        for i, (labels, posterior) in enumerate(columns)
    ]


def _write(path: Path, **arrays: Any) -> None:
    with atomic(path) as temporary:
        np.savez(temporary, **arrays)


def _lengths(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([len(array) for array in arrays], dtype=np.int64)


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if len(arrays) else np.zeros(0)


def _split(array: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    return np.split(array, np.cumsum(lengths)[:-1]) if len(lengths) else []

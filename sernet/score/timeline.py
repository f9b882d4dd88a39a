"""The errors of recordings over time, summed by speaker: what EDER, its parts and segment F1 are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sernet.pipeline.reading import read_json
from sernet.score.metrics import TIMELINE_METRICS
from sernet.timeline.eder import Errors

PARTS = ("false_alarm", "missed", "confusion", "overlap")


@dataclass(frozen=True)
class Timed:
    """One model's segments of one set: where they stand in the results; fields as in `Scored`."""

    run: str
    system: str
    fold: int | str
    seed: int
    train: str
    path: Path

    def read(self) -> dict[str, Any]:
        """What stage timeline wrote."""
        found: dict[str, Any] = read_json(self.path)
        return found


class TimelineTable:
    """Sums over each speaker's recordings, so that a resample of speakers is a matrix product.

    Args:
        recordings: of stage timeline.
        method: whose errors.
        unit: speaker -> column of the counts.
    """

    def __init__(self, recordings: Sequence[Mapping[str, Any]], method: str, unit: Mapping[str, int]) -> None:
        self.units = np.array(sorted({unit[item["speaker"]] for item in recordings}))
        row = {column: number for number, column in enumerate(self.units)}
        self.ids = frozenset(str(item["id"]) for item in recordings)
        self._sums = np.zeros((len(self.units), 9))
        for item in recordings:
            errors = Errors(*item["errors"][method])
            shares = [getattr(errors, part) / errors.duration for part in PARTS]
            counts = [errors.matched, errors.reference, errors.hypothesis]
            self._sums[row[unit[item["speaker"]]]] += [1.0, errors.eder, *shares, *counts]

    def evaluate(self, counts: np.ndarray, names: Iterable[str] = TIMELINE_METRICS) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` of each row of counts ``(draws, all units)``."""
        sums = counts[:, self.units].astype(float) @ self._sums
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (sums[:, 1:6] / sums[:, :1]).T
            segments = sums[:, 7] + sums[:, 8]
            f1 = np.where(segments > 0, 2 * sums[:, 6] / segments, 1.0)
        columns = dict(zip(("eder", *(f"eder_{part}" for part in PARTS)), means))
        return {name: (columns | {"segment_f1": f1})[name] for name in names}

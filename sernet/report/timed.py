"""Emotion over time: rows of results.json."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sernet.report.groups import UNTUNED, Row
from sernet.score.intervals import interval, mean_over_folds, mean_over_seeds, resample
from sernet.score.metrics import METRICS, TIMELINE_METRICS
from sernet.score.timeline import Timed, TimelineTable
from sernet.timeline.models import SEQUENCE

CONDITION = "timeline"
PLAIN = "argmax"
"""What every other method is compared with, on the same recordings."""


def timeline_rows(
    timed: Sequence[Timed], recipe: str, tag: str | None, tuned: Collection[str] | None = None
) -> list[Row]:
    """Rows of every method: `system` is the model's and the method's, as in `am+hmm`.

    For each run: each (seed, fold), each seed's mean over folds, the mean over seeds, and paired differences from
    frame-wise arg-max and, of a model that was fine-tuned to localise, from what it was before; with intervals over
    speakers. ``tuned``: speakers that settings were chosen on; the means over the folds that test none of them stand
    beside, as fold "mean-untuned".
    """
    groups: dict[tuple[str, str], list[Timed]] = defaultdict(list)
    for item in timed:
        groups[(item.run, item.train)].append(item)
    rows: list[Row] = []
    for (run, train), members in sorted(groups.items()):
        constant: Row = {
            "recipe": recipe, "tag": tag, "run": run, "detector": None, "train": train, "test": train,
            "condition": CONDITION, "n_ood": None,
        }  # fmt: skip
        rows += _Group(constant, members).rows()
        untuned = [] if tuned is None else [item for item in members if not set(tuned) & _speakers(item)]
        if 0 < len(untuned) < len(members):
            means = _Group(constant, untuned).rows()
            rows += [row | {"fold": UNTUNED} for row in means if row["seed"] is None]
    return rows


def _speakers(item: Timed) -> set[str]:
    return {entry["speaker"] for entry in item.read()["recordings"]}


class _Group:
    """All models of one run."""

    def __init__(self, constant: Row, members: Sequence[Timed]) -> None:
        self.constant = constant
        said = {item: item.read()["recordings"] for item in members}
        speakers = sorted({entry["speaker"] for recordings in said.values() for entry in recordings})
        unit = {speaker: column for column, speaker in enumerate(speakers)}
        self.speakers = len(unit)
        # system -> seed -> fold -> table
        self.tables: dict[str, dict[int, dict[int | str, TimelineTable]]] = defaultdict(lambda: defaultdict(dict))
        for item, recordings in said.items():
            for method in recordings[0]["errors"]:
                table = TimelineTable(recordings, method, unit)
                self.tables[f"{item.system}+{method}"][item.seed][item.fold] = table
        key = [constant[name] for name in ("recipe", "run", "train", "test", "condition")]
        draws = resample(key, np.zeros(self.speakers, dtype=np.int64))
        ones = np.ones((1, self.speakers), dtype=np.int64)
        # The first row is the sample itself.
        self.counts = ones if draws is None else np.concatenate([ones, draws])

    def rows(self) -> Iterator[Row]:
        values = {system: self._means(seeds) for system, seeds in self.tables.items()}
        for system, seeds in self.tables.items():
            for seed, folds in seeds.items():
                for fold, table in folds.items():
                    yield from self._rows(system, table.evaluate(self._only(table)), [table], seed=seed, fold=fold)
                means = mean_over_folds(list(folds.values()), self.counts, TIMELINE_METRICS)
                yield from self._rows(system, means, list(folds.values()), seed=seed, fold="mean")
            everything = [table for folds in seeds.values() for table in folds.values()]
            yield from self._rows(system, values[system], everything, seed=None, fold="mean")
            model, method = system.rsplit("+", 1)
            others = [] if method == PLAIN else [f"{model}+{PLAIN}"]
            others += [f"{model.removesuffix(SEQUENCE)}+{method}"] if model.endswith(SEQUENCE) else []
            for other in [name for name in others if name in values]:
                gaps = {name: values[system][name] - values[other][name] for name in values[system]}
                yield from self._rows(system, gaps, everything, seed=None, fold="mean", versus=other)

    def _means(self, seeds: dict[int, dict[int | str, TimelineTable]]) -> dict[str, np.ndarray]:
        return mean_over_seeds(
            [mean_over_folds(list(folds.values()), self.counts, TIMELINE_METRICS) for folds in seeds.values()]
        )

    def _only(self, table: TimelineTable) -> np.ndarray:
        """Counts for a single fold: its own speakers, drawn among themselves."""
        ones = np.zeros((1, self.speakers), dtype=np.int64)
        ones[:, table.units] = 1
        key = [self.constant[name] for name in ("recipe", "run", "train", "test", "condition")]
        draws = resample([*key, *table.units.tolist()], np.zeros(len(table.units), dtype=np.int64))
        if draws is None:
            return ones
        counts = np.zeros((len(draws), self.speakers), dtype=np.int64)
        counts[:, table.units] = draws
        return np.concatenate([ones, counts])

    def _rows(
        self, system: str, values: dict[str, np.ndarray], tables: Sequence[TimelineTable], **more: Any
    ) -> Iterator[Row]:
        units = {int(column) for table in tables for column in table.units}
        n = len(frozenset().union(*(table.ids for table in tables)))
        for name, each in values.items():
            metric = METRICS[name]
            if more.get("versus"):
                metric = replace(metric, low=-1.0)
            limits = interval(float(each[0]), each[1:], len(units), metric) if len(each) > 1 else None
            yield {
                **self.constant, "system": system, "versus": None, "metric": name, "value": float(each[0]),
                "ci_low": limits[0] if limits else None, "ci_high": limits[1] if limits else None,
                "n": n, "n_speakers": len(units), **more,
            }  # fmt: skip

"""All models of one run on one test set, and the rows of results.json that they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.report.cells import Cell, Draws, Outputs, Reader, outputs_of
from sernet.score.files import Scored
from sernet.score.intervals import (
    Requirement,
    Table,
    interval,
    mean_over_folds,
    mean_over_seeds,
)
from sernet.score.metrics import LABEL_METRICS, POOLED_METRICS, Metric, metric
from sernet.score.tables import LabelTable
from sernet.score.transductive import speaker_normalised

Row = dict[str, Any]
UNTUNED = "mean-untuned"
"""The `fold` of means over the folds whose test speakers had no part in choosing the settings."""
ALL = "all"
"""The `fold` of a model that was trained on whole corpora."""
MAJORITY = "majority"
SPEAKER_NORMALISED = "+speaker-norm"
"""Behind a system's name: its transductive variant."""
MAJORITY_METRICS = ("uar", "war", "macro_f1")
OfSeeds = Callable[[np.ndarray, Sequence[str]], list[dict[str, np.ndarray]]]
"""From counts ``(draws, units)`` and names of metrics: their values ``(draws,)``, a mapping for each seed."""
Versus = Mapping[str, Sequence[str]]
"""What each system is compared with besides the baseline."""
NOTHING_ELSE: Versus = MappingProxyType({})


class Group:
    """All models of one run on one test set: what their rows have in common."""

    names: Sequence[str]
    contrast: str
    resampled: Sequence[str] | None = None
    """The metrics that have intervals; None: all."""

    def __init__(
        self,
        constant: Row,
        members: Sequence[Scored],
        baseline: str,
        read: Reader,
        detectors: Sequence[str] | None = None,
        versus: Versus = NOTHING_ELSE,
        undrawn: Collection[str] = (),
    ) -> None:
        self.constant = constant
        self.detectors = detectors
        self.versus = versus
        self.undrawn = undrawn
        self.members = sorted(members, key=lambda item: (item.system, item.seed, str(item.fold)))
        self.baseline = baseline
        self.read = read
        self.key = [constant[name] for name in ("recipe", "run", "train", "test", "condition")]
        self.units: dict[str, int] = {}
        self._references: dict[tuple[str, int | str], frozenset[str]] = {}

    def columns(self, units: np.ndarray) -> np.ndarray:
        """The columns of the counts that stand for these units."""
        return np.asarray([self.units[name] for name in units], dtype=np.int64)

    def same_utterances(self, item: Scored, side: str, utt_ids: frozenset[str]) -> None:
        """Refuse a model that was scored on other utterances than its siblings: nothing would be paired."""
        known = self._references.setdefault((side, item.fold), utt_ids)
        if known != utt_ids:
            raise SernetError(
                f"{item.directory}: {item.set} holds other utterances than the other models of run {item.run}, fold "
                f"{item.fold} ({first_of(sorted(known ^ utt_ids))}): run the stages score and ood again with --force"
            )

    def ones(self) -> np.ndarray:
        return np.ones((1, len(self.units)), dtype=np.int64)

    def row(self, cells: Sequence[Cell], name: str, value: float, **more: Any) -> Row:
        """A row about the utterances of ``cells``."""
        n_ood = len(frozenset(chain.from_iterable(cell.ood_ids for cell in cells)))
        columns = {int(unit) for cell in cells for unit in cell.units}
        return {
            **self.constant, "metric": name, "value": value, "ci_low": None, "ci_high": None,
            "n": len(frozenset(chain.from_iterable(cell.utt_ids for cell in cells))),
            "n_ood": n_ood or None, "n_speakers": len(columns), **more,
        }  # fmt: skip

    def rows_of(
        self,
        cells: Sequence[Cell],
        value: dict[str, np.ndarray],
        replicates: dict[str, np.ndarray],
        draws: Draws | None,
        seeds: Sequence[dict[str, np.ndarray]] = (),
        **more: Any,
    ) -> list[Row]:
        """A row for each metric, with an interval where there are replicates.

        ``seeds``: the values of single seeds, where their variance belongs in the interval.
        """
        rows = []
        for name, number in value.items():
            limits = None
            if draws is not None and name in replicates:
                each = [float(of_seed[name][0]) for of_seed in seeds]
                range_ = _range(name, more)
                limits = interval(float(number[0]), replicates[name], draws.speakers_behind, range_, each)
            low, high = limits or (None, None)
            rows.append(self.row(cells, name, float(number[0]), ci_low=low, ci_high=high, **more))
        return rows

    def of_seeds(self, cells: Sequence[Cell], counts: np.ndarray, names: Iterable[str]) -> list[dict[str, np.ndarray]]:
        """Mean over folds, of each seed."""
        by_seed: dict[int, list[Cell]] = defaultdict(list)
        for cell in cells:
            by_seed[cell.seed].append(cell)
        names = list(names)
        return [mean_over_folds(tables, counts, names) for _, tables in sorted(by_seed.items())]

    def over_seeds(self, cells: Sequence[Cell], counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Mean over folds, then over seeds."""
        return mean_over_seeds(self.of_seeds(cells, counts, names))

    def rows_of_mean(
        self, cells: Sequence[Cell], draws: Draws, of_seeds: OfSeeds, names: Sequence[str], **more: Any
    ) -> list[Row]:
        """Rows of the mean over seeds, where ``of_seeds`` computes the metrics ``names`` of each seed.

        Where one model of a seed answers for all speakers, the variance over seeds is in the intervals: models trained
        on other corpora (`fold` "all") have no folds whose luck stands beside each other's.
        """
        each = of_seeds(self.ones(), names)
        wanted = names if self.resampled is None else self.resampled
        replicates = mean_over_seeds(of_seeds(draws.counts, wanted)) if draws.counts is not None else {}
        seeds = each if all(cell.fold == ALL for cell in cells) else ()
        return self.rows_of(cells, mean_over_seeds(each), replicates, draws, seeds, **more)

    def aggregate(self, cells: Sequence[Cell], draws: Draws, names: Sequence[str], **more: Any) -> list[Row]:
        """Rows of the mean over the cells' folds and seeds."""
        return self.rows_of_mean(cells, draws, partial(self.of_seeds, cells), names, **more)

    def differences(
        self, here: Sequence[Cell], there: Sequence[Cell], counts: np.ndarray, names: Sequence[str]
    ) -> list[dict[str, np.ndarray]]:
        """What ``here`` has over ``there``, of each seed; a side of one seed is paired with every seed of the other."""
        sides = [self.of_seeds(side, counts, names) for side in (here, there)]
        size = max(map(len, sides))
        pairs = zip(*(side * size if len(side) == 1 else side for side in sides), strict=True)
        return [{name: one[name] - other[name] for name in names} for one, other in pairs]

    def contrasts(self, cells: Sequence[Cell], draws: Draws, **more: Any) -> list[Row]:
        """Paired differences between systems over the (seed, fold) that both have, on the same draws.

        In a linear classifier nothing is random, so its one seed is every seed: against it, all seeds of the folds
        that both have.
        """
        by_system: dict[str, list[Cell]] = defaultdict(list)
        for cell in cells:
            by_system[cell.system].append(cell)
        pairs = [
            (system, versus)
            for system in sorted(by_system)
            for versus in dict.fromkeys([self.baseline, *self.versus.get(system, ())])
            if versus != system
        ]
        rows: list[Row] = []
        for system, versus in pairs:
            any_seed = system in self.undrawn or versus in self.undrawn
            sides = [
                [((None if any_seed else cell.seed, cell.fold), cell) for cell in by_system.get(name, ())]
                for name in (system, versus)
            ]
            common = set.intersection(*({place for place, _ in side} for side in sides))
            if not common:
                continue
            here, there = ([cell for place, cell in side if place in common] for side in sides)
            of_seeds = partial(self.differences, here, there)
            where = {"system": system, "versus": versus, "seed": None, "fold": "mean"}
            rows += self.rows_of_mean(here, draws, of_seeds, [self.contrast], **where, **more)
        return rows


class LabelGroup(Group):
    names: Sequence[str] = LABEL_METRICS
    contrast = "uar"

    def rows(self) -> list[Row]:
        outputs: dict[Scored, Outputs] = {}
        for item in self.members:
            outputs[item] = self.labelled(item)
            if len(outputs[item].label) == 0:
                raise SernetError(f"{item.score_file}: no utterance of the classes {', '.join(outputs[item].classes)}")
            self.same_utterances(item, "id", frozenset(outputs[item].utt_id))
        names = np.unique(np.concatenate([output.unit for output in outputs.values()]))
        self.units = {str(name): column for column, name in enumerate(names)}
        cells = [self.label_cell(item, output, item.system) for item, output in outputs.items()]
        draws = self.draws(cells)
        rows: list[Row] = []
        for fold in {cell.fold for cell in cells}:
            of_fold = [cell for cell in cells if cell.fold == fold]
            fold_draws = self.draws(of_fold, fold)
            for cell in of_fold:
                value = cell.evaluate(self.ones(), self.names)
                replicates = {} if fold_draws.counts is None else cell.evaluate(fold_draws.counts, self.names)
                where: Row = {"system": cell.system, "seed": cell.seed, "fold": fold}
                rows += self.rows_of([cell], value, replicates, fold_draws, **where)
        majority = [self.label_cell(item, self._majority(item, output), MAJORITY) for item, output in outputs.items()]
        majority = list({cell.fold: cell for cell in reversed(majority)}.values())
        rows += self.aggregate(majority, draws, MAJORITY_METRICS, system=MAJORITY, seed=None, fold="mean")
        rows += self._transductive(draws)
        for system in sorted({cell.system for cell in cells}):
            of_system = [cell for cell in cells if cell.system == system]
            seeds = sorted({cell.seed for cell in of_system})
            for seed in (*seeds, None):
                chosen = [cell for cell in of_system if seed in (cell.seed, None)]
                rows += self.aggregate(chosen, draws, self.names, system=system, seed=seed, fold="mean")
                of_seed = {
                    item: outputs[item] for item in self.members if item.system == system and seed in (item.seed, None)
                }
                rows += self._pooled(of_seed, chosen, draws, system=system, seed=seed, fold=None)
            if len(seeds) > 1:
                per_seed = [
                    self.over_seeds([c for c in of_system if c.seed == seed], self.ones(), ["uar"])["uar"][0]
                    for seed in seeds
                ]
                spread = float(np.std(per_seed, ddof=1))
                rows.append(self.row(of_system, "uar_seed_sd", spread, system=system, seed=None, fold="mean"))
        return rows + self.contrasts(cells, draws)

    def labelled(self, item: Scored) -> Outputs:
        """What is measured of a set: the utterances with a class."""
        read = self.read(item.score_file, item.view)
        return read[read.label >= 0]

    def label_cell(self, item: Scored, output: Outputs, system: str) -> Cell:
        table = LabelTable(output.logits, output.label, output.classes, self.columns(output.unit))
        names = self.names if system == item.system else MAJORITY_METRICS
        return Cell(system, item.seed, item.fold, table, names, frozenset(output.utt_id))

    def draws(self, cells: Sequence[Cell], fold: int | str = "mean") -> Draws:
        requirements, seen = [], set()
        stratum = np.full(len(self.units), -1)
        for cell in cells:
            assert isinstance(cell.table, LabelTable)
            stratum[cell.table.units] = 0
            if cell.fold in seen:
                continue
            seen.add(cell.fold)
            where = mask_of(len(self.units), cell.table.units)
            for name, holders in zip(cell.table.classes, cell.table.holders.T, strict=True):
                if holders.any():
                    which = mask_of(len(self.units), cell.table.units[holders])
                    requirements.append(Requirement(where, which, name))
        return Draws([*self.key, fold], stratum, requirements)

    def _majority(self, item: Scored, output: Outputs) -> Outputs:
        """The answers of who always says the most frequent class of training (of the reference without its scores)."""
        train = item.file("train")
        label = self.read(train, item.view).label if train.exists() else output.label
        most = np.bincount(label[label >= 0], minlength=len(output.classes)).argmax()
        logits = np.tile(np.eye(len(output.classes))[most], (len(output.label), 1))
        return Outputs(output.utt_id, output.unit, output.label, logits, output.classes)

    def _transductive(self, draws: Draws) -> list[Row]:
        """Rows of the speaker-normalised variants, where every fold's speakers have enough speech for one."""
        by_system: dict[str, list[Cell]] = defaultdict(list)
        for item in self.members:
            if not item.file("train").exists():
                return []
            scores = speaker_normalised(item.load(), item.load("train"))
            if scores is None:
                return []
            system = f"{item.system}{SPEAKER_NORMALISED}"
            output = outputs_of(scores)
            by_system[system].append(self.label_cell(item, output[output.label >= 0], system))
        return [
            row
            for system, cells in sorted(by_system.items())
            for row in self.aggregate(cells, draws, MAJORITY_METRICS, system=system, seed=None, fold="mean")
        ]

    def _pooled(self, outputs: dict[Scored, Outputs], cells: Sequence[Cell], draws: Draws, **more: Any) -> list[Row]:
        """Utterances of all folds together; none where folds were tested on the same utterances."""
        by_seed: dict[int, list[Outputs]] = defaultdict(list)
        for item, output in outputs.items():
            by_seed[item.seed].append(output)
        tables = []
        for parts in by_seed.values():
            utt_id = np.concatenate([part.utt_id for part in parts])
            if len(np.unique(utt_id)) < len(utt_id):
                return []
            if len({part.classes for part in parts}) > 1:
                raise SernetError(f"run {self.constant['run']}: its folds have different classes and cannot be pooled")
            logits, label = (np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "label"))
            unit = self.columns(np.concatenate([part.unit for part in parts]))
            tables.append(LabelTable(logits, label, parts[0].classes, unit))

        of_seeds = partial(of_tables, tables)
        return self.rows_of_mean(cells, draws, of_seeds, POOLED_METRICS, **more)


def of_tables(tables: Sequence[Table], counts: np.ndarray, names: Sequence[str]) -> list[dict[str, np.ndarray]]:
    """The metrics ``names`` of each seed, from a table for each."""
    found = [table.evaluate(counts, names) for table in tables]
    return [{name: values[name] for name in names} for values in found]


def mask_of(size: int, columns: np.ndarray) -> np.ndarray:
    """True at ``columns``: bool ``(size,)``."""
    mask = np.zeros(size, dtype=bool)
    mask[columns] = True
    return mask


def _range(name: str, more: Row) -> Metric:
    """The metric whose range cuts an interval; a difference has its own."""
    if not more.get("versus"):
        return metric(name)
    of = metric(name)
    return Metric(name, of.low - of.high, of.high - of.low, of.better, f"difference of {name}")

"""All models of one run on one test set, and the rows of results.json that they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.report.cells import Cell, Draws, Outputs, Reader, outputs_of
from sernet.score.files import Scored, load_detector_scores
from sernet.score.intervals import (
    Requirement,
    interval,
    mean_over_folds,
    mean_over_seeds,
)
from sernet.score.metrics import LABEL_METRICS, OOD_METRICS, POOLED_METRICS, Metric, metric
from sernet.score.tables import LabelTable, OodTable
from sernet.score.transductive import speaker_normalised

Row = dict[str, Any]
UNTUNED = "mean-untuned"
"""The `fold` of means over the folds whose test speakers had no part in choosing the settings."""
MAJORITY = "majority"
SPEAKER_NORMALISED = "+speaker-norm"
"""Behind a system's name: its transductive variant."""
MAJORITY_METRICS = ("uar", "war", "macro_f1")
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
        **more: Any,
    ) -> list[Row]:
        """A row for each metric, with an interval where there are replicates."""
        rows = []
        for name, number in value.items():
            limits = None
            if draws is not None and name in replicates:
                limits = interval(float(number[0]), replicates[name], draws.speakers_behind, _range(name, more))
            low, high = limits or (None, None)
            rows.append(self.row(cells, name, float(number[0]), ci_low=low, ci_high=high, **more))
        return rows

    def over_seeds(self, cells: Sequence[Cell], counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Mean over folds, then over seeds."""
        by_seed: dict[int, list[Cell]] = defaultdict(list)
        for cell in cells:
            by_seed[cell.seed].append(cell)
        return mean_over_seeds([mean_over_folds(tables, counts, names) for tables in by_seed.values()])

    def aggregate(self, cells: Sequence[Cell], draws: Draws, names: Sequence[str], **more: Any) -> list[Row]:
        """Rows of the mean over the cells' folds and seeds."""
        value = self.over_seeds(cells, self.ones(), names)
        wanted = names if self.resampled is None else self.resampled
        replicates = self.over_seeds(cells, draws.counts, wanted) if draws.counts is not None else {}
        return self.rows_of(cells, value, replicates, draws, **more)

    def difference(self, here: Sequence[Cell], there: Sequence[Cell], counts: np.ndarray) -> dict[str, np.ndarray]:
        """What ``here`` has over ``there`` in the metric of contrasts."""
        one, other = (self.over_seeds(side, counts, [self.contrast])[self.contrast] for side in (here, there))
        return {self.contrast: one - other}

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
            value = self.difference(here, there, self.ones())
            replicates = self.difference(here, there, draws.counts) if draws.counts is not None else {}
            rows += self.rows_of(
                here, value, replicates, draws, system=system, versus=versus, seed=None, fold="mean", **more
            )
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
                where = {"system": cell.system, "seed": cell.seed, "fold": fold}
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
            where = _mask(len(self.units), cell.table.units)
            for holders in cell.table.holders.T:
                if holders.any():
                    requirements.append(Requirement(where, _mask(len(self.units), cell.table.units[holders])))
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

        def over_seeds(counts: np.ndarray) -> dict[str, np.ndarray]:
            values = mean_over_seeds([table.evaluate(counts, POOLED_METRICS) for table in tables])
            return {name: values[name] for name in POOLED_METRICS}

        replicates = over_seeds(draws.counts) if draws.counts is not None else {}
        return self.rows_of(cells, over_seeds(self.ones()), replicates, draws, **more)


class OodGroup(Group):
    names: Sequence[str] = OOD_METRICS
    contrast = "auroc"

    def rows(self) -> list[Row]:
        outputs: dict[Scored, tuple[Outputs, Outputs]] = {}
        for item in self.members:
            outputs[item] = self.inside(item), self.read(item.score_file, None)
        names = np.unique(np.concatenate([side.unit for pair in outputs.values() for side in pair]))
        self.units = {str(name): column for column, name in enumerate(names)}
        cells: dict[str, list[Cell]] = defaultdict(list)
        for item, pair in outputs.items():
            for file in self._files(item):
                cells[file.parent.name].append(self.cell(item, file, *pair))
        if not cells:
            raise SernetError(f"{self.members[0].directory}/ood has no {self.members[0].set}.npz: run the stage ood")
        rows: list[Row] = []
        draws = self.draws(list(chain.from_iterable(cells.values())))
        for detector, of_detector in sorted(cells.items()):
            self.constant = {**self.constant, "detector": detector}
            for system in sorted({cell.system for cell in of_detector}):
                of_system = [cell for cell in of_detector if cell.system == system]
                seeds = sorted({cell.seed for cell in of_system})
                for cell in of_system:
                    where = {"system": system, "seed": cell.seed, "fold": cell.fold}
                    rows += self.rows_of([cell], cell.evaluate(self.ones(), self.names), {}, None, **where)
                for seed in (*seeds, None):
                    chosen = [cell for cell in of_system if seed in (cell.seed, None)]
                    rows += self.aggregate(chosen, draws, self.names, system=system, seed=seed, fold="mean")
            rows += self.contrasts(of_detector, draws)
        return rows

    def inside(self, item: Scored) -> Outputs:
        """What counts as ID; of a model of several corpora, all classes: nobody says where a clip comes from."""
        read = self.read(item.file("test"), None)
        return read[read.label >= 0]

    def id_scores(self, item: Scored, folder: Path) -> tuple[np.ndarray, np.ndarray]:
        """Ids and outlier scores of what counts as ID, by the detector of ``folder``."""
        return load_detector_scores(folder / "test.npz")

    def _files(self, item: Scored) -> list[Path]:
        folder = item.directory / "ood"
        if self.detectors is None:
            return sorted(folder.glob(f"*/{item.set}.npz"))
        return [folder / detector / f"{item.set}.npz" for detector in sorted(self.detectors)]

    def cell(self, item: Scored, file: Path, inside: Outputs, outside: Outputs) -> Cell:
        id_ids, id_score = self.id_scores(item, file.parent)
        ood_ids, ood_score = load_detector_scores(file)
        id_rows, ood_rows = _rows_of(inside.utt_id, id_ids), _rows_of(outside.utt_id, ood_ids)
        keep = id_rows >= 0
        if keep.sum() < len(inside.utt_id):
            lacking = sorted(set(inside.utt_id) - set(id_ids))
            raise SernetError(f"{file.parent / 'test.npz'} lacks {first_of(lacking)}: run the stage ood again")
        if (ood_rows < 0).any():
            raise SernetError(f"{item.score_file} lacks {first_of(ood_ids[ood_rows < 0])}: run the stage score again")
        id_rows = id_rows[keep]
        correct = inside.logits[id_rows].argmax(axis=1) == inside.label[id_rows]
        table = OodTable(
            id_score[keep], ood_score, self.columns(inside.unit[id_rows]), self.columns(outside.unit[ood_rows]), correct
        )
        self.same_utterances(item, "id", frozenset(inside.utt_id))
        self.same_utterances(item, "ood", frozenset(ood_ids))
        return Cell(item.system, item.seed, item.fold, table, self.names, frozenset(inside.utt_id), frozenset(ood_ids))

    def draws(self, cells: Sequence[Cell]) -> Draws:
        stratum = np.full(len(self.units), -1)
        requirements = {}
        for cell in cells:
            assert isinstance(cell.table, OodTable)
            stratum[cell.table.ood_units[stratum[cell.table.ood_units] < 0]] = 1
            stratum[cell.table.units] = 0
            where, which = (_mask(len(self.units), units) for units in (cell.table.units, cell.table.ood_units))
            requirements[cell.fold] = Requirement(where, which)
        return Draws([*self.key, "mean"], stratum, list(requirements.values()))


def _rows_of(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted id stands among the known ones, -1 where it does not."""
    place = {name: index for index, name in enumerate(known.tolist())}
    return np.asarray([place.get(name, -1) for name in wanted.tolist()], dtype=np.int64)


def _mask(size: int, columns: np.ndarray) -> np.ndarray:
    mask = np.zeros(size, dtype=bool)
    mask[columns] = True
    return mask


def _range(name: str, more: Row) -> Metric:
    """The metric whose range cuts an interval; a difference has its own."""
    if not more.get("versus"):
        return metric(name)
    of = metric(name)
    return Metric(name, of.low - of.high, of.high - of.low, of.better, f"difference of {name}")

"""Rows that ask whether a model knows when it does not know: calibration, selective prediction, full-spectrum OOD."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.report.cells import Cell, Draws, Outputs, Reader
from sernet.report.groups import LabelGroup, Row, Versus, of_tables
from sernet.report.ood_group import OodGroup
from sernet.score.calibration import fit_temperature, perfect_ece
from sernet.score.files import Scored, load_detector_scores
from sernet.score.intervals import Requirement, Table
from sernet.score.metrics import FULL_METRICS, FULL_SPECTRUM, SCALED_METRICS, SELECTIVE_METRICS
from sernet.score.selective import SelectiveTable
from sernet.score.tables import LabelTable, OodTable, softmax

SCALED = "_scaled"


@dataclass(frozen=True)
class Renamed:
    """A table whose metrics carry a suffix; ``more`` is what it knows beside them, the same in every resample."""

    table: Table
    suffix: str
    more: Mapping[str, float]

    @property
    def units(self) -> np.ndarray:
        return self.table.units

    def evaluate(self, counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """As the table's own, under the names with the suffix."""
        names = list(names)
        plain = [name.removesuffix(self.suffix) for name in names if name.endswith(self.suffix)]
        values = self.table.evaluate(counts, plain) if plain else {}
        found = {f"{name}{self.suffix}": value for name, value in values.items() if ":" not in name}
        return found | {name: np.full(len(counts), value) for name, value in self.more.items() if name in names}


class ConfidenceGroup(LabelGroup):
    """Calibration before and after one temperature, fitted on the dev speakers, and selective prediction by detector.

    The resamples are those of `LabelGroup`, so that all figures of a place can be compared.
    """

    contrast = "failure_auroc"

    def rows(self) -> list[Row]:
        outputs = {}
        for item in self.members:
            outputs[item] = self.labelled(item)
        names = np.unique(np.concatenate([output.unit for output in outputs.values()]))
        self.units = {str(name): column for column, name in enumerate(names)}
        draws = self.draws([self.label_cell(item, output, item.system) for item, output in outputs.items()])
        rows: list[Row] = []
        for system in sorted({item.system for item in self.members}):
            of_system = {item: output for item, output in outputs.items() if item.system == system}
            rows += self._perfect(of_system, "ece_perfect")
            if all(item.dev for item in of_system):
                rows += self._scaled(of_system, draws)
        for detector, cells in sorted(self._by_detector(outputs).items()):
            for system in sorted({cell.system for cell in cells}):
                mine = [cell for cell in cells if cell.system == system]
                for seed in (*sorted({cell.seed for cell in mine}), None):
                    chosen = [cell for cell in mine if seed in (cell.seed, None)]
                    where = {"system": system, "seed": seed, "fold": "mean", "detector": detector}
                    rows += self.aggregate(chosen, draws, SELECTIVE_METRICS, **where)
            if all(self.contrast in cell.evaluate(self.ones(), [self.contrast]) for cell in cells):
                rows += self.contrasts(cells, draws, detector=detector)
        return rows

    def _scaled(self, outputs: dict[Scored, Outputs], draws: Draws) -> list[Row]:
        cooled, cells = {}, []
        for item, output in outputs.items():
            temperature = fit_temperature(item.load("dev"))
            cooled[item] = replace(output, logits=output.logits.astype(np.float64) / temperature)
            cell = self.label_cell(item, cooled[item], item.system)
            table = Renamed(cell.table, SCALED, {"temperature": temperature})
            cells.append(replace(cell, table=table, names=(*SCALED_METRICS, "temperature")))
        system = cells[0].system
        rows: list[Row] = []
        for seed in (*sorted({cell.seed for cell in cells}), None):
            chosen = [cell for cell in cells if seed in (cell.seed, None)]
            where = {"system": system, "seed": seed}
            rows += self.aggregate(chosen, draws, chosen[0].names, **where, fold="mean")
            pooled = self._pooled_tables({i: o for i, o in cooled.items() if seed in (i.seed, None)})
            if pooled:
                tables = [Renamed(table, SCALED, {}) for table in pooled]
                rows += self.rows_of_mean(chosen, draws, partial(of_tables, tables), SCALED_METRICS, **where, fold=None)
        return rows + self._perfect(cooled, "ece_scaled_perfect")

    def _perfect(self, outputs: dict[Scored, Outputs], name: str) -> list[Row]:
        """What ECE reads of perfect calibration at the pooled n; the interval holds 95 % of the draws."""
        rows, per_seed = [], []
        system = next(iter(outputs)).system
        for seed in sorted({item.seed for item in outputs}):
            of_seed = {item: output for item, output in outputs.items() if item.seed == seed}
            confidence = np.concatenate([softmax(output.logits).max(axis=1) for output in of_seed.values()])
            drawn = perfect_ece(confidence, (*self.key, name, system, seed))
            per_seed.append(np.array([drawn.mean(), *np.percentile(drawn, [2.5, 97.5])]))
            rows.append(self._perfect_row(of_seed, name, per_seed[-1], system=system, seed=seed))
        return [*rows, self._perfect_row(outputs, name, np.mean(per_seed, axis=0), system=system, seed=None)]

    def _perfect_row(self, outputs: dict[Scored, Outputs], name: str, drawn: np.ndarray, **more: object) -> Row:
        cells = [self.label_cell(item, output, item.system) for item, output in outputs.items()]
        value, low, high = map(float, drawn)
        return self.row(cells, name, value, ci_low=low, ci_high=high, fold=None, **more)

    def _pooled_tables(self, outputs: dict[Scored, Outputs]) -> list[LabelTable]:
        """One a seed, of all folds; none where folds were tested on the same utterances."""
        tables = []
        for seed in sorted({item.seed for item in outputs}):
            parts = [output for item, output in outputs.items() if item.seed == seed]
            ids = np.concatenate([part.utt_id for part in parts])
            if len(np.unique(ids)) < len(ids):
                return []
            logits, label = (np.concatenate([getattr(part, name) for part in parts]) for name in ("logits", "label"))
            unit = self.columns(np.concatenate([part.unit for part in parts]))
            tables.append(LabelTable(logits, label, parts[0].classes, unit))
        return tables

    def _by_detector(self, outputs: dict[Scored, Outputs]) -> dict[str, list[Cell]]:
        cells: dict[str, list[Cell]] = defaultdict(list)
        for item, output in outputs.items():
            for file in sorted((item.directory / "ood").glob(f"*/{item.set}.npz")):
                if self.detectors is None or file.parent.name in self.detectors:
                    cells[file.parent.name].append(self._selective(item, output, file))
        # All models of a system or none: a linear classifier beside the networks is not scored by detectors.
        models = Counter(item.system for item in outputs)
        told = {name: Counter(cell.system for cell in some) for name, some in cells.items()}
        return {n: some for n, some in cells.items() if all(models[system] == k for system, k in told[n].items())}

    def _selective(self, item: Scored, output: Outputs, file: Path) -> Cell:
        ids, score = load_detector_scores(file)
        place = {name: index for index, name in enumerate(ids.tolist())}
        if lacking := sorted(set(output.utt_id.tolist()) - set(place)):
            raise SernetError(f"{file} lacks {first_of(lacking)}: run the stage ood again")
        confidence = -score[[place[name] for name in output.utt_id.tolist()]]
        predicted = output.logits.argmax(axis=1)
        table = SelectiveTable(confidence, output.label, predicted, self.columns(output.unit), output.utt_id)
        return Cell(item.system, item.seed, item.fold, table, SELECTIVE_METRICS, frozenset(output.utt_id))


class FullSpectrumGroup(OodGroup):
    """Near and far sets against an ID side that holds the test set and the run's shift sets: all are to be accepted.

    Yang et al. 2023, "Full-spectrum out-of-distribution detection". Utterances count alike, so large shift sets count
    for more. Speakers of the test set, of the shift sets and of the OOD set are drawn apart. AUROC alone has intervals:
    the others would take a hundred times as long, for the shift sets are many times the test set.
    """

    names = FULL_METRICS
    contrast = f"auroc{FULL_SPECTRUM}"
    resampled = (contrast,)

    def __init__(
        self,
        constant: Row,
        members: Sequence[Scored],
        baseline: str,
        read: Reader,
        detectors: Sequence[str] | None,
        versus: Versus,
        shifted: Mapping[Path, Sequence[Scored]],
    ) -> None:
        super().__init__(constant, members, baseline, read, detectors, versus)
        self.shifted = shifted

    def inside(self, item: Scored) -> Outputs:
        parts = [super().inside(item), *(self._labelled(other) for other in self.shifted[item.directory])]
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("utt_id", "unit", "label", "logits")
        }
        return Outputs(**joined, classes=parts[0].classes)

    def id_scores(self, item: Scored, folder: Path) -> tuple[np.ndarray, np.ndarray]:
        sets = ["test", *(other.set for other in self.shifted[item.directory])]
        ids, scores = zip(*(load_detector_scores(folder / f"{name}.npz") for name in sets), strict=True)
        return np.concatenate(ids), np.concatenate(scores)

    def cell(self, item: Scored, file: Path, inside: Outputs, outside: Outputs) -> Cell:
        found = super().cell(item, file, inside, outside)
        test = np.unique(self.columns(super().inside(item).unit))
        return replace(found, table=Renamed(found.table, FULL_SPECTRUM, {}), names=self.resampled, test_units=test)

    def draws(self, cells: Sequence[Cell]) -> Draws:
        stratum = np.full(len(self.units), -1)
        requirements = {}
        for cell in cells:
            assert isinstance(cell.table, Renamed) and isinstance(cell.table.table, OodTable)
            table = cell.table.table
            stratum[table.ood_units[stratum[table.ood_units] < 0]] = 1
            stratum[table.units[~np.isin(table.units, cell.units)]] = 2
            where, which = np.zeros((2, len(self.units)), dtype=bool)
            where[cell.units], which[table.ood_units] = True, True
            requirements[cell.fold] = Requirement(where, which, "ood")
        stratum[np.concatenate([cell.units for cell in cells])] = 0
        return Draws([*self.key, "full-spectrum"], stratum, list(requirements.values()))

    def _labelled(self, item: Scored) -> Outputs:
        read = self.read(item.score_file, None)
        return read[read.label >= 0]

"""All models of one run on one out-of-distribution set, and the rows of results.json that they give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.report.cells import Cell, Draws, Outputs
from sernet.report.groups import Group, Row, mask_of
from sernet.score.files import Scored, load_detector_scores
from sernet.score.intervals import Requirement
from sernet.score.metrics import OOD_METRICS
from sernet.score.tables import OodTable


class OodGroup(Group):
    """All models of one run on one out-of-distribution set, by detector."""

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
                    where: Row = {"system": system, "seed": cell.seed, "fold": cell.fold}
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
            where, which = (mask_of(len(self.units), units) for units in (cell.table.units, cell.table.ood_units))
            requirements[cell.fold] = Requirement(where, which, "ood")
        return Draws([*self.key, "mean"], stratum, list(requirements.values()))


def _rows_of(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted id stands among the known ones, -1 where it does not."""
    place = {name: index for index, name in enumerate(known.tolist())}
    return np.asarray([place.get(name, -1) for name in wanted.tolist()], dtype=np.int64)

"""Rows of the probes: how well attributes can be read from the embeddings of the models of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import partial

import numpy as np

from sernet.errors import first_of
from sernet.report.cells import Cell, Reader
from sernet.report.groups import MAJORITY, LabelGroup, Row, Versus, of_tables
from sernet.score import metrics
from sernet.score.files import Scored
from sernet.score.metrics import PROBE, PROBE_TRAIN
from sernet.score.probes import SPEAKER, Reading
from sernet.score.tables import LabelTable


def reading(item: Scored, attribute: str, kind: str) -> Reading:
    """What the model's probe said of its test set, or (``probe_train``) of its training set."""
    name = "train" if kind == PROBE_TRAIN else item.set
    return Reading.load(item.directory / "probes" / attribute / f"{name}.npz")


def left_out(scored: Iterable[Scored], attributes: Iterable[str]) -> dict[str, str]:
    """What could not be probed for, in words, by metric and run."""
    said: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item in scored:
        if item.condition in ("single", "cross"):
            for attribute in attributes:
                for kind in (PROBE, PROBE_TRAIN):
                    said[f"{kind}:{attribute}", item.run][reading(item, attribute, kind).note] += 1
    found = {}
    for (name, run), notes in sorted(said.items()):
        several = len(notes) > 1
        told = [f"{note} ({notes[note]} of {notes.total()})" if several else note for note in sorted(notes) if note]
        if told:
            found[f"{name}, {run}:"] = first_of(told)
    return found


class _Told(LabelTable):
    """What a probe said; ``name`` is its metric, a UAR."""

    def __init__(self, said: Reading, values: np.ndarray, units: np.ndarray, name: str) -> None:
        value, told = (np.searchsorted(values, text) for text in (said.value, said.told))
        super().__init__(np.eye(len(values))[told], value, values.tolist(), units)
        self.name = name

    def evaluate(self, counts: np.ndarray, names: Iterable[str] = ()) -> dict[str, np.ndarray]:
        confusion = np.tensordot(counts[:, self.units].astype(float), self.confusion, axes=1)
        return {self.name: metrics.uar(confusion)}


class ProbeGroup(LabelGroup):
    """All probes of all models of one run on one test set.

    The rows of speakers have no interval: a resample of speakers would be told apart among others, so that what the
    probes said of these is not what they would have said.
    """

    def __init__(
        self,
        constant: Row,
        members: Sequence[Scored],
        baseline: str,
        read: Reader,
        probes: Sequence[str],
        versus: Versus,
        undrawn: Collection[str] = (),
    ) -> None:
        super().__init__(constant, members, baseline, read, versus=versus, undrawn=undrawn)
        self.probes = probes

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for attribute in self.probes:
            for kind in (PROBE, PROBE_TRAIN):
                said = {item: reading(item, attribute, kind) for item in self.members}
                said = {item: some for item, some in said.items() if len(some)}
                if said:
                    rows += self._rows(f"{kind}:{attribute}", said)
        return rows

    def _rows(self, name: str, said: dict[Scored, Reading]) -> list[Row]:
        self.contrast = name
        units = np.unique(np.concatenate([some.unit for some in said.values()]))
        self.units = {str(unit): column for column, unit in enumerate(units)}
        values = np.unique(np.concatenate([some.values for some in said.values()]))
        cells = [
            Cell(item.system, item.seed, item.fold, self._table(some, values), (name,), frozenset(some.utt_id))
            for item, some in said.items()
        ]
        draws = self.draws(cells)
        of_speakers = name.endswith(f":{SPEAKER}")
        if of_speakers:
            draws.counts = None
        rows: list[Row] = []
        for cell in cells:
            where: Row = {"system": cell.system, "seed": cell.seed, "fold": cell.fold}
            rows += self.rows_of([cell], cell.evaluate(self.ones(), [name]), {}, None, **where)
        for system in sorted({cell.system for cell in cells}):
            mine = [cell for cell in cells if cell.system == system]
            for seed in (*sorted({cell.seed for cell in mine}), None):
                chosen = [cell for cell in mine if seed in (cell.seed, None)]
                where = {"system": system, "seed": seed}
                rows += self.aggregate(chosen, draws, [name], **where, fold="mean")
                of_seed = {i: some for i, some in said.items() if i.system == system and seed in (i.seed, None)}
                if not of_speakers and (pooled := self._over_folds(of_seed, values)):
                    rows += self.rows_of_mean(chosen, draws, partial(of_tables, pooled), [name], **where, fold=None)
        by_fold = {item.fold: 1 / len(some.values) for item, some in said.items()}
        chance = float(np.mean(list(by_fold.values())))
        rows.append(self.row(cells, name, chance, system=MAJORITY, seed=None, fold="mean"))
        return rows + self.contrasts(cells, draws)

    def _table(self, said: Reading, values: np.ndarray) -> _Told:
        return _Told(said, values, self.columns(said.unit), self.contrast)

    def _over_folds(self, said: dict[Scored, Reading], values: np.ndarray) -> list[_Told]:
        """One table a seed, of the utterances of all folds; none where folds share utterances."""
        tables = []
        for seed in sorted({item.seed for item in said}):
            parts = [some for item, some in said.items() if item.seed == seed]
            names = ("utt_id", "unit", "value", "told")
            utt_id, unit, value, told = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
            whole = Reading(utt_id, unit, value, told, values)
            if len(np.unique(whole.utt_id)) < len(whole):
                return []
            tables.append(self._table(whole, values))
        return tables

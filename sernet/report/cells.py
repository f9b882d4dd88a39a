"""What rows are made of: the output of one model on one set, and resamples of the speakers of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sernet.score.files import ScoreSet, View
from sernet.score.intervals import Requirement, Table, resample, speakers_behind


@dataclass(frozen=True)
class Outputs:
    """The part of a score file that metrics read; ``unit`` names the speaker, or the recording without one."""

    utt_id: np.ndarray
    unit: np.ndarray
    label: np.ndarray
    logits: np.ndarray
    classes: tuple[str, ...]

    def __getitem__(self, mask: np.ndarray) -> Outputs:
        return Outputs(self.utt_id[mask], self.unit[mask], self.label[mask], self.logits[mask], self.classes)

    def decided(self) -> Outputs:
        """Without the classes that nobody decides for: those whose logits are all -inf, as published ones may be."""
        columns = np.flatnonzero(~np.isneginf(self.logits).all(axis=0))
        place = np.full(len(self.classes) + 1, -1)
        place[columns] = np.arange(len(columns))
        classes = tuple(self.classes[index] for index in columns)
        return Outputs(self.utt_id, self.unit, place[self.label], self.logits[:, columns], classes)


def read_outputs(path: Path, view: View | None = None) -> Outputs:
    """Read a score file, as the corpus of ``view`` sees it.

    Raises:
        SernetError: see `ScoreSet.load`.
    """
    scores = ScoreSet.load(path)
    return outputs_of(view.of(scores) if view else scores)


def outputs_of(scores: ScoreSet) -> Outputs:
    # Speaker ids begin with their corpus, so a speaker is the same one in the sets made from that speaker's speech.
    unit = [s if s else f"{c}\x1f{u}" for c, s, u in zip(scores.corpus, scores.speaker, scores.utt_id, strict=True)]
    return Outputs(scores.utt_id, np.asarray(unit, dtype=str), scores.label, scores.logits, tuple(scores.classes))


Reader = Callable[[Path, View | None], Outputs]
"""`read_outputs`, or one that remembers."""


@dataclass
class Cell:
    """One model on one set: its table and who was in it. It remembers the metrics of the last resamples that it was
    asked for, since the rows of seeds, of their mean and of differences share them."""

    system: str
    seed: int
    fold: int | str
    table: Table
    names: Sequence[str]
    utt_ids: frozenset[str]
    ood_ids: frozenset[str] = frozenset()
    test_units: np.ndarray | None = None
    """Where the ID side holds more than the test speakers: the columns of these."""
    _last: tuple[np.ndarray, dict[str, np.ndarray]] | None = None

    @property
    def units(self) -> np.ndarray:
        """Columns of the counts that stand for its (ID) test speakers."""
        return self.table.units if self.test_units is None else self.test_units

    def evaluate(self, counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` by name, those of classes among them."""
        if len(counts) == 1:
            return self.table.evaluate(counts, names)
        if self._last is None or self._last[0] is not counts:
            self._last = counts, self.table.evaluate(counts, self.names)
        wanted = set(names)
        return {name: value for name, value in self._last[1].items() if name in wanted or ":" in name}


class Draws:
    """Resamples of the units of some folds, made once and shared by all that is to be compared."""

    def __init__(self, key: Sequence[object], stratum: np.ndarray, requirements: Sequence[Requirement]) -> None:
        used = stratum >= 0
        self.counts: np.ndarray | None = None
        self.speakers_behind = speakers_behind(stratum[used])
        narrowed = [Requirement(need.where[used], need.which[used], need.of) for need in requirements]
        counts = resample(key, stratum[used], narrowed)
        if counts is not None:
            self.counts = np.zeros((len(counts), len(stratum)), dtype=counts.dtype)
            self.counts[:, used] = counts

"""What a report's figures are drawn from: rows, and the score files behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from sernet.report.results import Row, headline
from sernet.report.tables import show, systems_of
from sernet.score.files import Scored, ScoreSet

Loader = Callable[[Path], ScoreSet]
Place = tuple[str, str, str, str]
"""Condition, run, train, test."""


@dataclass(frozen=True)
class Plot:
    """One panel."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Chapter:
    """A heading, what to know, and panels side by side."""

    title: str
    text: str
    panels: list[Plot] = field(default_factory=list)


class Evidence:
    """The score files behind the rows, by (run, test, condition) and system; files are read once."""

    def __init__(self, scored: Sequence[Scored], rows: Sequence[Row]) -> None:
        self.rows = rows
        self.load: Loader = lru_cache(maxsize=64)(ScoreSet.load)
        self.scored = sorted(scored, key=lambda s: (s.run, s.condition, s.train, s.test, s.system, s.seed, str(s.fold)))

    def places(self, *conditions: str) -> list[Place]:
        """(condition, run, train, test) that were scored under the given conditions."""
        found = {(s.condition, s.run, s.train, s.test) for s in self.scored if s.condition in conditions}
        return sorted(found, key=lambda place: (conditions.index(place[0]), place[1:]))

    def at(self, place: Place) -> dict[str, list[Scored]]:
        """Models at a place, by system in the order of the tables."""
        here = [s for s in self.scored if (s.condition, s.run, s.train, s.test) == place]
        order = systems_of([{"system": s.system} for s in here])
        return {system: [s for s in here if s.system == system] for system in order}

    def labelled(self, models: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
        """Labels, logits, speakers and classes of the labelled utterances of several models, one after another."""
        sets = [self.load(model.score_file) for model in models]
        keep = [scores.label >= 0 for scores in sets]
        label = np.concatenate([scores.label[k] for scores, k in zip(sets, keep, strict=True)])
        logits = np.concatenate([scores.logits[k] for scores, k in zip(sets, keep, strict=True)])
        speaker = np.concatenate([scores.speaker[k] for scores, k in zip(sets, keep, strict=True)])
        return label, logits, speaker, list(map(str, sets[0].classes))

    def uar(self, place: Place, system: str) -> str:
        """The quoted UAR, as text with its interval and n."""
        condition, run, train, test = place
        where = {"condition": condition, "run": run, "train": train, "test": test, "system": system}
        found = headline(self.rows, metric="uar", versus=None, **where)
        return f"UAR {show(found[0])}, n = {found[0]['n']}, {found[0]['n_speakers']} speakers" if found else ""


def way(place: Place) -> str:
    """Where a number comes from, in words."""
    condition, run, train, test = place
    return f"{run}: {test}, {condition}" if train == test else f"{run}: {train} → {test}, {condition}"

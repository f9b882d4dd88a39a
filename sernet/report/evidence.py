"""What a report's figures are drawn from: rows, and the score files behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from sernet.report.results import Row, headline
from sernet.report.tables import show, systems_of
from sernet.score.files import Scored, ScoreSet

BROAD = 420.0
"""Points (1/72 inch)."""
Loader = Callable[[Scored], ScoreSet]
Place = tuple[str, str, str, str]
"""Condition, run, train, test."""
SHOWN = "msac"
WHICH = f"{SHOWN} where a run has it, else its last network in the order of the tables"
"""The system of a figure that has room for one, in words: see `Evidence.shown`."""


@dataclass(frozen=True)
class Plot:
    """One panel."""

    svg: str
    caption: str

    @property
    def broad(self) -> bool:
        """Whether it needs more than one column to be read."""
        view = re.search(r'viewBox="0 0 ([\d.]+)', self.svg)
        return view is not None and float(view.group(1)) > BROAD


@dataclass(frozen=True)
class Chapter:
    """A heading, what to know, and panels side by side."""

    title: str
    text: str
    panels: list[Plot] = field(default_factory=list)


class Evidence:
    """The score files behind the rows, by (run, test, condition) and system; files are read once.

    Runs stand in the order of the rows. ``undrawn`` names the systems that are no networks.
    """

    def __init__(self, scored: Sequence[Scored], rows: Sequence[Row], undrawn: Collection[str] = ()) -> None:
        self.rows = rows
        self.undrawn = undrawn
        self.load: Loader = lru_cache(maxsize=64)(Scored.load)
        order = {run: index for index, run in enumerate(dict.fromkeys(row["run"] for row in rows))}
        self._rank = lambda run: (order.get(run, len(order)), run)
        self.scored = sorted(
            scored, key=lambda s: (self._rank(s.run), s.condition, s.train, s.test, s.system, s.seed, str(s.fold))
        )

    def places(self, *conditions: str) -> list[Place]:
        """(condition, run, train, test) that were scored under the given conditions."""
        found = {(s.condition, s.run, s.train, s.test) for s in self.scored if s.condition in conditions}
        return sorted(found, key=lambda place: (conditions.index(place[0]), self._rank(place[1]), place[2:]))

    def at(self, place: Place) -> dict[str, list[Scored]]:
        """Models at a place, by system in the order of the tables."""
        here = [s for s in self.scored if (s.condition, s.run, s.train, s.test) == place]
        order = systems_of([{"system": s.system} for s in here])
        return {system: [s for s in here if s.system == system] for system in order}

    def shown(self, systems: Iterable[str]) -> str:
        """Whose figure is drawn where there is room for one: chosen by name, never by its result on a test."""
        order = systems_of([{"system": system} for system in systems])
        networks = [system for system in order if system not in self.undrawn]
        return SHOWN if SHOWN in order else (networks or order)[-1]

    def labelled(self, models: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
        """Labels, logits, speakers and classes of the labelled utterances of several models, one after another."""
        sets = [self.load(model) for model in models]
        keep = [scores.label >= 0 for scores in sets]
        label = np.concatenate([scores.label[k] for scores, k in zip(sets, keep, strict=True)])
        logits = np.concatenate([scores.logits[k] for scores, k in zip(sets, keep, strict=True)])
        speaker = np.concatenate([scores.speaker[k] for scores, k in zip(sets, keep, strict=True)])
        return label, logits, speaker, list(map(str, sets[0].classes))

    def quoted(self, place: Place, system: str, metric: str) -> str:
        """The quoted value as text, with its interval; of each fold where these stand apart."""
        return "; ".join(
            (f"fold {row['fold']}: " if isinstance(row["fold"], int) else "") + show(row)
            for row in self._quoted(place, system, metric)
        )

    def uar(self, place: Place, system: str) -> str:
        """The quoted UAR, as text with its interval and n."""
        size = self.size(place, system)
        return f"UAR {self.quoted(place, system, 'uar')}, {size}" if size else ""

    def size(self, place: Place, system: str) -> str:
        """How much the quoted UAR was measured on: utterances and speakers, of each fold where these stand apart."""
        found = self._quoted(place, system, "uar")
        n, speakers = (" + ".join(str(row[name]) for row in found) for name in ("n", "n_speakers"))
        return f"n = {n}, {speakers} speakers" if found else ""

    def _quoted(self, place: Place, system: str, metric: str) -> list[Row]:
        condition, run, train, test = place
        where = {"condition": condition, "run": run, "train": train, "test": test, "system": system}
        return headline(self.rows, metric=metric, versus=None, detector=None, **where)


def way(place: Place) -> str:
    """Where a number comes from, in words."""
    condition, run, train, test = place
    return f"{run}: {test}, {condition}" if train == test else f"{run}: {train} → {test}, {condition}"

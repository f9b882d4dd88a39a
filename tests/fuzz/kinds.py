"""The kinds of input that are fuzzed: each module of this folder registers its own."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fuzz.survival import SECONDS, SURVIVED, Case, Outcome, attempt, quiet
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Prepare = Callable[[Path], Sequence[Case]]


@dataclass(frozen=True)
class Kind:
    """A kind of input; ``share`` of the tries of a long run, ``prepare`` makes undamaged ones in an empty folder."""

    name: str
    share: int
    prepare: Prepare


@dataclass
class Tally:
    """What came of the tries of a kind; ``faults`` are the first of each place."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def tries(self) -> int:
        return self.outcomes.total()

    @property
    def survived(self) -> int:
        return sum(self.outcomes[kind] for kind in SURVIVED)

    def put(self, outcome: Outcome, value: object) -> None:
        """Count one."""
        self.outcomes[outcome.kind] += 1
        if not outcome.survived:
            shown = repr(value)
            self.faults.setdefault(
                f"{outcome.kind}: {outcome.said}", shown if len(shown) < 400 else f"{shown[:400]}..."
            )


KINDS: dict[str, Kind] = {}


def kind(name: str, share: int) -> Callable[[Prepare], Prepare]:
    """Registers what prepares a kind."""

    def register(prepare: Prepare) -> Prepare:
        KINDS[name] = Kind(name, share, prepare)
        return prepare

    return register


def all_kinds() -> dict[str, Kind]:
    """Those of every module of this folder."""
    for path in sorted(Path(__file__).parent.glob("of_*.py")):
        importlib.import_module(f"fuzz.{path.stem}")
    return KINDS


def run(of: Kind, folder: Path, tries: int, seconds: float = SECONDS) -> Tally:
    """Try that many damaged inputs of a kind, drawn by hypothesis from a fixed seed, and count what came of them."""
    with quiet():
        cases = of.prepare(folder)
    tally = Tally()

    @settings(
        max_examples=tries,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, len(cases) - 1).flatmap(lambda at: st.tuples(st.just(at), cases[at].damaged)))
    def each(drawn: tuple[int, object]) -> None:
        at, value = drawn
        tally.put(attempt(cases[at], value, seconds), value)

    each()
    return tally

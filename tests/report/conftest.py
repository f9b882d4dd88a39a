"""The made-up experiment as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from made_experiment import make_experiment, make_set
from sernet.report.results import Row, build_results
from sernet.score.files import Scored, ScoreSet

Maker = Callable[..., list[Scored]]


@pytest.fixture(scope="session")
def make() -> Maker:
    """`make_experiment`."""
    return make_experiment


@pytest.fixture(scope="session")
def make_scores() -> Callable[..., ScoreSet]:
    """`make_set`."""
    return make_set


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scored], list[Row]]:
    """Two corpora, three systems, two seeds, two folds, OOD; and the rows of its results.json."""
    scored = make_experiment(tmp_path_factory.mktemp("exp"), seeds=(0, 1), takes=2, detectors=("msp", "duration"))
    return scored, build_results(scored, "mini", "tag")

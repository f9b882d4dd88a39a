"""Systems made of others: which are refused, and whose scores they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from local.report import decision_values, preliminary, undrawn
from sernet.config.load import load_recipe
from sernet.errors import SernetError, UsageError
from sernet.experiment import Experiment
from sernet.units import Unit

EGS = ROOT / "egs"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"systems.both": "{fuse: {am: 1, masc: 1}}"}, "fuse: no system 'masc'; there are .*'msac'"),
        ({"systems.both": "{fuse: {am: 1}}"}, "fuse needs two systems or more, or an ensemble"),
        ({"systems.both": "{ensemble: 2}"}, "ensemble averages the systems that fuse names"),
        ({"systems.both": "{fuse: {am: 1, msac: 0}}"}, "fuse.msac: .* greater than 0"),
        (
            {"systems.both": "{fuse: {am: 1, msac: 1}, train: {epochs: 3}}"},
            "leave svm, ridge, features",
        ),
        (
            {"systems.both": "{fuse: {am: 1, msac: 1}}", "systems.more": "{fuse: {both: 1, am: 1}}"},
            "more.fuse: both is itself fused",
        ),
        (
            {"systems.both": "{fuse: {am: 1, msac: 1}}", "runs.single.systems": "[am, both]"},
            "runs.single: both is made of msac, which the run does not have",
        ),
    ],
)
def test_faults_are_named(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "mini", settings)


def test_an_svm_has_one_seed_whichever_a_sum_has(tmp_path: Path) -> None:
    for corpus in ("ravdess", "emodb", "emovo"):
        (tmp_path / corpus).mkdir()
    experiment = Experiment(load_recipe(EGS, "fusion", {}), tmp_path, seeds=(4, 5), corpus_root=tmp_path)
    run = experiment.runs[0]
    members = experiment.members(Unit(run, "msac-compare", 2, 5, tmp_path))
    assert [(str(unit.directory.relative_to(experiment.folder)), weight) for unit, weight in members] == [
        ("ravdess/msac/fold2/seed5", 1),
        ("ravdess/compare-svm/fold2/seed4", 4),
    ]
    assert not experiment.members(members[0][0])
    assert undrawn(experiment) == ["compare-svm"]
    assert decision_values(experiment) == ["compare-svm", "msac-compare", "networks-compare"]
    assert set(preliminary(experiment)) == {run.name for run in experiment.runs}, "two seeds of what is drawn"


def test_an_ensemble_takes_the_seeds_that_follow_and_the_first_follows_the_last(tmp_path: Path) -> None:
    (tmp_path / "ravdess").mkdir()
    settings = {
        "systems.pair": "{fuse: {msac: 1, compare-svm: 4}, ensemble: 2}",
        "only": "[ravdess]",
        "runs.ravdess.systems": "[msac, compare-svm, pair]",
    }
    recipe = load_recipe(EGS, "fusion", settings)
    experiment = Experiment(recipe, tmp_path, seeds=(3, 4, 5), corpus_root=tmp_path)
    (run,) = experiment.runs
    found = {
        seed: [(m.system, m.seed, weight) for m, weight in experiment.members(Unit(run, "pair", 0, seed, tmp_path))]
        for seed in (3, 5)
    }
    assert found == {
        3: [("msac", 3, 0.5), ("msac", 4, 0.5), ("compare-svm", 3, 4)],
        5: [("msac", 5, 0.5), ("msac", 3, 0.5), ("compare-svm", 3, 4)],
    }
    with pytest.raises(SernetError, match="pair.ensemble averages 2 seeds, and run ravdess has 1"):
        _ = Experiment(recipe, tmp_path, seeds=(3,), corpus_root=tmp_path).runs

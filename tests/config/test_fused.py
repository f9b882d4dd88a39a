"""Systems made of others: which are refused, and whose scores they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from local.report import decision_values, preliminary, undrawn
from sernet.config.load import load_recipe
from sernet.errors import UsageError
from sernet.experiment import Experiment, Unit

EGS = ROOT / "egs"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"systems.both": "{fuse: {am: 1, masc: 1}}"}, "fuse: no system 'masc'; there are .*'msac'"),
        ({"systems.both": "{fuse: {am: 1}}"}, "fuse needs two systems"),
        ({"systems.both": "{fuse: {am: 1, msac: 0}}"}, "fuse.msac: .* greater than 0"),
        ({"systems.both": "{fuse: {am: 1, msac: 1}, train: {epochs: 3}}"}, "leave svm, ridge, model and train out"),
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
    assert [str(unit.directory.relative_to(experiment.folder)) for unit in members] == [
        "ravdess/msac/fold2/seed5",
        "ravdess/compare-svm/fold2/seed4",
    ]
    assert not experiment.members(members[0])
    assert undrawn(experiment) == ["compare-svm"]
    assert decision_values(experiment) == ["compare-svm", "msac-compare", "networks-compare"]
    assert set(preliminary(experiment)) == {run.name for run in experiment.runs}, "two seeds of what is drawn"

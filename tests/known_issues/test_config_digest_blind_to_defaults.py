"""The config digest in RESULTS.md covered what a recipe says alone: two sets of defaults had one digest."""

from pathlib import Path

import pytest

from local import report
from sernet.config.load import load_recipe
from sernet.config.training import TrainConfig
from sernet.experiment import Experiment

EGS = Path(__file__).parents[2] / "egs"


def test_a_changed_default_changes_what_is_digested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = report._resolved(Experiment(load_recipe(EGS, "mini", {}), tmp_path))
    monkeypatch.setattr(TrainConfig.model_fields["peak_lr"], "default", 1.0)
    TrainConfig.model_rebuild(force=True)
    try:
        after = report._resolved(Experiment(load_recipe(EGS, "mini", {}), tmp_path))
    finally:
        monkeypatch.undo()
        TrainConfig.model_rebuild(force=True)
    assert before != after and before.keys() == after.keys()

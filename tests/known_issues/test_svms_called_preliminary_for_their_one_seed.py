"""A run of SVMs alone was called preliminary when fewer than three seeds were asked for, though none of it is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.report import preliminary
from sernet.config.load import load_recipe
from sernet.experiment import Experiment

EGS = Path(__file__).resolve().parents[2] / "egs"
CORPORA = ("ravdess", "emodb", "emovo")


@pytest.mark.parametrize(("seeds", "expected"), [((0,), ["ravdess", "large"]), ((0, 1, 2), ["large"])])
def test_few_seeds_are_a_fault_of_networks(tmp_path: Path, seeds: tuple[int, ...], expected: list[str]) -> None:
    for corpus in CORPORA:
        (tmp_path / corpus).mkdir()
    recipe = load_recipe(EGS, "peers", {})
    experiment = Experiment(recipe, tmp_path, seeds=seeds, corpus_root=tmp_path)
    assert [run.name for run in experiment.runs] == ["ravdess", "large", "emodb", "emovo"]
    assert preliminary(experiment) == expected

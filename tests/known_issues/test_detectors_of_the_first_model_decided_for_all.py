"""Two experiments out of distribution: models were refused when they shared no detector with the models before them.

The detectors that were compared were narrowed from model to model, so that the order of the models decided which of
them were left; of the others it was said that both experiments keep no scores.
"""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from made_experiment import make_experiment
from sernet.report.cells import read_outputs
from sernet.report.measured import Measured, Place
from sernet.report.paired import HERE, THERE
from sernet.report.paired_ood import differences, models
from sernet.report.results import build_results


@pytest.mark.parametrize("without", [("mahalanobis", "msp"), ("msp", "mahalanobis")])
def test_each_detector_is_compared_on_the_models_that_have_it(tmp_path: Path, without: tuple[str, str]) -> None:
    measured = []
    for name in ("one", "two"):
        made = make_experiment(tmp_path / name, ("mini_en",), ("am",), takes=1, detectors=("msp", "mahalanobis"))
        near = [item for item in made if item.test == "near"]
        measured.append(Measured(name, tmp_path / name, build_results(near, "mini"), {}))
    for fold, detector in enumerate(without):
        rmtree(tmp_path / "two" / "single_mini_en" / "am" / f"fold{fold}" / "seed0" / "ood" / detector)
    place = Place("single_mini_en", "ood-near", "mini_en", "near")
    sides = {HERE: (measured[1], place), THERE: (measured[0], place)}
    found, refused = models(sides, ["msp", "mahalanobis"], read_outputs)
    assert not refused
    kept = {detector: [model.fold for model in some] for some, names in found.items() for detector in names}
    assert kept == {detector: [1 - fold] for fold, detector in enumerate(without)}
    constant = {"recipe": "mini", "tag": None, "versus": None, "detector": None} | place.fields
    for some, names in found.items():
        rows = differences(constant, sides, some, names, read_outputs)
        assert [(row["detector"], row["value"]) for row in rows] == [(name, 0.0) for name in names]

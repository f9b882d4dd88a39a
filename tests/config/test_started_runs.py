"""Runs that start from another's models: nobody who is tested may have been heard there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from sernet.config.load import load_recipe
from sernet.errors import SernetError, UsageError
from sernet.experiment import Experiment

EGS = ROOT / "egs"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runs.emovo-started.start_from": "other"}, r"no run 'other' of protocol all; there are \['others-of-emodb'"),
        ({"runs.emovo-started.start_from": "emodb"}, "no run 'emodb' of protocol all"),
        ({"runs.emovo-started.start_from": "others-of-emodb"}, "others-of-emodb trains on emovo, whose speakers are"),
        ({"runs.others-of-emovo.start_from": "others-of-emodb"}, "start_from goes with folds, not with protocol all"),
        ({"runs.others-of-emovo.systems": "[compare-ridge]"}, "others-of-emovo does not train fine"),
        ({"runs.others-of-emovo.seeds": "[0]"}, "others-of-emovo has other seeds"),
        (
            {
                "ood.sets": "{far: {condition: ood-shift, source: corpus, corpus: ravdess}}",
                "runs.emovo-started.ood": "[far]",
            },
            "far is made of ravdess, which the run trains on",
        ),
    ],
)
def test_what_would_leak_or_cannot_be_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "transfer", settings)


def test_the_run_that_is_started_from_comes_along(tmp_path: Path) -> None:
    for corpus in ("ravdess", "emodb", "emovo"):
        (tmp_path / corpus).mkdir()
    recipe = load_recipe(EGS, "transfer", {"only": "[emovo-started]"})
    runs = {run.name: run for run in Experiment(recipe, tmp_path, corpus_root=tmp_path).runs}
    assert runs.keys() == {"emovo-started", "others-of-emovo"}
    assert runs["emovo-started"].learnt_from == "emodb+emovo+ravdess"
    (tmp_path / "emodb").rmdir()
    with pytest.raises(SernetError, match="run emovo-started needs what is not there"):
        Experiment(recipe, tmp_path, corpus_root=tmp_path).runs  # noqa: B018

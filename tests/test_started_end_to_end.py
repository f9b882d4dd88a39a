"""A corpus whose model starts from another corpus's, from sounds to rows: what waits for what, and what rows say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from local import features, prepare, report, score, train
from sernet.bundle.export import export
from sernet.bundle.source import Source
from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.options import parse
from sernet.pipeline.reading import read_json
from sernet.pipeline.stamps import Job
from sernet.report.measured import load
from sernet.report.results import read_results, select
from tiny import RAW

pytestmark = pytest.mark.slow

FOLDS = {"kind": "speaker-groups", "groups": 2}
CLASSES = {"classes": ["anger", "neutral"], "systems": ["am"]}
RECIPE: dict[str, Any] = {
    "title": "Started",
    "seeds": [0],
    "runs": {
        "started": {"corpora": ["two"], "protocol": FOLDS, "start_from": "first", "against": ["own"], **CLASSES},
        "own": {"corpora": ["two"], "protocol": FOLDS, **CLASSES},
        "first": {"corpora": ["one"], "protocol": {"kind": "all"}, "test_on": ["two"], **CLASSES},
    },
    "model": {"encoder": {"channels": [4, 4], "strides": [[2, 4], [2, 4]], "stem_channels": 2}, "embedding": 8},
    "train": {"epochs": 1, "crop_seconds": 0.3, "tensorboard": False},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Experiment, list[list[Job]]]:
    """Stages 1 to 4 and 7, and the training jobs, phase by phase."""
    root = tmp_path_factory.mktemp("house")
    draws = np.random.default_rng(0)
    for name in ("one", "two"):
        (root / "egs" / name).mkdir(parents=True)
        (root / "egs" / name / "corpus.yaml").write_text(yaml.safe_dump({**RAW, "name": name}))
        (root / "corpora" / name).mkdir(parents=True)
        for speaker in RAW["speakers"]:
            for letter, tone in (("A", 200), ("N", 1600)):
                for text in "12":
                    sound = 0.3 * np.sin(2 * np.pi * tone * np.arange(6400) / 16000)
                    path = root / "corpora" / name / f"{speaker}_{letter}_{text}.wav"
                    soundfile.write(path, sound + 0.05 * draws.standard_normal(6400), 16000)
    (root / "egs" / "started" / "conf").mkdir(parents=True)
    (root / "egs" / "started" / "conf" / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    request = parse(["--recipe", "started", "--nj", "1"], root)
    made = Experiment(load_recipe(root / "egs", "started", {}), root / "work", corpus_root=root / "corpora")
    trainings = []
    for stage in (prepare, features, train, score, report):
        for phase in stage.jobs(made, request, lambda job: "not done yet"):
            trainings += [phase] if stage is train else []
            for job in phase:
                job.arguments["identity"] = job.name
                stage.run(job)
                assert all(path.exists() for path in job.outputs), job.name
    return made, trainings


def test_a_model_waits_for_the_one_that_it_starts_from_and_hangs_on_its_weights(
    house: tuple[Experiment, list[list[Job]]],
) -> None:
    experiment, (before, after) = house
    assert "train first/am/all/seed0" in [job.name for job in before]
    weights = experiment.folder / "first" / "am" / "all" / "seed0" / "model.safetensors"
    assert [(job.name, job.inputs[0]) for job in after] == [
        (f"train started/am/fold{k}/seed0", weights) for k in (0, 1)
    ]
    assert not any(job.inputs for job in before)
    model = experiment.folder / "started" / "am" / "fold1" / "seed0" / "model.json"
    assert read_json(model)["corpora"] == ["one", "two"]


def test_rows_name_all_that_was_learnt_from_and_are_paired_with_the_run_without(
    house: tuple[Experiment, list[list[Job]]],
) -> None:
    experiment, _ = house
    rows = read_results(experiment.folder / "results.json")
    wanted = {"run": "started", "metric": "uar", "condition": "single", "fold": "mean", "seed": None, "system": "am"}
    (row,) = select(rows, versus=None, **wanted)
    assert (row["train"], row["test"], row["n"]) == ("one+two", "two", 16)
    (paired,) = select(rows, versus="own/am", **wanted)
    (own,) = select(rows, versus=None, **{**wanted, "run": "own"})
    assert paired["value"] == pytest.approx(row["value"] - own["value"])


def test_a_comparison_finds_its_scores(house: tuple[Experiment, list[list[Job]]]) -> None:
    measured = load(house[0].folder)
    (place,) = (place for place in measured.places("single") if place.run == "started")
    assert [len(measured.outputs(place, model).label) for model in measured.models(place)] == [8, 8]


def test_a_bundle_passes_on_the_licences_of_both(house: tuple[Experiment, list[list[Job]]], tmp_path: Path) -> None:
    model = house[0].folder / "started" / "am" / "fold0" / "seed0"
    origin = export(Source.at(model), tmp_path / "bundle").contents.origin
    assert [corpus.name for corpus in origin.corpora] == ["one", "two"]
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert f"on {origin.utterances} utterances of 2 speakers, starting from a model of all of `one`." in card

"""One model of two corpora from audio to rows, stage by stage: who is held out, what is scored, how it is decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from sklearn.metrics import recall_score

from local import features, prepare, report, score, train
from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.options import parse
from sernet.pipeline.reading import read_json
from sernet.report.results import Row, read_results, select
from sernet.score.files import ScoreSet
from sernet.units import Unit
from tiny import RAW

pytestmark = pytest.mark.slow

LABELS = {"A": "anger", "N": "neutral", "F": "fear", "S": "sadness"}
SOUNDS = {"A": 200, "N": 400, "F": 800, "S": 1600}
CORPORA = {"one": "ANF", "two": "ANS"}
"""Each has a class that the other lacks; of two, sadness is left out."""
PUBLISHED = {"pairs": {"source": "a paper", "folds": [{"test": ["f1", "m1"]}, {"test": ["f10", "m2"]}]}}
FOLDS = {"kind": "speaker-groups", "name": "pairs", "groups": 2}
RECIPE: dict[str, Any] = {
    "title": "Joint",
    "seeds": [0],
    "runs": {
        "joint": {
            "corpora": ["one", "two"],
            "classes": ["fear", "anger", "neutral"],
            "classes_of": {"two": ["anger", "neutral"]},
            "protocol": FOLDS,
            "systems": ["am"],
            "against": ["own"],
        },
        "own": {"corpora": ["two"], "classes": ["anger", "neutral"], "protocol": FOLDS, "systems": ["am"]},
    },
    "model": {"encoder": {"channels": [4, 4], "strides": [[2, 4], [2, 4]], "stem_channels": 2}, "embedding": 8},
    "train": {"epochs": 1, "crop_seconds": 0.3, "tensorboard": False, "balance": ["corpus", "class"]},
}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """Stages 1 to 4 and 7."""
    root = tmp_path_factory.mktemp("house")
    draws = np.random.default_rng(0)
    for name, emotions in CORPORA.items():
        raw = {**RAW, "name": name, "maps": {"emotion": {letter: LABELS[letter] for letter in emotions}}}
        raw["expected"] = {"utterances": 8 * len(emotions), "speakers": 4}
        raw |= {"folds": PUBLISHED} if name == "one" else {}
        (root / "egs" / name).mkdir(parents=True)
        (root / "egs" / name / "corpus.yaml").write_text(yaml.safe_dump(raw))
        (root / "corpora" / name).mkdir(parents=True)
        for speaker in RAW["speakers"]:
            for letter in emotions:
                for text in "12":
                    tone = 0.3 * np.sin(2 * np.pi * SOUNDS[letter] * np.arange(6400) / 16000)
                    path = root / "corpora" / name / f"{speaker}_{letter}_{text}.wav"
                    soundfile.write(path, tone + 0.05 * draws.standard_normal(6400), 16000)
    (root / "egs" / "joint" / "conf").mkdir(parents=True)
    (root / "egs" / "joint" / "conf" / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    request = parse(["--recipe", "joint", "--stage", "features", "--nj", "1"], root)
    made = Experiment(load_recipe(root / "egs", "joint", {}), root / "work", corpus_root=root / "corpora")
    for stage in (prepare, features, train, score, report):
        for phase in stage.jobs(made, request, lambda job: "not done yet"):
            for job in phase:
                job.arguments["identity"] = job.name
                stage.run(job)
                assert all(path.exists() for path in job.outputs), job.name
    return made


@pytest.fixture(scope="module")
def units(experiment: Experiment) -> list[Unit]:
    return [unit for unit in experiment.units() if unit.run.name == "joint"]


def _scores(unit: Unit, name: str) -> ScoreSet:
    return ScoreSet.load(unit.directory / "scores" / f"{name}.npz")


def test_a_fold_holds_out_speakers_of_every_corpus(experiment: Experiment, units: list[Unit]) -> None:
    expected = [{"one-f1", "one-m1", "two-f1", "two-m1"}, {"one-f10", "one-m2", "two-f10", "two-m2"}]
    for unit, test in zip(units, expected, strict=True):
        assert set(_scores(unit, "test").speaker) == test and not test & set(_scores(unit, "train").speaker)
        for name in CORPORA:
            assert set(_scores(unit, name).corpus) == {name} and set(_scores(unit, name).speaker) < test
        together = np.sort(np.concatenate([_scores(unit, name).utt_id for name in CORPORA]))
        assert np.array_equal(together, np.sort(_scores(unit, "test").utt_id))


def test_each_corpus_gives_its_classes_and_the_score_file_keeps_all(units: list[Unit]) -> None:
    for unit in units:
        classes = read_json(unit.directory / "model.json")["corpus_classes"]
        assert classes == {"one": ["fear", "anger", "neutral"], "two": ["anger", "neutral"]}
        assert set(_scores(unit, "train").emotion) == {"fear", "anger", "neutral"}, "sadness of two is not trained on"
        assert set(_scores(unit, "two").emotion) == {"anger", "neutral"}
        assert _scores(unit, "two").logits.shape == (8, 3)


def test_the_rows_are_of_each_corpus_among_its_classes(experiment: Experiment, units: list[Unit]) -> None:
    rows = read_results(experiment.folder / "results.json")
    joint = select(rows, run="joint", condition="single", metric="uar", versus=None, system="am")
    assert {(row["train"], row["test"]) for row in joint} == {("one+two", "one"), ("one+two", "two")}
    by_hand, own = [], []
    for unit in units:
        scores = _scores(unit, "two")
        answers = ["anger" if anger > neutral else "neutral" for _, anger, neutral in scores.logits]
        by_hand.append(recall_score(scores.emotion, answers, average="macro"))
        alone = ScoreSet.load(experiment.folder / "own" / "am" / f"fold{unit.fold}" / "seed0" / "scores" / "test.npz")
        assert np.array_equal(np.sort(alone.utt_id), np.sort(scores.utt_id))
        own.append(recall_score(alone.label, alone.logits.argmax(axis=1), average="macro"))
    means = {"fold": "mean", "seed": None, "test": "two", "metric": "uar"}
    assert _value(joint, **means) == pytest.approx(np.mean(by_hand), abs=1e-6)
    assert _value(rows, versus="own/am", **means) == pytest.approx(np.mean(by_hand) - np.mean(own), abs=1e-6)
    assert "Paired differences between runs" in (experiment.folder / "RESULTS.md").read_text()


def _value(rows: list[Row], **wanted: object) -> float:
    (row,) = select(rows, **wanted)
    return float(row["value"])

"""Runs that start from another's models: nobody who is tested may have been heard there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from local import train
from sernet.config.load import load_recipe
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data.protocols import Fold
from sernet.errors import SernetError, UsageError
from sernet.experiment import Experiment
from sernet.pipeline.options import parse

EGS = ROOT / "egs"
CORPORA = ("ravdess", "emodb", "emovo")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runs.emovo-started.start_from": "other"}, r"no run 'other' of protocol all; there are \['others-of-emodb'"),
        ({"runs.emovo-started.start_from": "emodb"}, "no run 'emodb' of protocol all"),
        (
            {"runs.emovo-started.start_from": "others-of-emodb"},
            "put emovo into runs.others-of-emodb.test_on, as unheard speech",
        ),
        (
            {"runs.others-of-emodb.test_on": "[emovo, emodb]", "runs.emovo-started.start_from": "others-of-emodb"},
            "test_on: emovo is trained on",
        ),
        (
            {
                "ood.sets": "{unseen: {condition: ood-near, source: held-out}}",
                "runs.emovo-started.classes": "[anger, neutral, sadness]",
                "runs.emovo-started.ood": "[unseen]",
                "runs.emovo-started.against": "[]",
            },
            "others-of-emovo has learnt disgust, which emovo-started holds out",
        ),
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
    for corpus in CORPORA:
        (tmp_path / corpus).mkdir()
    recipe = load_recipe(EGS, "transfer", {"only": "[emovo-started]"})
    runs = {run.name: run for run in Experiment(recipe, tmp_path, corpus_root=tmp_path).runs}
    assert runs.keys() == {"emovo-started", "others-of-emovo"}
    assert runs["emovo-started"].learnt_from == "emodb+emovo+ravdess"
    (tmp_path / "emodb").rmdir()
    with pytest.raises(SernetError, match="run emovo-started needs what is not there"):
        Experiment(recipe, tmp_path, corpus_root=tmp_path).runs  # noqa: B018


def test_a_ridge_hears_all_corpora_and_waits_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = {corpus: Utterance(f"{corpus}-1", corpus, f"{corpus}-x", "anger", duration=1.0) for corpus in CORPORA}
    calm = Utterance("ravdess-2", "ravdess", "ravdess-y", "calm", duration=1.0)
    folds = [Fold(("emovo-x",), (), ("emovo-z",), ())]
    for corpus in CORPORA:
        (tmp_path / corpus).mkdir()

    def indexed(self: Experiment, corpus: str, name: str | None = None) -> list[Indexed]:
        said = [spoken[corpus], *([calm] if corpus == "ravdess" else [])]
        return [Indexed(utterance, name or "fbank80", None) for utterance in said]  # type: ignore[arg-type]

    monkeypatch.setattr(Experiment, "indexed", indexed)
    monkeypatch.setattr(Experiment, "folds", lambda self, run: folds)
    recipe = load_recipe(EGS, "transfer", {"only": "[emovo-started]", "seeds": "[0]"})
    experiment = Experiment(recipe, tmp_path, corpus_root=tmp_path)
    assert experiment.front_ends("emodb") == ["compare"]
    first, second = train.jobs(experiment, parse(["--recipe", "transfer"], ROOT), lambda job: None)
    jobs = {job.name: job for job in (*first, *second)}
    ridge = jobs["train emovo-started/compare-ridge/fold0/seed0"]
    assert ridge in first and not ridge.inputs
    assert sorted(ridge.arguments["train"]) == ["emodb-1", "emovo-1", "ravdess-1"], "calm is no class of this run"
    assert [job.name for job in second] == ["train emovo-started/fine/fold0/seed0"]
    assert jobs["train emovo-started/fine/fold0/seed0"].arguments["train"] == ["emovo-1"]

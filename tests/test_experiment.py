"""Which utterances a model trains on and is tested on, from the fold files that stage 1 wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from local import report, score, train
from sernet.config.load import load_recipe
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data.protocols import Fold
from sernet.experiment import Experiment
from sernet.score.files import ScoreSet
from sernet.score.probes import Reading
from sernet.units import Unit
from tiny import RAW, Tiny
from tiny import tiny as tiny
from tiny_experiment import asked, prepared, write_lists

FOLDS = (
    {
        "train": ["f1_A_1", "f1_N_1", "m1_A_1", "m1_N_1", "m1_S_1"],
        "dev": ["m2_A_1", "m2_N_1"],
        "test": ["f10_A_1", "f10_N_1", "f10_S_1"],
    },
    {
        "train": ["f10_A_2", "f10_N_2", "m2_A_2", "m2_N_2"],
        "dev": ["f1_A_2", "f1_N_2"],
        "test": ["m1_A_2", "m1_N_2", "m1_S_2"],
    },
)
"""Each of two sentences is in no part of one fold."""
RECIPE: dict[str, Any] = {
    "title": "t",
    "seeds": [0],
    "probes": ["gender"],
    "train": {"epochs": 1, "batch_size": 2, "crop_seconds": 0.2, "tensorboard": False},
    "model": {"encoder": {"channels": [4], "strides": [[2, 4]], "stem_channels": 2}},
    "systems": {"net": {}},
    "runs": {
        "r": {
            "corpora": ["tiny"],
            "classes": ["anger", "neutral"],
            "protocol": {"kind": "session"},
            "systems": ["net"],
            "dev_speakers": 1,
            "ood": ["near", "reversed", "reversed-dev"],
        }
    },
    "ood": {
        "sets": {
            "near": {"condition": "ood-near", "source": "held-out"},
            "reversed": {"condition": "ood-far", "source": "reversed"},
            "reversed-dev": {"condition": "ood-far", "source": "reversed", "split": "dev"},
        }
    },
}


@pytest.fixture
def listed(tiny: Tiny, tmp_path: Path) -> Experiment:
    """Stages 1 and 2 with a user's list by utterance; the speakers f10 and m1 are sad, too."""
    for number, name in enumerate(("f10_S_1", "f10_S_2", "m1_S_1", "m1_S_2"), start=1):
        tiny.add(f"{name}.wav", number)
    tiny.raw["maps"] = {"emotion": RAW["maps"]["emotion"] | {"S": "sadness"}}
    tiny.raw["expected"] = {"utterances": 20, "speakers": 4}
    return prepared(tiny, tmp_path, write_lists(tmp_path / "mine", *FOLDS), recipe=RECIPE)


def ids(*names: str) -> set[str]:
    """Our ids of the corpus's file names."""
    return {f"tiny-{name.partition('_')[0]}-{name}" for name in names}


@pytest.mark.parametrize("number", [0, 1])
def test_a_model_uses_what_its_fold_lists_and_nothing_else(listed: Experiment, tmp_path: Path, number: int) -> None:
    fold = f"fold{number}"
    sad = {name for names in FOLDS[number].values() for name in names if "S" in name}
    of = {part: ids(*set(names) - sad) for part, names in FOLDS[number].items()}
    (jobs,) = train.jobs(listed, asked(tmp_path), lambda _: None)
    (job,) = (job for job in jobs if fold in job.stamp.parts)
    assert {part: set(job.arguments[part]) for part in ("train", "dev")} == {"train": of["train"], "dev": of["dev"]}
    made, scored, _ = score.jobs(listed, asked(tmp_path), lambda _: None)
    used = {job.stamp.stem: set(job.arguments["utterances"]) for job in scored if fold in job.stamp.parts}
    used |= {job.stamp.stem: set(job.config["ID utterances"]) for job in made if fold in job.stamp.parts}
    near = ids(*sad & set(FOLDS[number]["test"]))  # what training speakers say sadly is nobody's
    assert used == {**of, "near": near, "reversed": of["test"], "reversed-dev": of["dev"]}
    ((job,),) = report.jobs(listed, asked(tmp_path), lambda _: None)
    reported = {item["set"] for item in job.config["scored"] if item["fold"] == number}
    assert reported == {"test", "near", "reversed"}, "neither what is trained on nor what is tuned on"


def test_jobs_use_what_they_name(listed: Experiment, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stage in (train, score):
        for jobs in stage.jobs(listed, asked(tmp_path), lambda _: None):
            for job in jobs:
                if "fold0" in job.stamp.parts:
                    job.arguments["identity"] = "x"
                    stage.run(job)
    assert "4 utterances, 2 dev, 2 classes" in capsys.readouterr().out
    folder = listed.folder / "r" / "net" / "fold0" / "seed0"
    dev, test = ids(*FOLDS[0]["dev"]), ids("f10_A_1", "f10_N_1")
    for part, expected in {"dev": dev, "test": test, "near": ids("f10_S_1")}.items():
        scores = ScoreSet.load(folder / "scores" / f"{part}.npz")
        assert set(scores.utt_id.tolist()) == expected, part
        assert (scores.label >= 0).all() == (part != "near")
    for name, speaker in {"reversed": "tiny-f10", "reversed-dev": "tiny-m2"}.items():
        scores = ScoreSet.load(folder / "scores" / f"{name}.npz")
        assert scores.speaker.tolist() == [speaker] * 2, name
    told = Reading.load(folder / "probes" / "gender" / "test.npz")
    assert told.value.tolist() == ["female"] * 2 and set(told.utt_id.tolist()) == test


def test_a_changed_label_speaker_or_feature_makes_another_training() -> None:
    item = Indexed(Utterance("u", "c", "s", "anger", "female", text="so"), "audio", "features", 0)
    as_it_was = train.digest([item], ["gender"])
    for change in ({"emotion": "fear"}, {"speaker": "t"}, {"gender": "male"}, {"corpus": "d"}, {"duration": 2.0}):
        assert train.digest([replace(item, utterance=replace(item.utterance, **change))], ["gender"]) != as_it_was
    assert train.digest([replace(item, features="others")], ["gender"]) != as_it_was
    reread = replace(item, utterance=replace(item.utterance, text="no"), offset=9)
    assert train.digest([reread], ["gender"]) == as_it_was, "what is not read does not count"


def _at_hand(folder: Path, name: str, only: str, corpora: tuple[str, ...], seeds: tuple[int, ...]) -> Experiment:
    """A recipe of ours of which these corpora are there, or at least their folders."""
    for corpus in corpora:
        (folder / corpus).mkdir()
    return Experiment(load_recipe(ROOT / "egs", name, {"only": f"[{only}]"}), folder, seeds=seeds, corpus_root=folder)


def test_a_training_starts_from_the_model_of_its_own_seed(tmp_path: Path) -> None:
    experiment = _at_hand(tmp_path, "transfer", "emovo-started", ("ravdess", "emodb", "emovo"), (3, 4))
    (run,) = (run for run in experiment.runs if run.name == "emovo-started")
    for seed in (3, 4):
        start = experiment.start(Unit(run, "fine", 0, seed, tmp_path))
        assert start and start.directory == experiment.folder / f"others-of-emovo/fine/all/seed{seed}"


def test_whoever_was_not_tested_where_settings_were_chosen_had_a_part_in_it(tmp_path: Path) -> None:
    """The test speakers of the first of RAVDESS's five published folds: 2, 5, 14, 15, 16."""
    experiment = _at_hand(tmp_path, "ravdess", "single", ("ravdess",), (0,))
    others = set(range(1, 25)) - {2, 5, 14, 15, 16}
    assert experiment.tuned_speakers == {f"ravdess-{number:02d}" for number in others}


def test_each_corpus_of_a_joint_model_has_the_classes_that_it_gives_to_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EMO-DB gives fewer by ``classes_of``; EMOVO's fear is only said by a test speaker."""
    said = {"ravdess": ["neutral", "anger", "fear"], "emodb": ["neutral", "fear", "anger"], "emovo": ["anger"]}
    items = {
        corpus: [Indexed(Utterance(f"{corpus}-{e}", corpus, f"{corpus}-x", e), "", 0) for e in emotions]
        for corpus, emotions in said.items()
    }
    items["emovo"].append(Indexed(Utterance("emovo-fear", "emovo", "emovo-z", "fear"), "", 0))
    fold = Fold(tuple(f"{corpus}-x" for corpus in said), (), ("emovo-z",))
    monkeypatch.setattr(Experiment, "indexed", lambda self, corpus, name=None: items[corpus])
    monkeypatch.setattr(Experiment, "folds", lambda self, run: [fold])
    experiment = _at_hand(tmp_path, "unified", "joint", ("ravdess", "emodb", "emovo"), (0,))
    unit = next(experiment.units())
    trained = {item.utterance.id for item in experiment.part(unit, "train")}
    assert trained == {f"{c}-{e}" for c, emotions in said.items() for e in emotions} - {"emodb-fear"}
    assert experiment.corpus_classes(unit) == {
        "ravdess": ["neutral", "anger", "fear"],
        "emovo": ["anger"],
        "emodb": ["neutral", "anger"],
    }

"""Stage 1 of a small recipe, job by job: folds from a user's lists, the card, and that nothing waits for the card."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import prepare
from sernet.errors import SernetError
from sernet.pipeline.reading import read_json
from tiny import Tiny
from tiny_experiment import asked, run_stage, tiny_experiment, write_lists

BOTH = [f"{emotion}_{text}" for emotion in "AN" for text in "12"]


def test_a_users_own_lists_make_the_folds_and_the_card_shows_them(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lists(tmp_path / "mine", {"test": ["f1", "m1"]}, {"test": ["f10", "m2"]})
    monkeypatch.setenv("SERNET_CALLER", str(tmp_path))
    experiment = tiny_experiment(tiny, tmp_path, "runs.r.protocol.kind=lists", "runs.r.protocol.path=mine")
    request = asked(tmp_path)
    leaks = f"leaks of {experiment.name}"
    done = run_stage(prepare, experiment, request)
    assert done == ["prepare tiny", "folds of r", "listen to tiny", "card of tiny", leaks]
    folds = read_json(next((experiment.data("tiny") / "folds").glob("lists-mine-*.json")))
    assert [fold["test"] for fold in folds["folds"]] == [["tiny-f1", "tiny-m1"], ["tiny-f10", "tiny-m2"]]
    assert [fold.test for fold in experiment.folds(experiment.runs[0])] == [
        ("tiny-f1", "tiny-m1"),
        ("tiny-f10", "tiny-m2"),
    ]
    assert "Folds: lists-mine" in (experiment.data("tiny") / "card.txt").read_text()
    inputs = next(
        job for phase in prepare.jobs(experiment, request, lambda _: None) for job in phase if "folds" in job.name
    )
    assert tmp_path / "mine" / "fold1" / "test" in inputs.inputs
    later = asked(tmp_path, "features")
    jobs = [job.name for phase in prepare.jobs(experiment, later, lambda _: None) for job in phase]
    assert jobs == ["prepare tiny", "folds of r", "listen to tiny", leaks], "a later stage does not wait for a card"


@pytest.mark.parametrize(
    ("fold", "said"),
    [
        ({"test": ["f1"], "train": ["f1", "m1", "m2"]}, "train and test share speakers: tiny-f1"),
        ({"test": ["f1"], "dev": ["f1"]}, "dev and test share speakers: tiny-f1"),
        (
            {"test": [f"f1_{name}" for name in BOTH[:3]], "train": [f"{s}_{n}" for s in ("f10", "m1") for n in BOTH]}
            | {"dev": ["f1_N_2"]},
            "1 speakers are on both sides of this split, so it is not used: tiny-f1",
        ),
        ({"test": [f"f1_{name}" for name in BOTH[:3]]}, "1 speakers are on both sides of this split"),
    ],
    ids=["train", "dev", "utterances", "the rest of a speaker"],
)
def test_a_list_with_a_speaker_on_two_sides_is_refused(
    tiny: Tiny, tmp_path: Path, fold: dict[str, list[str]], said: str
) -> None:
    dev = "runs.r.dev_speakers=1" if "dev" in fold else "runs.r.dev_speakers=0"
    experiment = tiny_experiment(tiny, tmp_path, write_lists(tmp_path / "mine", fold), dev)
    with pytest.raises(SernetError, match=f"run r, fold.*{said}"):
        run_stage(prepare, experiment, asked(tmp_path))
    assert not (experiment.data("tiny") / "folds").exists()

"""Merging: what a job was made from decides, and nothing that is there is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sernet.errors import SernetError
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import write_json
from sernet.pipeline.merge import Merged, merge
from sernet.pipeline.reading import read_json
from sernet.pipeline.stamps import Job, Stamps


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "code" / "sernet").mkdir(parents=True)
    (tmp_path / "code" / "sernet" / "__init__.py").write_text("")
    (tmp_path / "code" / "sernet" / "fit.py").write_text("def fit(x):\n    return x\n")
    return tmp_path / "code"


def stamps_of(code: Path, work: Path) -> tuple[Stamps, FileDigests]:
    files = FileDigests(work / "digests.json")
    return Stamps(files, ModuleDigests(code), work), files


def training(work: Path, place: str, seed: int, epochs: int = 5) -> Job:
    folder = work / "exp" / place
    return Job(
        name=f"train {place}",
        script="local.train",
        stamp=folder / "train.json",
        config={"seed": seed, "train": {"epochs": epochs}},
        modules=("sernet.fit",),
        outputs=(folder / "model.safetensors", folder / "history.jsonl"),
        precious=True,
    )


def finish(code: Path, work: Path, job: Job, text: str = "weights") -> None:
    for path in (*job.outputs, job.log, job.stamp.parent / "log" / "train.json", job.stamp.parent / "scores" / "t.npz"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text} of seed {job.config['seed']}")
    stamps, _ = stamps_of(code, work)
    stamps.write(job, stamps.expected(job))


def take(code: Path, jobs: list[Job], here: Path, other: Path, make: bool = True) -> Merged:
    stamps, files = stamps_of(code, here)
    return merge(jobs, other, "*/*/*/*", stamps, files, make)


def test_a_training_of_another_run_and_folder_is_taken_and_counts_as_done(tmp_path: Path, code: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    finish(code, there, training(there, "emodb/single/am/fold3/seed1", 1))
    ours = [training(here, f"multi/single-emodb/am/fold3/seed{seed}", seed) for seed in (0, 1)]
    planned = take(code, ours, here, there / "exp" / "emodb", make=False)
    assert not here.exists()
    found = take(code, ours, here, there / "exp" / "emodb")
    assert planned == found
    assert found.taken == {"train multi/single-emodb/am/fold3/seed1": "single/am/fold3/seed1"}
    stamps, _ = stamps_of(code, here)
    assert stamps.stale(ours[1]) is None
    assert stamps.stale(ours[0]) == "not done yet"
    assert ours[1].outputs[0].read_text() == "weights of seed 1"
    assert ours[1].log.exists()
    # What was made with the model is made again here, and the task file names the other machine's folders.
    assert not (ours[1].stamp.parent / "scores").exists()
    assert not (ours[1].stamp.parent / "log" / "train.json").exists()
    assert read_json(ours[1].stamp)["merged from"] == "emodb/single/am/fold3/seed1"
    again = take(code, ours, here, there / "exp" / "emodb")
    assert (again.taken, again.here) == ({}, ["train multi/single-emodb/am/fold3/seed1"])


def test_other_settings_other_code_and_damage_are_refused_by_name(tmp_path: Path, code: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    longer, damaged = (training(there, f"e/single/am/fold{k}/seed{k}", k, epochs=9 - 4 * k) for k in (0, 1))
    finish(code, there, longer)
    finish(code, there, damaged)
    damaged.outputs[0].write_text("else")
    ours = [training(here, f"e/single/am/fold{k}/seed{k}", k) for k in (0, 1)]
    found = take(code, ours, here, there / "exp" / "e")
    assert not found.taken
    assert "train e/single/am/fold0/seed0 differs in setting train.epochs" in found.refused["single/am/fold0/seed0"]
    assert "model.safetensors: missing, or not as it was" in found.refused["single/am/fold1/seed1"]
    (code / "sernet" / "fit.py").write_text("def fit(x):\n    return 2 * x\n")
    finish(code, there, damaged)
    (code / "sernet" / "fit.py").write_text("def fit(x):\n    return x\n")
    found = take(code, ours, here, there / "exp" / "e")
    assert "module sernet.fit" in found.refused["single/am/fold1/seed1"]


def test_a_finished_training_is_kept_and_an_unfinished_one_is_replaced(tmp_path: Path, code: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    ours = [training(here, f"e/single/am/fold0/seed{seed}", seed) for seed in (0, 1)]
    for seed in (0, 1):
        finish(code, there, training(there, f"e/single/am/fold0/seed{seed}", seed))
    finish(code, here, replace(ours[0], config={"seed": 0, "train": {"epochs": 7}}), "hours of work")
    (ours[1].stamp.parent).mkdir(parents=True)
    (ours[1].stamp.parent / "checkpoint.safetensors").write_text("epoch 2")
    found = take(code, ours, here, there / "exp" / "e")
    assert found.taken == {ours[1].name: "single/am/fold0/seed1"}
    assert found.refused[ours[0].name].startswith("finished here, and kept")
    assert ours[0].outputs[0].read_text() == "hours of work of seed 0"
    assert not (ours[1].stamp.parent / "checkpoint.safetensors").exists()


def test_a_folder_with_nothing_finished_says_so(tmp_path: Path, code: Path) -> None:
    write_json(tmp_path / "there" / "exp" / "e" / "single" / "am" / "fold0" / "seed0" / "log" / "train.json", {})
    with pytest.raises(SernetError, match="nothing finished in it"):
        take(code, [training(tmp_path, "e/single/am/fold0/seed0", 0)], tmp_path, tmp_path / "there" / "exp" / "e")


def test_a_training_that_starts_from_another_is_taken_whatever_the_runs_are_called(tmp_path: Path, code: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    theirs, ours = ((training(of, "e/first/am/all/seed0", 0), training(of, f"e/{run}/am/fold0/seed0", 1))
                    for of, run in ((there, "short"), (here, "started")))  # fmt: skip
    finish(code, there, theirs[0])
    finish(code, there, replace(theirs[1], inputs=theirs[0].outputs))
    started = replace(ours[1], inputs=ours[0].outputs)
    found = take(code, [ours[0], started], here, there / "exp" / "e")
    assert found.taken == {ours[0].name: "first/am/all/seed0"}, "what it starts from is not here yet"
    found = take(code, [ours[0], started], here, there / "exp" / "e")
    assert found.taken == {started.name: "short/am/fold0/seed0"}
    stamps, _ = stamps_of(code, here)
    assert stamps.stale(started) is None
    theirs[0].outputs[0].write_text("other weights")
    other = replace(training(tmp_path / "third", "e/started/am/fold0/seed0", 1), inputs=(theirs[0].outputs[0],))
    assert not take(code, [other], tmp_path / "third", there / "exp" / "e").taken

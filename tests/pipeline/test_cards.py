"""GPUs: jobs are dealt to them evenly, no more to each than it was said to bear."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from sernet.errors import SernetError
from sernet.pipeline import cards
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.jobs import Runner
from sernet.pipeline.stamps import Job, Stamps

# A job that says which GPUs it sees, and needs one of the places of its GPU for itself while it runs.
SCRIPT = """
import fcntl, os, time
from pathlib import Path
from sernet.errors import SernetError
from sernet.pipeline import jobs

def run(job):
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
    for place in range(job.config["places"]):
        lock = open(job.outputs[0].parent / f"card{seen}-{place}", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        time.sleep(0.2)
        job.outputs[0].write_text(seen)
        return
    raise SernetError(f"GPU {seen} is full")

jobs.main(run)
"""


@pytest.fixture(autouse=True)
def all_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cards.VISIBLE, raising=False)


def seen_by_jobs(work: Path, number: int, at_a_time: int, gpus: int, each: int, gpu_command: str = "") -> Counter[str]:
    """How many of ``number`` jobs saw which GPUs."""
    jobs = [
        Job(
            name=f"j{i}",
            script="local.toil",
            stamp=work / "exp" / f"j{i}.json",
            config={"places": each},
            modules=(),
            outputs=(work / "exp" / f"j{i}.txt",),
            uses_gpu=True,
        )
        for i in range(number)
    ]
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    runner = Runner(work, work, at_a_time, gpus, gpu_command=gpu_command)
    runner.run(jobs, {job.name: stamps.expected(job) for job in jobs})
    return Counter(job.outputs[0].read_text() for job in jobs)


def test_several_jobs_share_each_gpu_and_no_more_than_it_bears(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cards.VISIBLE, "5,7,9")
    monkeypatch.setenv(cards.EACH, "2")
    seen = seen_by_jobs(work, number=6, at_a_time=6, gpus=2, each=2)
    assert set(seen) == {"5", "7"} and min(seen.values()) >= 2


def test_no_gpu_is_seen_where_none_is_wanted_and_all_under_slurm(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cards.VISIBLE, "0,1")
    assert seen_by_jobs(work, number=2, at_a_time=2, gpus=0, each=2) == {"": 2}
    assert seen_by_jobs(work, number=2, at_a_time=2, gpus=1, each=2, gpu_command="env") == {"0,1": 2}


def test_jobs_are_dealt_in_turn_then_to_where_there_is_room() -> None:
    three = cards.Cards(["0", "1", "2"], 2)
    assert [three.take() for _ in range(7)] == ["0", "1", "2", "0", "1", "2", None]
    for name in ("1", "2", "2"):
        three.give_back(name)
    assert [three.take() for _ in range(4)] == ["2", "1", "2", None]


def test_gpus_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lister = tmp_path / "nvidia-smi"
    lister.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: a)'\necho 'GPU 1: NVIDIA H100 (UUID: b)'\n")
    lister.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    both = cards.find(2, {})
    assert both and [both.take() for _ in range(3)] == ["0", "1", None]
    with pytest.raises(SernetError, match=r"--ngpu 3: there are 2 GPUs here \(0, 1;"):
        cards.find(3, {})
    with pytest.raises(SernetError, match="--ngpu 2: there are 1 GPUs here"):
        cards.find(2, {cards.VISIBLE: "GPU-a"})
    assert cards.find(1, {cards.VISIBLE: ""}) is None
    lister.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'\nexit 9\n")
    assert cards.find(1, {}) is None
    with pytest.raises(SernetError, match="SERNET_JOBS_PER_GPU is 'many'"):
        cards.find(1, {cards.EACH: "many"})

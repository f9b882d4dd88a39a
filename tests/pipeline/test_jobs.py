"""Jobs: logs, failures, locks."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sernet.errors import SernetError
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import atomic, write_text
from sernet.pipeline.jobs import Runner
from sernet.pipeline.lock import lock
from sernet.pipeline.stamps import Job, Stamps

SCRIPT = """
import sys
from pathlib import Path
from sernet.errors import SernetError
from sernet.pipeline import jobs

def run(job):
    print("working on", job.name)
    if job.config["fails"]:
        raise SernetError("utterance u1: no good; record it again")
    job.outputs[0].write_text("done")

jobs.main(run)
"""


def _job(work: Path, name: str, fails: bool = False, light: bool = False) -> Job:
    return Job(
        name=name,
        script="local.toil",
        stamp=work / "exp" / f"{name}.json",
        config={"fails": fails},
        modules=(),
        outputs=(work / "exp" / f"{name}.txt",),
        light=light,
    )


def _run(work: Path, jobs: list[Job], at_a_time: int = 2) -> Stamps:
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    Runner(work, work, at_a_time, 0).run(jobs, {job.name: stamps.expected(job) for job in jobs})
    return stamps


@pytest.mark.parametrize("light", [False, True])
def test_a_log_starts_with_its_command_and_ends_with_its_code(work: Path, light: bool) -> None:
    jobs = [_job(work, f"j{i}", light=light) for i in range(3)]
    stamps = _run(work, jobs)
    assert all(stamps.stale(job) is None for job in jobs)
    lines = jobs[0].log.read_text().splitlines()
    assert lines[0].startswith("# ") and "-m local.toil" in lines[0]
    assert lines[-1].startswith("# ended (code 0)")


@pytest.mark.parametrize("light", [False, True])
def test_a_failure_shows_its_log_and_its_siblings_are_done(work: Path, light: bool) -> None:
    jobs = [_job(work, "bad", fails=True, light=light), *(_job(work, f"j{i}", light=light) for i in range(3))]
    with pytest.raises(SernetError, match="utterance u1: no good; record it again"):
        _run(work, jobs, at_a_time=1)
    assert [job.stamp.exists() for job in jobs] == [False, True, True, True]
    assert "# ended (code 1)" in jobs[0].log.read_text()


def test_a_command_before_the_job_is_obeyed(work: Path) -> None:
    job = _job(work, "j")
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    Runner(work, work, 1, 0, cpu_command="env MARK=1").run([job], {job.name: stamps.expected(job)})
    assert job.log.read_text().startswith("# env MARK=1 ")


def test_code_that_changes_while_jobs_wait_is_refused(work: Path) -> None:
    job = replace(_job(work, "j"), modules=("local.toil",))
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    expected = {job.name: stamps.expected(job)}
    with open(work / "local" / "toil.py", "a") as stream:
        stream.write("FACTOR = 2\n")
    with pytest.raises(SernetError, match="local.toil changed since this run began"):
        Runner(work, work, 1, 0).run([job], expected)
    assert not job.stamp.exists()


def test_a_command_that_is_not_there_is_said(work: Path) -> None:
    job = _job(work, "j")
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    with pytest.raises(SernetError, match="no-such-srun is not there; install it, or correct cmd.sh"):
        Runner(work, work, 1, 0, cpu_command="no-such-srun").run([job], {job.name: stamps.expected(job)})


def test_a_second_run_is_refused_in_words_until_the_last_job_has_ended(tmp_path: Path) -> None:
    held = lock(tmp_path, "bash run.sh --recipe a")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(held,))
    os.close(held)
    with pytest.raises(SernetError, match=r"bash run.sh --recipe a.*wait until it has ended"):
        lock(tmp_path, "bash run.sh")
    child.communicate(b"\n")
    os.close(lock(tmp_path, "bash run.sh"))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyError):
        with atomic(path) as temporary:
            temporary.write_text("ne")
            raise KeyError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_job_that_begins_anew_loses_its_stamp_first(work: Path) -> None:
    job = _job(work, "j")
    stamps = _run(work, [job])
    failing = _job(work, "j", fails=True)
    with pytest.raises(SernetError):
        _run(work, [failing])
    assert not job.stamp.exists() and stamps.stale(job) == "not done yet"

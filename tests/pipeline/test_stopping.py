"""However a run ends, none of its jobs goes on, and the first fault is the one that is told."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from sernet.pipeline import endings, jobs
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.jobs import Runner
from sernet.pipeline.stamps import Job, Stamps

SCRIPT = """
import os, time
from pathlib import Path
from sernet.pipeline import jobs

def run(job):
    job.stamp.with_suffix(".pid").write_text(str(os.getpid()))
    time.sleep(60)

jobs.main(run)
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("")
    (tmp_path / "local" / "toil.py").write_text(SCRIPT)
    repository = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{repository}")
    return tmp_path


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_stops_all_jobs_though_the_disk_is_full(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    todo = [Job(f"j{i}", "local.toil", work / "exp" / f"j{i}.json", {}, ()) for i in range(3)]
    stamps = Stamps(FileDigests(work / "digests.json"), ModuleDigests(work), work)
    pids = [job.stamp.with_suffix(".pid") for job in todo]

    def full(self: object, line: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "log")

    def signalled() -> None:
        while not all(path.exists() and path.read_text() for path in pids):
            time.sleep(0.05)
        monkeypatch.setattr(jobs._Process, "_note", full)
        os.kill(os.getpid(), number)

    def run() -> int:
        Runner(work, work, 3, 0).run(todo, {job.name: stamps.expected(job) for job in todo})
        return 0

    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_DFL)  # pytest may run under nohup
    threading.Thread(target=signalled, daemon=True).start()
    assert endings.run("run.sh", run, "interrupted") == 128 + number
    assert f"stopped by {signal.Signals(number).name}" in capsys.readouterr().err
    assert not any(_alive(int(path.read_text())) for path in pids)

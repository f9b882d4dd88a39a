"""Light jobs that share a process went where no GPU is, if the first of them, an SVM's, needed none."""

import os
from pathlib import Path

import pytest

from sernet.pipeline.cards import VISIBLE
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.jobs import Runner
from sernet.pipeline.stamps import Job, Stamps

SCRIPT = """
import os
from sernet.pipeline import jobs

jobs.main(lambda job: job.outputs[0].write_text(os.environ.get("WHERE", "")))
"""


def test_a_process_goes_where_the_neediest_of_its_jobs_can_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("")
    (tmp_path / "local" / "toil.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{Path(__file__).resolve().parents[2]}")
    monkeypatch.delenv(VISIBLE, raising=False)
    svm, network = (
        Job(
            name=name,
            script="local.toil",
            stamp=tmp_path / f"{name}.json",
            config={},
            modules=(),
            outputs=(tmp_path / f"{name}.txt",),
            light=True,
            uses_gpu=name == "network",
        )
        for name in ("svm", "network")
    )
    stamps = Stamps(FileDigests(tmp_path / "digests.json"), ModuleDigests(tmp_path), tmp_path)
    runner = Runner(tmp_path, tmp_path, 1, 1, cpu_command="env WHERE=cpu", gpu_command="env WHERE=gpu")
    runner.run([svm, network], {job.name: stamps.expected(job) for job in (svm, network)})
    assert network.outputs[0].read_text() == "gpu"

"""A setting that is a tuple came back from the stamp as a list, so the job was never up to date."""

from __future__ import annotations

from pathlib import Path

from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.stamps import Job, Stamps


def test_a_tuple_is_no_change(tmp_path: Path) -> None:
    job = Job("job", "local.train", tmp_path / "job.json", {"strides": ((2, 2), (1, 2))}, ())
    stamps = Stamps(FileDigests(tmp_path / "digests.json"), ModuleDigests(tmp_path), tmp_path)
    stamps.write(job, stamps.expected(job))
    assert stamps.stale(job) is None

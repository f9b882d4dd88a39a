"""Stamps: what makes a job stale, and what does not."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import write_json
from sernet.pipeline.reading import read_json
from sernet.pipeline.stamps import Job, Stamps

SOURCE = '"""Doc."""\nfrom sernet import low\n\n\ndef f(x):\n    """Twice."""\n    return low.g(x) * 2\n'


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with one input, one output and a module that imports another, done and stamped."""
    package = tmp_path / "code" / "sernet"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "high.py").write_text(SOURCE)
    (package / "low.py").write_text("def g(x):\n    return x\n")
    work = tmp_path / "work"
    work.mkdir()
    (work / "in.wav").write_bytes(b"abc")
    (work / "out.ark").write_bytes(b"result")
    job = Job(
        name="job",
        script="local.train",
        stamp=work / "job.json",
        config={"epochs": 3, "pair": (1, 2)},
        modules=("sernet.high",),
        inputs=(work / "in.wav",),
        outputs=(work / "out.ark",),
    )
    stamps = _stamps(job)
    stamps.write(job, stamps.expected(job))
    return job


def _stamps(job: Job, base: Path | None = None) -> Stamps:
    base = base or job.stamp.parent
    return Stamps(FileDigests(base / ".digests.json"), ModuleDigests(base.parent / "code"), base)


def _why(job: Job) -> str:
    reason = _stamps(job).stale(job)
    assert reason is not None
    return reason


def test_done_is_done(job: Job) -> None:
    assert _stamps(job).stale(job) is None


def test_a_setting_an_input_and_a_lower_module_are_named(job: Job) -> None:
    assert "setting epochs" in _why(replace(job, config={**job.config, "epochs": 4}))
    (job.stamp.parent.parent / "code" / "sernet" / "low.py").write_text("def g(x):\n    return x + 1\n")
    assert "module sernet.low" in _why(job)
    job.inputs[0].write_bytes(b"abd")
    assert "input in.wav" in _why(job)


def test_comments_docstrings_and_layout_do_not_count(job: Job) -> None:
    path = job.stamp.parent.parent / "code" / "sernet" / "high.py"
    path.write_text(SOURCE.replace("Twice", "Two times").replace("return", "# why\n    return").replace(" * ", "*"))
    assert _stamps(job).stale(job) is None


def test_a_touched_file_of_the_same_content_is_no_change(job: Job) -> None:
    os.utime(job.inputs[0], (1, 1))
    assert _stamps(job).stale(job) is None


def test_content_is_hashed_again_only_when_size_mtime_or_inode_changed(job: Job) -> None:
    digests = FileDigests(job.stamp.parent / "cache.json")
    before = digests.of_file(job.inputs[0])
    digests.save()
    status = job.inputs[0].stat()
    with open(job.inputs[0], "r+b") as stream:
        stream.write(b"xyz")
    os.utime(job.inputs[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    again = FileDigests(job.stamp.parent / "cache.json")
    assert again.of_file(job.inputs[0]) == before
    os.utime(job.inputs[0])
    assert again.of_file(job.inputs[0]) != before


def test_a_missing_or_changed_output_is_stale(job: Job) -> None:
    job.outputs[0].write_bytes(b"tampered")
    assert "out.ark was changed" in _why(job)
    job.outputs[0].unlink()
    assert "out.ark is missing" in _why(job)


def test_other_versions_of_libraries_are_said_not_acted_on(job: Job) -> None:
    assert _stamps(job).other_versions(job) is None
    stamp = read_json(job.stamp)
    write_json(job.stamp, stamp | {"versions": stamp["versions"] | {"torch": "1.0"}})
    assert "torch 1.0 -> " in (_stamps(job).other_versions(job) or "")
    assert _stamps(job).stale(job) is None


def test_an_empty_output_file_is_not_mistaken_for_done(job: Job) -> None:
    job.outputs[0].write_bytes(b"")
    assert _why(job)


def test_the_work_folder_may_be_moved(job: Job, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.copytree(job.stamp.parent.parent / "code", tmp_path / "elsewhere" / "code")
    moved = tmp_path / "elsewhere" / "work"
    shutil.move(job.stamp.parent, moved)
    there = replace(job, stamp=moved / "job.json", inputs=(moved / "in.wav",), outputs=(moved / "out.ark",))
    assert _stamps(there).stale(there) is None


def test_a_promised_output_that_is_not_there_is_an_error(job: Job) -> None:
    job.outputs[0].unlink()
    stamps = _stamps(job)
    with pytest.raises(FileNotFoundError, match=r"out\.ark"):
        stamps.write(job, stamps.expected(job))

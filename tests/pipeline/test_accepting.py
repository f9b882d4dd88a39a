"""What no longer matters costs nothing: options at their default, damaged files, and code that somebody accepts."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from safetensors.numpy import save_file

from sernet.errors import SernetError
from sernet.pipeline import endings, stopwatch
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import atomic
from sernet.pipeline.lock import could_lock, lock
from sernet.pipeline.reading import read_json
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job, Stamps


class Old(BaseModel):
    epochs: int = 30
    dropout: float = 0.0


class New(BaseModel):
    """An option more, one less."""

    epochs: int = 30
    style: float = 0.5


class Changed(BaseModel):
    epochs: int = 40
    dropout: float = 0.0


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A finished training."""
    code = tmp_path / "code" / "sernet"
    code.mkdir(parents=True)
    (code / "high.py").write_text("def f(x):\n    return x * 2\n")
    work = tmp_path / "work"
    work.mkdir()
    (work / "in.wav").write_bytes(b"abc")
    (work / "model.safetensors").write_bytes(b"weights")
    job = Job(
        name="train",
        script="local.train",
        stamp=work / "train.json",
        config={"train": settings(Old())},
        modules=("sernet.high",),
        inputs=(work / "in.wav",),
        outputs=(work / "model.safetensors",),
        precious=True,
    )
    stamps(job).write(job, stamps(job).expected(job))
    return job


def stamps(job: Job, revision: str = "a") -> Stamps:
    base = job.stamp.parent
    return Stamps(FileDigests(base / ".digests.json"), ModuleDigests(base.parent / "code"), base, revision)


def change_code(job: Job) -> None:
    (job.stamp.parents[1] / "code" / "sernet" / "high.py").write_text("def f(x):\n    return x * 3\n")


def test_options_at_their_default_may_come_and_go(job: Job) -> None:
    assert stamps(job).stale(replace(job, config={"train": settings(New())})) is None
    assert stamps(job).stale(replace(job, config={"train": settings(New(style=0.4))})) == "setting train.style changed"
    assert stamps(job).stale(replace(job, config={"train": settings(Changed())})) == "setting train.epochs changed"


def test_an_option_that_was_set_may_not_go(job: Job) -> None:
    job = replace(job, config={"train": settings(Old(dropout=0.1))})
    stamps(job).write(job, stamps(job).expected(job))
    assert stamps(job).stale(replace(job, config={"train": settings(New())})) == "setting train.dropout changed"


def test_changed_code_can_be_accepted_and_the_stamp_says_by_whom(job: Job) -> None:
    change_code(job)
    assert stamps(job).stale(job) == "module sernet.high (f) changed"
    assert stamps(job, "b").accept(job, "Ann", "2026-01-02", make=False) is None
    assert stamps(job).stale(job)
    assert stamps(job, "b").accept(job, "Ann", "2026-01-02") is None
    assert stamps(job).stale(job) is None
    assert read_json(job.stamp)["accepted"] == [{"from": "a", "to": "b", "by": "Ann", "when": "2026-01-02"}]


def test_stamps_of_old_are_stale_and_can_be_accepted(job: Job) -> None:
    stamp = read_json(job.stamp)
    old = {key: stamp[key] for key in ("job", "config", "inputs", "outputs", "versions")}
    job.stamp.write_text(json.dumps(old | {"modules": {"sernet.high": "0" * 64}}))
    assert stamps(job).stale(job) == "module sernet.high changed"
    assert stamps(job, "b").accept(job, "Ann", "2026-01-02") is None
    assert stamps(job).stale(job) is None
    assert read_json(job.stamp)["accepted"][0]["from"] == "unknown"


@pytest.mark.parametrize("what", ["setting", "input", "changed output", "missing output", "damaged stamp"])
def test_nothing_else_than_code_is_accepted(job: Job, what: str) -> None:
    change_code(job)
    if what == "setting":
        job = replace(job, config={"train": settings(Old(epochs=3))})
    elif what == "input":
        job.inputs[0].write_bytes(b"other")
    elif what == "changed output":
        job.outputs[0].write_bytes(b"other weights")
    elif what == "missing output":
        job.outputs[0].unlink()
    else:
        job.stamp.write_text("{")
    before = job.stamp.read_bytes()
    assert stamps(job, "b").accept(job, "Ann", "2026-01-02")
    assert job.stamp.read_bytes() == before


DAMAGE: list[Any] = [b"", b'{"config"', b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b"3", b'"x"', b"{}", b"\0"]


@pytest.mark.parametrize("content", DAMAGE)
def test_a_damaged_stamp_is_a_stale_one_that_is_named(job: Job, content: bytes) -> None:
    job.stamp.write_bytes(content)
    assert stamps(job).stale(job) == "its stamp train.json is damaged"
    assert job.finished  # so that it is not overwritten


@pytest.mark.parametrize("key", ["config", "inputs", "modules", "outputs", "versions", "at default", "revision"])
@pytest.mark.parametrize("value", [None, 3, "x", [3], {"x": 3}, {"x": {"y": 3}}])
def test_any_value_anywhere_in_a_stamp_is_no_traceback(job: Job, key: str, value: object) -> None:
    job.stamp.write_text(json.dumps(read_json(job.stamp) | {key: value}))
    stamps(job).stale(job)
    stamps(job).other_versions(job)
    stamps(job, "b").accept(job, "Ann", "2026-01-02", make=False)


@pytest.mark.parametrize("content", [*DAMAGE, b'{"/x": 3}', b'{"/x": [1, 2, 3, null]}', b'{"/x": [1, 2, 3, "0"]}'])
def test_a_damaged_cache_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    cache, file = tmp_path / ".digests.json", tmp_path / "x"
    file.write_bytes(b"x")
    expected = FileDigests(tmp_path / "none").of_file(file)
    cache.write_bytes(content.replace(b"/x", str(file).encode()))
    assert FileDigests(cache).of_file(file) == expected
    assert str(file) not in stopwatch.read(cache) or content.endswith(b"3}")


def test_verify_reads_again_what_does_not_look_changed(tmp_path: Path) -> None:
    file, cache = tmp_path / "x", tmp_path / ".digests.json"
    file.write_bytes(b"abc")
    known = FileDigests(cache)
    before = known.of_file(file)
    known.save()
    status = file.stat()
    with open(file, "r+b") as stream:
        stream.write(b"xyz")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert FileDigests(cache).of_file(file) == before
    assert FileDigests(cache, verify=True).of_file(file) != before


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    for take in (lambda: lock(tmp_path / "exp", "run"), lambda: could_lock(tmp_path / "exp")):
        with pytest.raises(SernetError, match=r"exp: its file system cannot lock files .*--workdir"):
            take()


def test_whether_a_folder_could_be_locked_is_told_without_making_it(tmp_path: Path) -> None:
    could_lock(tmp_path / "exp")
    assert not (tmp_path / "exp").exists()
    held = lock(tmp_path / "exp", "the other")
    with pytest.raises(SernetError, match="another run.*the other"):
        could_lock(tmp_path / "exp")
    os.close(held)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_have_the_mode_of_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with atomic(tmp_path / "model.safetensors") as temporary:
            save_file({}, temporary)
            os.chmod(temporary, 0o600)  # as some versions of the library leave it
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model.safetensors").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES])
def test_a_fault_of_the_disk_is_one_line_with_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    def work() -> int:
        with atomic(tmp_path / "out.json"):
            raise OSError(number, os.strerror(number))  # as a write raises it: without a name

    assert endings.run("run.sh", work, "interrupted") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"run.sh: {os.strerror(number)}: {tmp_path / 'out.json'}; ") and said.count("\n") == 1

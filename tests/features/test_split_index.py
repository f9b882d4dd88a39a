"""A split that was killed and then damaged ends in the same bytes as one that was never touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sernet.errors import SernetError
from sernet.features import ark, split_index
from sernet.features.split_index import Written

COUNT = 5


def _write(out: Path, first: int = 0, last: int = COUNT) -> None:
    """Utterances ``first`` to ``last``, as `extract_split` does."""
    with open(out.with_suffix(".ark"), "a+b") as stream, open(out.with_suffix(".jsonl"), "ab") as lines:
        if not lines.tell():
            lines.write(split_index.first_line("x"))
        for number in range(first, last):
            matrix = np.random.default_rng(number).random((number + 2, 3)).astype(np.float32)
            begin = stream.tell()
            offset = ark.append(stream, f"u{number}", matrix, "float32")
            end = stream.tell()
            stream.seek(begin)
            stored = split_index.digest(stream.read(end - begin))
            content = split_index.digest(matrix.tobytes())
            lines.write(Written(f"u{number}", offset, len(matrix), end, content, stored).line)


def _bytes(out: Path) -> tuple[bytes, bytes]:
    return out.with_suffix(".ark").read_bytes(), out.with_suffix(".jsonl").read_bytes()


@pytest.mark.parametrize("name", ["1.ark", "1.jsonl"])
def test_whatever_is_cut_or_changed_is_written_again(tmp_path: Path, name: str) -> None:
    _write(tmp_path / "untouched")
    wanted = _bytes(tmp_path / "untouched")
    out, damaged = tmp_path / "1", tmp_path / name
    _write(out, 0, 3)
    ark_bytes, index_bytes = _bytes(out)
    data = damaged.read_bytes()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        for now in (changed, data[:place]):
            out.with_suffix(".ark").write_bytes(ark_bytes)
            out.with_suffix(".jsonl").write_bytes(index_bytes)
            damaged.write_bytes(now)
            done = split_index.resume(out, "x")
            assert [entry.id for entry in done] == [f"u{number}" for number in range(len(done))] and len(done) < 4
            _write(out, len(done))
            assert _bytes(out) == wanted


def test_a_whole_split_that_is_damaged_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "1"
    _write(out)
    assert [entry.id for entry in split_index.whole(out)] == [f"u{number}" for number in range(COUNT)]
    for name in ("1.ark", "1.jsonl"):
        data = (tmp_path / name).read_bytes()
        for now in (data[:-1], data[:50] + b"\xff" + data[51:], data + b"x", b""):
            (tmp_path / name).write_bytes(now)
            with pytest.raises(SernetError, match=r"1\.jsonl: the split is damaged"):
                split_index.whole(out)
        (tmp_path / name).write_bytes(data)


def test_a_split_of_something_else_is_begun_anew(tmp_path: Path) -> None:
    _write(tmp_path / "1")
    assert split_index.resume(tmp_path / "1", "y") == [] and not (tmp_path / "1.ark").exists()

"""Text and JSON that are damaged are refused with file and line; whole ones are read as Python's own readers do."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from sernet.errors import SernetError
from sernet.pipeline import reading
from sernet.pipeline.files import write_json
from sernet.pipeline.reading import parse_json, read_json, read_jsonl, read_lines, read_text


def test_a_name_that_is_not_utf_8_is_written_and_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b\udce9.wav": "ü"})
    assert read_json(tmp_path / "x.json") == {"b\udce9.wav": "ü"}


@pytest.mark.parametrize("text", ["a\r\nb\n", "\ufeffa\nb", "a\nb\n", "ä\x85b\u2028c\nd"])
def test_text_is_read_as_python_reads_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode())
    assert read_text(path).rstrip("\n") == path.read_text(encoding="utf-8-sig").rstrip("\n")


def test_packed_lines_are_read_like_plain_ones(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(1000))
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(text.encode()))
    assert list(read_lines(tmp_path / "a.txt")) == list(read_lines(tmp_path / "a.txt.gz"))


@pytest.mark.parametrize(
    "data, said",
    [
        (b"good\nM\xfcller\n", ":2: byte 0xfc at place 2 is not UTF-8"),
        (b"good\n\x00\n", ":2: holds a NUL byte"),
        ("good".encode("utf-16"), ":1: "),
    ],
)
def test_what_is_not_text_is_refused_by_line(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(data)
    with pytest.raises(SernetError) as error:
        read_text(path)
    assert str(error.value).startswith(f"{path}{said}")


def test_packed_data_that_are_damaged_are_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "list.gz"
    whole = gzip.compress("".join(f"{number} {number**3}\n" for number in range(5000)).encode())
    for damaged in (
        whole[: len(whole) // 2],
        whole[:200] + b"\xff" * 20 + whole[220:],
        b"no gzip",
        whole[:-8] + b"x" * 8,
    ):
        path.write_bytes(damaged)
        with pytest.raises(SernetError, match=f"{path}:"):
            list(read_lines(path))


def test_a_line_without_end_is_refused_before_it_fills_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 100)
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(b"a" * 1000))
    with pytest.raises(SernetError, match=":1: a line of more than"):
        list(read_lines(path))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = {"absent": "no such file", "pipe": "not a regular file", ".": "not a regular file", "a\0b": "cannot be read"}
    for name, reason in said.items():
        with pytest.raises(SernetError, match=reason):
            read_text(f"{tmp_path}/{name}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        "NaN",
        "-Infinity",
        "1e999",
        "1" * 30,
        "1" * 5000,
        "[" * 100_000,
        '"\\ud800"',
        '"\\u0000"',
        '{"a": 1',
    ],
)
def test_json_that_means_nothing_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(SernetError, match=str(path)):
        read_json(path)


def test_json_names_the_line_of_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n "a": 1,\n "b": }\n')
    with pytest.raises(SernetError, match="line 3, column 7"):
        read_json(path)


@pytest.mark.parametrize(
    "value", [{"a": [1, 2.5, None, True, "ä\U0001f600"]}, -(2**63), 2**64 - 1, "\udce9.wav", "\\u0000", []]
)
def test_json_that_we_write_comes_back(value: object) -> None:
    assert parse_json(json.dumps(value), "here") == value


def test_json_lines_are_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n{"a": 2}\n[3]\n')
    lines = read_jsonl(path)
    assert [next(lines), next(lines)] == [(f"{path}:1", {"a": 1}), (f"{path}:3", {"a": 2})]
    with pytest.raises(SernetError, match=r":4: must be a JSON object"):
        next(lines)

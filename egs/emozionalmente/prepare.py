"""Emozionalmente: emotion, actor and sentence from metadata/samples.csv, gender from metadata/users.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

LISTS = ["**/metadata/samples.csv", "**/metadata/users.csv"]


def prepare(root: Path) -> Iterable[Entry]:
    """Every row of samples.csv.

    Raises:
        SernetError: a list is missing or there twice, lacks a column, or names an actor that users.csv does not know.
    """
    samples, users = (_only(root, pattern) for pattern in LISTS)
    genders = {row["username"]: row["gender"].strip().lower() for _, row in _rows(users, "username", "gender")}
    audio = samples.parent.parent.relative_to(root) / "audio"
    for line, row in _rows(samples, "file_name", "actor", "sentence", "emotion_expressed"):
        if row["actor"] not in genders:
            raise SernetError(f"{samples}:{line}: actor {row['actor']} is not in {users.name}")
        yield Entry(
            path=(audio / row["file_name"]).as_posix(),
            speaker=row["actor"],
            gender=genders[row["actor"]],
            emotion_raw=row["emotion_expressed"].strip().lower(),
            text=row["sentence"],
        )


def _only(root: Path, pattern: str) -> Path:
    found = sorted(root.glob(pattern))
    if len(found) != 1:
        raise SernetError(f"{root}: {len(found)} files {pattern} in it, not one; unpack the release once")
    return found[0]


def _rows(path: Path, *columns: str) -> Iterator[tuple[int, dict[str, str]]]:
    with open(path, newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        if missing := sorted(set(columns) - set(reader.fieldnames or [])):
            raise SernetError(f"{path}:1: no column {', '.join(missing)}; it has {', '.join(reader.fieldnames or [])}")
        for row in reader:
            if None in row.values():
                raise SernetError(f"{path}:{reader.line_num}: fewer fields than columns")
            yield reader.line_num, row

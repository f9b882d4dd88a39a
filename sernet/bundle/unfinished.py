"""Predictions on their way to a file: what has been written survives whatever ends the process."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sernet.errors import SernetError


class Unfinished:
    """The file `<target>.<identity>.part`, which becomes ``target`` when all of it is there.

    ``identity`` is a digest of what decides the lines: the list, the bundle, the options. A part of the same identity
    is gone on with; parts of others go when the target is done.
    """

    def __init__(self, target: Path, identity: str, kind: str) -> None:
        if target.is_dir():
            raise SernetError(f"{target} is a folder; --output names a file")
        self.target, self._kind = target, kind
        self.path = target.with_name(f"{target.name}.{identity[:12]}.part")
        self.done = self.failed = 0
        """Recordings that it has lines of, and those of them that have an error."""

    def __enter__(self) -> Unfinished:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        raw = open(self.path, "a+b")
        if not _locked(raw):
            raw.close()
            raise SernetError(f"{self.path} is being written by another sernet predict; wait, or use another --output")
        raw.seek(0)
        records = list(_records(raw.read(), self._kind))
        self.done, self.failed = len(records), sum(failed for _, failed in records)
        end = records[-1][0] if records else 0
        if self._kind == "csv" and self.done:
            self.done -= 1  # the names of the columns
        raw.truncate(end)
        self.new = end == 0
        self.stream: IO[str] = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        return self

    def __exit__(self, *raised: object) -> None:
        """Leave the part where it is; see `finish`."""
        self.stream.close()

    def finish(self) -> None:
        """Give the file its name; to be called when all is written."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        os.replace(self.path, self.target)
        for other in self.target.parent.glob(f"{_literal(self.target.name)}.{'[0-9a-f]' * 12}.part"):
            with open(other, "rb") as stream:
                if _locked(stream):
                    other.unlink()


def _records(content: bytes, kind: str) -> Iterator[tuple[int, bool]]:
    """Where each whole line ends, and whether it holds an error; the first that is damaged ends them."""
    end, quotes, start = 0, 0, 0
    for line in content.splitlines(keepends=True):
        end += len(line)
        quotes += line.count(b'"') if kind == "csv" else 0
        if quotes % 2 == 0:  # else a cell goes on
            record = content[start:end]
            if not record.endswith(b"\n"):
                return
            try:
                failed = _failed(record.decode("utf-8"), kind)
            except (ValueError, LookupError, csv.Error):
                return
            yield end, failed
            start = end


def _failed(record: str, kind: str) -> bool:
    if kind == "csv":
        (cells,) = csv.reader([record])
        return cells[-1] not in ("", "error")
    return "error" in dict(json.loads(record))


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in name)


def _locked(stream: IO[bytes]) -> bool:
    """Whether nobody else writes it; a file system without locks cannot tell."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True

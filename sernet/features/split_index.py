"""The index of a split: a line for each utterance in its ark, with digests, so that damage is never gone on with.

A killed split goes on from it. What is torn or changed, in the index or in the ark, and what follows that, counts as
not written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sernet.errors import SernetError


@dataclass(frozen=True)
class Written:
    """An utterance that lies in the ark."""

    id: str
    offset: int
    """Of its matrix; see `sernet.features.ark`."""
    frames: int
    end: int
    """Of its bytes in the ark."""
    digest: str
    """Of its features before they were compressed."""
    stored: str
    """Of its bytes in the ark, those of its key among them."""

    @property
    def line(self) -> bytes:
        """As the index has it, with a digest of itself."""
        return _line(asdict(self))


def digest(data: bytes) -> str:
    """As the index has it."""
    return hashlib.sha256(data).hexdigest()[:32]


def first_line(made_from: str) -> bytes:
    """The index begins with what the split is made from."""
    return _line({"made_from": made_from})


def resume(out: Path, made_from: str) -> list[Written]:
    """The finished utterances of an earlier try at the split ``out``.ark, with both files cut back to them."""
    index, ark = out.with_suffix(".jsonl"), out.with_suffix(".ark")
    index.parent.mkdir(parents=True, exist_ok=True)
    begun, entries = _read(out)
    if begun != made_from or not ark.exists():
        index.unlink(missing_ok=True)
        ark.unlink(missing_ok=True)
        return []
    os.truncate(index, len(first_line(made_from)) + sum(len(entry.line) for entry in entries))
    os.truncate(ark, entries[-1].end if entries else 0)
    return entries


def whole(out: Path) -> list[Written]:
    """The utterances of a split that is done.

    Raises:
        SernetError: its index or its ark is not as it was written.
    """
    begun, entries = _read(out)
    index, ark = out.with_suffix(".jsonl"), out.with_suffix(".ark")
    lines = len(first_line(begun or "")) + sum(len(entry.line) for entry in entries)
    end = entries[-1].end if entries else 0
    if begun is None or lines != _size(index) or end != _size(ark):
        raise SernetError(
            f"{index}: the split is damaged behind {len(entries)} utterances (or {ark.name} is): remove both files and "
            "run the stage features again"
        )
    return entries


def _read(out: Path) -> tuple[str | None, list[Written]]:
    """What the split is made from, None where no index says so; and the utterances up to the first damage."""
    index, ark = out.with_suffix(".jsonl"), out.with_suffix(".ark")
    if not index.exists() or not ark.exists():
        return None, []
    with open(index, "rb") as lines, open(ark, "rb") as stream:
        begun = _parsed(lines.readline())
        if begun is None or "made_from" not in begun:
            return None, []
        return begun["made_from"], list(_entries(lines, stream))


def _entries(lines: BinaryIO, stream: BinaryIO) -> Iterator[Written]:
    end = 0
    for line in lines:
        found = _parsed(line)
        if found is None or "id" not in found or found["end"] <= end:  # the first line again, or lines that were moved
            return
        entry = Written(**found)
        data = stream.read(entry.end - end)
        if digest(data) != entry.stored:
            return
        yield entry
        end = entry.end


def _line(value: dict[str, Any]) -> bytes:
    text = json.dumps(value)
    return f"{digest(text.encode())} {text}\n".encode()


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The JSON of a line; None where it is not to the bit what was written."""
    check, _, text = line.partition(b" ")
    if not text.endswith(b"\n") or digest(text[:-1]).encode() != check:
        return None
    return dict(json.loads(text))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

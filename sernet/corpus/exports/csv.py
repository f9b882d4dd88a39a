"""A CSV file with a line an utterance. Columns that the corpus has nothing to say in are left out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sernet.config.corpus import CorpusConfig
from sernet.corpus.exports.rows import Row, rows
from sernet.pipeline.files import atomic

COLUMNS = (
    *("path", "id", "emotion", "speaker", "gender", "language", "intensity", "text", "session"),
    *("duration", "start", "end", "channel"),
)
BREAK = re.compile(r"[\r\n]+")


def write(folder: Path, out: Path, copy: bool, about: CorpusConfig) -> None:
    """Write the utterances of data/<corpus> to the file ``out``; `path` names the audio where it lies.

    `duration` is for the reader; `start` and `end` (seconds) stand where utterances are pieces of files, `channel`
    where it is not the first.
    """
    with atomic(out) as made:
        table(made, lambda: (record(row) for row in rows(folder)), COLUMNS)


def record(row: Row) -> dict[str, Any]:
    """The cells of one utterance; what is None has none."""
    said = row.utterance
    piece = not row.whole
    return {
        "path": row.source.path,
        **{key: getattr(said, key) for key in COLUMNS[1:9]},
        "duration": f"{said.duration:.6f}",
        "start": f"{row.source.start:.6f}" if piece else None,
        "end": f"{row.source.start + said.duration:.6f}" if piece else None,
        "channel": row.source.channel or None,
    }


def table(path: Path, records: Any, names: Iterable[str]) -> None:
    """Write ``records()`` (called twice) as CSV with those of the columns ``names`` in which any has a cell."""
    used = {name for cells in records() for name, cell in cells.items() if cell is not None}
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [name for name in names if name in used], extrasaction="ignore")
        writer.writeheader()
        for cells in records():
            # A line each, as the reader has it: a line break in a text becomes a blank.
            writer.writerow({key: "" if cell is None else BREAK.sub(" ", str(cell)) for key, cell in cells.items()})

"""EMNS: labels, text and level from metadata.csv, whose columns are divided by a bar."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

TABLE = "metadata.csv"
AUDIO = "cleaned_webm"
COLUMNS = ("utterance", "emotion", "status", "level", "audio_recording", "user_id")


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    return [root / TABLE]


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a row whose status is Complete; the others have no cleaned audio.

    Raises:
        SernetError: the table or a column of it is missing, or a row names no recording; names file and line.
    """
    path = root / TABLE
    if not path.is_file():
        raise SernetError(f"{path}: no such file; it comes with the release")
    with open(path, newline="", encoding="utf-8") as stream:
        table = csv.DictReader(stream, delimiter="|")
        if missing := sorted(set(COLUMNS) - set(table.fieldnames or ())):
            raise SernetError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.fieldnames or ())}")
        for row in table:
            name = PurePosixPath(row["audio_recording"] or "").stem
            if not name:
                raise SernetError(f"{path}:{table.line_num}: the row names no recording")
            if row["status"] == "Complete":
                yield Entry(
                    path=f"{AUDIO}/{name}.wav",
                    speaker=row["user_id"],
                    emotion_raw=row["emotion"],
                    intensity=row["level"],
                    text=row["utterance"],
                )

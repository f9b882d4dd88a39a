"""A folder of audio with metadata.csv, as Hugging Face's `audiofolder` reads it."""

from __future__ import annotations

from pathlib import Path

from sernet.config.corpus import CorpusConfig
from sernet.corpus.exports.csv import record, table
from sernet.corpus.exports.rows import place, rows
from sernet.pipeline.files import atomic

COLUMNS = ("file_name", "id", "emotion", "speaker", "gender", "language", "intensity", "text", "session", "duration")


def write(folder: Path, out: Path, copy: bool, about: CorpusConfig) -> None:
    """Write the utterances of data/<corpus> to the folder ``out``: audio/ and metadata.csv."""
    with atomic(out) as made:
        made.mkdir()
        placed = [
            {**record(row), "file_name": place(row, made / "audio", copy).relative_to(made).as_posix()}
            for row in rows(folder)
        ]
        table(made / "metadata.csv", lambda: placed, COLUMNS)

"""MSP-Podcast: the consensus of the raters, speaker, sex and partition from Labels/labels_consensus.csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

TABLES = ("labels_consensus.csv", "labels_concensus.csv")
"""The second is how early releases spell it."""
COLUMNS = ("FileName", "EmoClass", "SpkrID", "Gender", "Split_Set")
NAME = re.compile(r"MSP-PODCAST_(\d{4})_\d{4}(_\d{4})?\.wav")
UNKNOWN = ("", "Unknown")


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    return [_table(root)]


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a row; its session is the podcast. Test3 has no rows: its labels are hidden.

    Raises:
        SernetError: no table, a column of it is missing, or a row names no segment; names file and line.
    """
    path = _table(root)
    with open(path, newline="", encoding="utf-8") as stream:
        table = csv.DictReader(stream)
        if missing := sorted(set(COLUMNS) - set(table.fieldnames or ())):
            raise SernetError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.fieldnames or ())}")
        for row in table:
            match = NAME.fullmatch(row["FileName"] or "")
            if not match:
                raise SernetError(f"{path}:{table.line_num}: no name of a segment: {row['FileName']!r}")
            yield Entry(
                path=f"Audios/{row['FileName']}",
                speaker=_known(row["SpkrID"]),
                gender=_known(row["Gender"]),
                emotion_raw=row["EmoClass"],
                session=match[1],
                split=row["Split_Set"],
            )


def _known(value: str) -> str | None:
    return None if value in UNKNOWN else value


def _table(root: Path) -> Path:
    for name in TABLES:
        if (root / "Labels" / name).is_file():
            return root / "Labels" / name
    raise SernetError(f"{root / 'Labels'}: neither {' nor '.join(TABLES)}; the labels of the release are missing")

"""CREMA-D with the emotion that most raters of the voice alone named (processedResults/summaryTable.csv)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

TABLE = Path("processedResults") / "summaryTable.csv"
NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX)")


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    return [root / TABLE]


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a row; a vote for several emotions, such as ``A:D``, is a ``tie``.

    Raises:
        SernetError: the table or its columns are missing, or a row names no clip; names file and line.
    """
    if not (root / TABLE).is_file():
        raise SernetError(f"{root / TABLE}: no such file; it comes with the release")
    with open(root / TABLE, newline="", encoding="utf-8") as stream:
        table = csv.DictReader(stream)
        missing = {"FileName", "VoiceVote"} - set(table.fieldnames or ())
        if missing:
            raise SernetError(f"{root / TABLE}: no column {', '.join(sorted(missing))}")
        for row in table:
            match = NAME.fullmatch(row["FileName"] or "")
            if not match:
                raise SernetError(f"{root / TABLE}:{table.line_num}: no name of a clip: {row['FileName']!r}")
            vote = row["VoiceVote"]
            yield Entry(
                path=f"AudioWAV/{row['FileName']}.wav",
                speaker=match[1],
                text=match[2],
                intensity=match[4],
                emotion_raw="tie" if ":" in vote else vote,
            )

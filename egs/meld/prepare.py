"""MELD: speaker, emotion and words from the three *_sent_emo.csv, clips by the numbers of dialogue and utterance."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

CLIPS = {"train": "train_splits", "dev": "dev_splits_complete", "test": "output_repeated_splits_test"}
COLUMNS = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "Season", "Episode")
GENDER = {
    "Chandler": "male",
    "Joey": "male",
    "Monica": "female",
    "Phoebe": "female",
    "Rachel": "female",
    "Ross": "male",
}
"""Of the main characters; the release does not tell it of the others."""


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    return [_find(root, f"{split}_sent_emo.csv") for split in CLIPS]


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a row; its session is the episode, its split the official one.

    Raises:
        SernetError: a table, a column or a folder of clips is missing; names it.
    """
    for split, folder in CLIPS.items():
        path = _find(root, f"{split}_sent_emo.csv")
        clips = _find(root, folder).relative_to(root).as_posix()
        with open(path, newline="", encoding="utf-8") as stream:
            table = csv.DictReader(stream)
            if missing := sorted(set(COLUMNS) - set(table.fieldnames or ())):
                raise SernetError(f"{path}: no column {', '.join(missing)}; it has {', '.join(table.fieldnames or ())}")
            for row in table:
                if not all(row[column] for column in COLUMNS):
                    raise SernetError(f"{path}:{table.line_num}: a row without {' or '.join(COLUMNS)}")
                yield Entry(
                    path=f"{clips}/dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}.wav",
                    speaker=row["Speaker"],
                    gender=GENDER.get(row["Speaker"]),
                    emotion_raw=row["Emotion"],
                    text=row["Utterance"],
                    session=f"s{int(row['Season']):02}e{int(row['Episode']):02}",
                    split=split,
                )


def _find(root: Path, name: str) -> Path:
    """A table or folder, at most three folders below ``root``: archives and repository differ in that."""
    for depth in range(4):
        for path in sorted(root.glob("*/" * depth + name)):
            return path
    raise SernetError(f"{root}: no {name} in it or up to three folders below")

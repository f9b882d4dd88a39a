"""A folder of audio with metadata.csv, as Hugging Face's `audiofolder` has it: a column `file_name`, and others.

There is one metadata.csv at the top, or one in the folder of each split; paths count from where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.corpus.imports import csv
from sernet.errors import SernetError

LISTS = ("metadata.csv", "*/metadata.csv")


def read(root: Path, corpus: str = "", **columns: str) -> Iterator[Entry]:
    """The utterances of every metadata.csv, folder by folder; ``columns`` as in `csv.read`.

    Raises:
        SernetError: there is no metadata.csv, or one is at fault; names file and line.
    """
    for path in files(root):
        yield from csv.read(root, path.relative_to(root).as_posix(), corpus, **{"path": "file_name", **columns})


def files(root: Path) -> list[Path]:
    """Every metadata.csv, the top one alone where it is there.

    Raises:
        SernetError: there is none.
    """
    found = [root / LISTS[0]] if (root / LISTS[0]).exists() else sorted(root.glob(LISTS[1]))
    if not found:
        raise SernetError(f"{root}: no metadata.csv, here or in a folder below")
    return found

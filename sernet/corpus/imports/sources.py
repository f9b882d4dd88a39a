"""Recognises in which format a corpus is described, and how its reader is to be called."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sernet.corpus.entries import Entry
from sernet.corpus.imports import audformat, audiofolder, csv, cutset, kaldi
from sernet.errors import UsageError

KINDS = {
    "kaldi": "a Kaldi data directory: wav.scp, utt2spk, utt2emo",
    "cutset": "a Lhotse CutSet: a file *.jsonl.gz or *.jsonl",
    "csv": "a file *.csv or *.tsv with a line an utterance",
    "audformat": "an audformat database: a folder with db.yaml",
    "audiofolder": "a folder with metadata.csv, as Hugging Face has it",
}

_LONG = "deu eng ita fra spa por pol tur nld rus zho cmn jpn kor urd fas ell dan swe hin ara ben est amh ces ron ukr"
_SHORT = "de en it fr es pt pl tr nl ru zh zh ja ko ur fa el da sv hi ar bn et am cs ro uk"
LANGUAGES = dict(zip(_LONG.split(), _SHORT.split(), strict=True))
"""ISO 639-3, which audformat uses, to the shorter BCP 47 tags; other codes are tags as they are."""


@dataclass(frozen=True)
class Source:
    """A corpus that is described elsewhere."""

    root: Path
    """The folder that is the corpus's from now on."""
    kind: str
    lists: tuple[str, ...]
    """What its reader reads beside the audio, below the root."""
    arguments: dict[str, Any]
    """Of the reader, after the root."""
    channel: int = 0
    about: dict[str, str] = field(default_factory=dict)
    """Title, source, licence and language, where the format has them."""

    @property
    def call(self) -> str:
        """The reader's call as it stands in prepare.py; a line an argument where there are many."""
        given = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in self.arguments.items()]
        if len(given) < 3:
            return f"{self.kind}.read({', '.join(['root', *given])})"
        lines = "".join(f"        {argument},\n" for argument in ["root", *given])
        return f"{self.kind}.read(\n{lines}    )"

    def entries(self) -> Iterator[Entry]:
        """The utterances, with raw labels."""
        readers: dict[str, Callable[..., Iterator[Entry]]] = {
            "kaldi": kaldi.read,
            "cutset": cutset.read,
            "csv": csv.read,
            "audformat": audformat.read,
            "audiofolder": audiofolder.read,
        }
        return readers[self.kind](self.root, **self.arguments)


def kind_of(path: Path) -> str:
    """The kind of what lies at ``path``.

    Raises:
        UsageError: it is none that is known; says which are.
    """
    name = path.name.lower()
    if path.is_dir():
        found = [kind for kind, mark in MARKS.items() if any(path.glob(mark))]
        if found:
            return found[0]
    elif path.is_file() and name.endswith((".jsonl", ".jsonl.gz")):
        return "cutset"
    elif path.is_file() and name.endswith((".csv", ".tsv", ".txt")):
        return "audiofolder" if name == "metadata.csv" and "file_name" in csv.header(path) else "csv"
    elif path.is_file() and name == "db.yaml":
        return "audformat"
    known = "".join(f"\n  {kind}: {text}" for kind, text in KINDS.items())
    raise UsageError(f"{path}: {'nothing is there' if not path.exists() else 'is not recognised'}; known are:{known}")


MARKS = {"kaldi": "wav.scp", "audformat": "db.yaml", "audiofolder": "metadata.csv"}


def source(
    path: Path, name: str, kind: str, columns: Mapping[str, str], tables: Sequence[str], emotion: str | None
) -> Source:
    """The corpus ``name`` at ``path``.

    Args:
        path: a file or folder of that ``kind``.
        columns: field -> column, for CSV and metadata.csv, where names do not tell.
        tables: of an audformat database, where several have emotions.
        emotion: the key or column of the label in a CutSet or audformat table.

    Raises:
        UsageError: a column, table or field is missing or has to be chosen.
        SernetError: what is there cannot be read.
    """
    root = path if path.is_dir() else path.parent
    if kind == "kaldi":
        lists = tuple(name for name in kaldi.LISTS if (root / name).exists())
        return Source(root, kind, lists, {"corpus": name}, kaldi.channel(root))
    if kind == "cutset":
        if path.is_dir():
            raise UsageError(f"{path}: name the file of cuts itself")
        arguments = {"file": path.name, "corpus": name} | ({"emotion": emotion} if emotion else {})
        return Source(root, kind, (path.name,), arguments, cutset.channel(root, path.name))
    if kind == "csv":
        if path.is_dir():
            raise UsageError(f"{path}: name the CSV file itself")
        found = csv.columns(csv.header(path), columns, str(path))
        channel = csv.channel(root, path.name, **found)
        return Source(root, kind, (path.name,), {"file": path.name, "corpus": name, **found}, channel)
    if kind == "audiofolder":
        first = audiofolder.files(root)[0]
        found = csv.columns(csv.header(first), {"path": "file_name", **columns}, str(first))
        return Source(root, kind, audiofolder.LISTS, {"corpus": name, **found})
    if kind == "audformat":
        return _audformat(root, name, tables, emotion)
    raise UsageError(f"--kind {kind}: allowed: {', '.join(KINDS)}")


def _audformat(root: Path, name: str, tables: Sequence[str], emotion: str | None) -> Source:
    head = audformat.header(root)
    there = audformat.emotion_tables(head)
    chosen = [(table, column) for table, column in there if table in tables] if tables else there
    if tables and len({table for table, _ in chosen}) < len(set(tables)):
        raise UsageError(
            f"--table: of these, {', '.join(t for t, _ in there) or 'none'} have emotions, not all of {tables}"
        )
    if not tables and len({table for table, _ in there}) != 1:
        names = ", ".join(sorted({table for table, _ in there})) or "none"
        raise UsageError(f"{root / 'db.yaml'}: tables with emotions: {names}; choose by --table NAME (it repeats)")
    labels = sorted({column for _, column in chosen})
    if emotion is None and len(labels) > 1:
        raise UsageError(f"{root / 'db.yaml'}: columns with emotions: {', '.join(labels)}; choose by --emotion NAME")
    languages = head.languages or []
    about = {"title": head.description or head.name, "source": head.source, "licence": head.license}
    about |= {"language": LANGUAGES.get(languages[0], languages[0])} if len(languages) == 1 else {}
    arguments = {
        "tables": sorted({table for table, _ in chosen}),
        "emotion": emotion or labels[0],
        "corpus": name,
    }
    said = {key: " ".join(str(value).split()) for key, value in about.items() if value}
    return Source(root, "audformat", audformat.LISTS, arguments, about=said)

"""An audformat database: db.yaml and its tables as CSV, such as audEERING's release of EMO-DB.

The header and the tables are plain YAML and CSV, so the package audformat, which brings pandas and pyarrow, is not
needed. Specification: audeering.github.io/audformat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator

from sernet.config.base import validate
from sernet.config.yaml_reading import read_yaml
from sernet.corpus.entries import Entry
from sernet.corpus.imports import csv
from sernet.corpus.imports.common import Places, piece, utterance
from sernet.errors import SernetError

LISTS = ("db.yaml", "db.*.csv")
ATTRIBUTES = ("speaker", "gender", "language", "intensity", "text", "session", "id")
TIME = re.compile(r"(?:(\d+) days? )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


_or_empty = BeforeValidator(lambda value: {} if value is None else value)
"""YAML's way of leaving a mapping empty."""


def read(root: Path, tables: list[str], emotion: str = "emotion", corpus: str = "") -> Iterator[Entry]:
    """The utterances of ``tables``, whose column ``emotion`` holds the label.

    Speaker, gender, language and text are taken from the same table, from every filewise table, and from the labels of
    the scheme `speaker`, where they are.

    Raises:
        SernetError: a table or column is not there, or a table is not stored as CSV.
    """
    head = header(root)
    places = Places(root, root)
    by_file = _attributes(root, head)
    about_speakers = _people(root, head)
    for table in tables:
        if table not in head.tables:
            raise SernetError(f"{root / 'db.yaml'}: no table {table!r}; there are: {', '.join(head.tables)}")
        if emotion not in head.tables[table].columns:
            raise SernetError(f"{root / 'db.yaml'}: table {table} has no column {emotion!r}")
        for where, cells in _rows(root, head, table):
            said = {**by_file.get(cells["file"], {}), **_known(head, table, cells)}
            person = about_speakers.get(said.get("speaker", ""), {})
            said |= {key: person[key] for key in ("gender", "language") if person.get(key) and key not in said}
            start, end = _seconds(cells.get("start", ""), where), _seconds(cells.get("end", ""), where)
            whole = not start and end is None
            number = int(where.rpartition(":")[2])
            yield utterance(
                places.path(cells["file"], where),
                corpus=corpus,
                identity=said.pop("id", None) or (None if whole else f"{Path(cells['file']).stem}-{number:06}"),
                speaker=said.pop("speaker", None),
                emotion_raw=cells[emotion],
                whole=whole,
                **piece(start, end, None, where),
                **said,
            )


class Column(BaseModel):
    """A column of a table."""

    scheme_id: str | None = None


class Scheme(BaseModel):
    """The values of a column."""

    labels: dict[Any, Any] | list[Any] | str | None = None
    """Those that there are, label -> what it means; or the misc table that says so."""


class Table(BaseModel):
    """A table, stored as db.<name>.csv."""

    type: str | None = None
    columns: Annotated[dict[str, Annotated[Column, _or_empty]], _or_empty] = {}


class MiscTable(BaseModel):
    """A table about labels; the first level is the label."""

    levels: dict[str, Any] | list[str]


class Header(BaseModel):
    """What is read of db.yaml."""

    name: str | None = None
    description: str | None = None
    source: str | None = None
    license: str | None = None
    languages: list[str] | None = None
    schemes: Annotated[dict[str, Annotated[Scheme, _or_empty]], _or_empty] = {}
    tables: dict[str, Annotated[Table, _or_empty]]
    misc_tables: Annotated[dict[str, MiscTable], _or_empty] = {}

    def scheme(self, column: Column) -> Scheme:
        """That of a column."""
        return self.schemes.get(column.scheme_id or "", Scheme())


def header(root: Path) -> Header:
    """What db.yaml says.

    Raises:
        SernetError: it does not describe tables.
    """
    found = read_yaml(root / "db.yaml")
    if not isinstance(found, dict) or "tables" not in found:
        raise SernetError(f"{root / 'db.yaml'}: has no tables, so it is not the header of an audformat database")
    return validate(Header, found, str(root / "db.yaml"), SernetError)


def emotion_tables(head: Header) -> list[tuple[str, str]]:
    """The tables with a column of emotions, and that column."""
    return [
        (name, column)
        for name, table in head.tables.items()
        for column, about in table.columns.items()
        if "emotion" in (column, about.scheme_id)
    ]


def _rows(root: Path, head: Header, table: str) -> Iterator[tuple[str, dict[str, str]]]:
    """`file:line` and the cells of each line of a table, which has all the columns that the header names."""
    path = _path(root, table)
    absent = {"file", *head.tables[table].columns} - set(csv.header(path))
    if absent:
        raise SernetError(f"{path}:1: no column {', '.join(sorted(absent))}, which db.yaml and its format ask for")
    for number, cells in csv.rows(path):
        yield f"{path}:{number}", cells


def _attributes(root: Path, head: Header) -> dict[str, dict[str, str]]:
    """File -> what the filewise tables say of it."""
    found: dict[str, dict[str, str]] = {}
    for name, table in head.tables.items():
        if table.type == "filewise" and any(_field(column) for column in table.columns):
            for _, cells in _rows(root, head, name):
                found.setdefault(cells["file"], {}).update(_known(head, name, cells))
    return found


def _known(head: Header, table: str, cells: dict[str, str]) -> dict[str, str]:
    said = {}
    for column, about in head.tables[table].columns.items():
        field = _field(column)
        if field and cells[column]:
            labels = head.scheme(about).labels
            text = labels.get(cells[column]) if field == "text" and isinstance(labels, dict) else None
            said[field] = str(text or cells[column])
    return said


def _field(column: str) -> str | None:
    return next((field for field in ATTRIBUTES if column in csv.NAMES[field]), None)


def _people(root: Path, head: Header) -> dict[str, dict[str, str]]:
    """Speaker -> what the labels of the scheme `speaker`, or the table that holds them, say of each."""
    labels = head.schemes["speaker"].labels if "speaker" in head.schemes else None
    if isinstance(labels, str):
        path = _path(root, labels)
        levels = list(head.misc_tables[labels].levels) if labels in head.misc_tables else []
        if len(levels) != 1 or levels[0] not in csv.header(path):
            raise SernetError(
                f"{root / 'db.yaml'}: speakers are in misc_tables.{labels}, which must have one level, a column of "
                f"{path.name}"
            )
        return {cells[levels[0]]: cells for _, cells in csv.rows(path)}
    if isinstance(labels, dict):
        return {
            str(key): {k: str(v) for k, v in value.items()} for key, value in labels.items() if isinstance(value, dict)
        }
    return {}


def _path(root: Path, table: str) -> Path:
    path = root / f"db.{table}.csv"
    if not path.exists():
        raise SernetError(
            f"{root}: no db.{table}.csv; where its tables are stored otherwise (parquet, pkl), the package audformat "
            f"writes CSV: audformat.Database.load(DIR).save(DIR, storage_format='csv')"
        )
    return path


def _seconds(text: str, where: str) -> float | None:
    """Seconds of a pandas Timedelta as CSV has it, `0 days 00:00:01.5`; None for nothing."""
    if text in ("", "NaT"):
        return None
    match = TIME.fullmatch(text)
    if not match:
        raise SernetError(f"{where}: {text!r} is not a time such as 0 days 00:00:01.5")
    days, hours, minutes, rest = match.groups()
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(rest)

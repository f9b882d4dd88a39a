"""An audformat database: db.yaml and its tables as CSV, such as audEERING's release of EMO-DB.

The header and the tables are plain YAML and CSV, so the package audformat, which brings pandas and pyarrow, is not
needed. Specification: audeering.github.io/audformat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sernet.config.yaml_reading import read_yaml
from sernet.corpus.entries import Entry
from sernet.corpus.imports import csv
from sernet.corpus.imports.common import Places, utterance
from sernet.errors import SernetError

LISTS = ("db.yaml", "db.*.csv")
ATTRIBUTES = ("speaker", "gender", "language", "intensity", "text", "session", "id")
TIME = re.compile(r"(?:(\d+) days? )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


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
    about_speakers = _labels(root, head, "speaker")
    for table in tables:
        if emotion not in _table(head, table, root)["columns"]:
            raise SernetError(f"{root / 'db.yaml'}: table {table} has no column {emotion!r}")
        for number, cells in csv.rows(_path(root, table)):
            where = f"{_path(root, table)}:{number}"
            said = {**by_file.get(cells["file"], {}), **_known(root, head, table, cells)}
            person = about_speakers.get(said.get("speaker", ""), {})
            said |= {key: person[key] for key in ("gender", "language") if person.get(key) and key not in said}
            start, end = _seconds(cells.get("start", ""), where), _seconds(cells.get("end", ""), where)
            whole = not start and end is None
            yield utterance(
                places.path(cells["file"], where),
                corpus=corpus,
                identity=said.pop("id", None) or (None if whole else f"{Path(cells['file']).stem}-{number:06}"),
                speaker=said.pop("speaker", None),
                emotion_raw=cells[emotion],
                whole=whole,
                start=start,
                duration=None if end is None else round(end - (start or 0.0), 6),
                **said,
            )


def header(root: Path) -> dict[str, Any]:
    """What db.yaml says.

    Raises:
        SernetError: it does not describe tables.
    """
    found = read_yaml(root / "db.yaml")
    if not isinstance(found, dict) or not isinstance(found.get("tables"), dict):
        raise SernetError(f"{root / 'db.yaml'}: has no tables, so it is not the header of an audformat database")
    return found


def emotion_tables(head: dict[str, Any]) -> list[tuple[str, str]]:
    """The tables with a column of emotions, and that column."""
    return [
        (table, column)
        for table, value in head["tables"].items()
        for column, about in (value.get("columns") or {}).items()
        if "emotion" in (column, (about or {}).get("scheme_id"))
    ]


def _attributes(root: Path, head: dict[str, Any]) -> dict[str, dict[str, str]]:
    """File -> what the filewise tables say of it."""
    found: dict[str, dict[str, str]] = {}
    for table, value in head["tables"].items():
        if value.get("type") == "filewise" and any(_field(column) for column in value.get("columns") or {}):
            for _, cells in csv.rows(_path(root, table)):
                found.setdefault(cells["file"], {}).update(_known(root, head, table, cells))
    return found


def _known(root: Path, head: dict[str, Any], table: str, cells: dict[str, str]) -> dict[str, str]:
    said = {}
    for column, about in (_table(head, table, root).get("columns") or {}).items():
        field = _field(column)
        if field and cells[column]:
            labels = _scheme(head, about).get("labels")
            text = labels.get(cells[column]) if field == "text" and isinstance(labels, dict) else None
            said[field] = str(text or cells[column])
    return said


def _field(column: str) -> str | None:
    return next((field for field in ATTRIBUTES if column in csv.NAMES[field]), None)


def _scheme(head: dict[str, Any], column: dict[str, Any] | None) -> dict[str, Any]:
    return dict((head.get("schemes") or {}).get((column or {}).get("scheme_id")) or {})


def _labels(root: Path, head: dict[str, Any], scheme: str) -> dict[str, dict[str, str]]:
    """Label -> what a scheme's labels, or the table that holds them, say of it."""
    labels = _scheme(head, {"scheme_id": scheme}).get("labels")
    if isinstance(labels, str):
        (level,) = list(head["misc_tables"][labels]["levels"])
        return {cells[level]: cells for _, cells in csv.rows(_path(root, labels))}
    if isinstance(labels, dict):
        return {str(key): {k: str(v) for k, v in (value or {}).items()} for key, value in labels.items() if value}
    return {}


def _table(head: dict[str, Any], name: str, root: Path) -> dict[str, Any]:
    if name not in head["tables"]:
        raise SernetError(f"{root / 'db.yaml'}: no table {name!r}; there are: {', '.join(head['tables'])}")
    return dict(head["tables"][name])


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

"""An audformat database: audio/, db.yaml, db.emotion.csv, db.files.csv (audeering.github.io/audformat)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sernet.config.corpus import CorpusConfig
from sernet.corpus.exports.csv import record, table
from sernet.corpus.exports.rows import place, rows
from sernet.pipeline.files import atomic

ATTRIBUTES = ("id", "speaker", "gender", "language", "intensity", "text", "session")


def write(folder: Path, out: Path, copy: bool, about: CorpusConfig) -> None:
    """Write the utterances of data/<corpus> to the folder ``out``: every utterance a file, so all tables are filewise.

    ``about`` tells title, source and licence for the header.
    """
    with atomic(out) as made:
        made.mkdir()
        placed: list[dict[str, Any]] = []
        for row in rows(folder):
            file = place(row, made / "audio", copy).relative_to(made).as_posix()
            duration = f"0 days {int(row.utterance.duration // 3600):02}:{int(row.utterance.duration // 60 % 60):02}"
            duration += f":{row.utterance.duration % 60:09.6f}"
            placed.append({**record(row), "file": file, "duration": duration})
        there = [key for key in ATTRIBUTES if any(cells[key] is not None for cells in placed)]
        labelled = any(cells["emotion"] is not None for cells in placed)
        if labelled:
            table(made / "db.emotion.csv", lambda: placed, ("file", "emotion"))
        table(made / "db.files.csv", lambda: placed, ("file", "duration", *there))
        head = _header(about, placed, there, labelled)
        (made / "db.yaml").write_text(yaml.safe_dump(head, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _header(about: CorpusConfig, placed: list[dict[str, Any]], there: list[str], labelled: bool) -> dict[str, Any]:
    schemes: dict[str, Any] = {key: {"dtype": "str"} for key in there} | {"duration": {"dtype": "time"}}
    for key in ("speaker", "gender"):
        if key in there:
            schemes[key]["labels"] = sorted({cells[key] for cells in placed if cells[key] is not None})
    columns = {key: {"scheme_id": key} for key in ("duration", *there)}
    tables: dict[str, Any] = {"files": {"type": "filewise", "columns": columns}}
    if labelled:
        emotions = sorted({cells["emotion"] for cells in placed if cells["emotion"] is not None})
        schemes["emotion"] = {"dtype": "str", "labels": emotions}
        tables["emotion"] = {"type": "filewise", "columns": {"emotion": {"scheme_id": "emotion"}}}
    return {
        "name": about.name,
        "description": about.title,
        "source": about.source,
        "usage": "other",
        "license": about.licence,
        "schemes": schemes,
        "tables": tables,
    }

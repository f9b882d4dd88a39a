"""A CSV or TSV file with a line an utterance: path and emotion, and what else there is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.corpus.imports.common import Places, piece, seconds, utterance
from sernet.errors import SernetError, UsageError
from sernet.pipeline.reading import read_lines

NAMES: dict[str, tuple[str, ...]] = {
    "path": (
        "path",
        "file",
        "filename",
        "file_name",
        "file_path",
        "filepath",
        "wav",
        "wav_path",
        "audio",
        "audio_path",
    ),
    "emotion": ("emotion", "label", "emotion_label", "emo", "category", "class", "target"),
    "speaker": ("speaker", "speaker_id", "spk", "spk_id", "actor", "actor_id", "subject", "subject_id", "client_id"),
    "gender": ("gender", "sex", "speaker_gender"),
    "language": ("language", "lang", "locale"),
    "intensity": ("intensity", "emotion_intensity", "level"),
    "text": ("text", "transcript", "transcription", "sentence", "utterance", "words"),
    "session": ("session", "session_id", "dialogue", "dialogue_id", "dialog"),
    "start": ("start", "start_time", "begin", "onset", "xmin"),
    "end": ("end", "end_time", "stop", "offset", "xmax"),
    "duration": ("duration", "dur", "length", "len"),
    "id": ("id", "utt_id", "utterance_id", "uttid", "segment_id"),
    "channel": ("channel",),
}
"""What a column may be called, the likelier first; in lower case, blanks and `-` as `_`.

`offset` is an end beside an onset, and a start beside a duration; see `columns`.
"""


def read(root: Path, file: str, corpus: str = "", **columns: str) -> Iterator[Entry]:
    """The utterances of ``root / file``, in its order.

    ``columns`` says in which column (by its exact name) path, emotion, speaker, ... stand; the others are not read.
    Where a line has a `start` or an `end` (seconds), its utterance is a piece of its file. Without an end it lasts the
    `duration`, and without that it goes to the end of the file. A duration without a start is the file's own, and not
    read.

    Raises:
        SernetError: a column is not there, a line has too many or too few cells, or a cell is at fault; names the line.
    """
    places = Places(root, (root / file).parent)
    used = {field: name for field, name in columns.items() if name}
    _refuse_unread_durations(root / file, columns)
    for number, cells in rows(root / file):
        where = f"{root / file}:{number}"
        if absent := [name for name in used.values() if name not in cells]:
            raise SernetError(f"{root / file}: no column {absent[0]!r}; there are: {', '.join(cells)}")
        said = {field: cells[name].strip() for field, name in used.items()}
        times = {key: said.pop(key, "") for key in ("start", "end", "duration")}
        start, end = (seconds(times[key], where) if times[key] else None for key in ("start", "end"))
        lasting = seconds(times["duration"], where) if times["duration"] and start is not None and end is None else None
        said.pop("channel", None)
        yield utterance(
            places.path(said.pop("path"), where),
            corpus=corpus,
            identity=said.pop("id", None),
            speaker=cells[used["speaker"]] if said.pop("speaker", "") else None,
            emotion_raw=said.pop("emotion", None),
            whole=start is None and end is None,
            **piece(start, end, lasting, where),
            **said,
        )


def _refuse_unread_durations(path: Path, columns: Mapping[str, str]) -> None:
    """Refuse what an older version has written into a prepare.py: pieces with a start, whose duration is not read."""
    if "duration" in columns or not {"start", "end"} & set(columns):
        return
    named = header(path)
    there = [name for name in named if _plain(name) in NAMES["duration"] and name not in columns.values()]
    if there and ("end" not in columns or ("start" not in columns and _plain(columns["end"]) == "offset")):
        raise SernetError(
            f"{path}: the column {there[0]!r} says how long each piece is, and prepare.py does not read it: write "
            f'start=..., duration={there[0]!r} into its call (duration="" if that is the duration of the file)'
        )


def channel(root: Path, file: str, **columns: str) -> int:
    """The channel that all utterances are taken from.

    Raises:
        SernetError: they are taken from different ones.
    """
    named = {cells[columns["channel"]] for _, cells in rows(root / file)} if "channel" in columns else {"0"}
    if len(named) > 1 or not next(iter(named)).isdecimal():
        raise SernetError(
            f"{root / file}: channels {', '.join(sorted(named))}; a corpus is read from one, counted from 0"
        )
    return int(named.pop())


def columns(header: Sequence[str], given: Mapping[str, str], where: str) -> dict[str, str]:
    """Field -> column: those ``given``, and for the other fields the column whose name is known.

    Raises:
        UsageError: a field or column that there is not, or none for path, emotion or speaker where nobody has said
            that there is none (by the empty name); says which columns there are.
    """
    for field, name in given.items():
        if field not in NAMES:
            raise UsageError(f"no field {field!r}; allowed: {', '.join(NAMES)}")
        if name and name not in header:
            raise UsageError(f"{where}: no column {name!r}; there are: {', '.join(header)}")
    plain = {_plain(name): name for name in reversed(header)}
    found = dict(given)
    for field, names in NAMES.items():
        known = [plain[name] for name in names if name in plain and plain[name] not in found.values()]
        if field not in given and known:
            found[field] = known[0]
    offset = plain.get("offset")
    if offset and found.get("end") == offset and not found.get("start") and not {"start", "end"} & set(given):
        if not found.get("duration"):
            raise UsageError(
                f"{where}: is {offset!r} where a piece begins, or where it ends? --column start={offset} or "
                f"--column end={offset}"
            )
        found["start"] = found.pop("end")
    if not found.get("start"):
        found.pop("duration", None)  # of the whole file
    for field, what in (("path", "the audio file"), ("emotion", "the emotion"), ("speaker", "the speaker")):
        if not found.get(field) and (field not in given or field == "path"):
            none = "" if field == "path" else f", or --column {field}= for none"
            raise UsageError(
                f"{where}: which column is {what}? There are: {', '.join(header)}; --column {field}=NAME{none}"
            )
    left_out = {"duration": ""} if given.get("duration") == "" and found.get("start") else {}
    return {field: found[field] for field in NAMES if found.get(field)} | left_out


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def header(path: Path) -> list[str]:
    """The names of the columns."""
    return list(next(rows(path, heading=True))[1])


def rows(path: Path, heading: bool = False) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each line; with ``heading`` the first line alone, as its own cells.

    Each line of the file is one line of the list, so a quotation mark that is not closed swallows nothing. Between tabs
    it is a character like any other, unless all names of columns are in quotation marks. A line without a filled cell,
    such as Excel leaves at the end, is none.

    Raises:
        SernetError: the file is empty or not text, a column's name is there twice, a line is ragged, or a quotation
            mark is open at the end of a line; names file and line.
    """
    lines = _lines(path)
    first = next((line for _, line in lines), "")
    delimiter = max("\t,;|", key=first.count)
    quoted = delimiter != "\t" or all(re.fullmatch(r'\s*".*"\s*', cell) for cell in first.split("\t"))
    names = [name.strip() for name in _cells(first, delimiter, quoted, f"{path}:1")]
    if not names or len(set(names)) < len(names):
        raise SernetError(f"{path}:1: must name every column, once: {first.strip()!r}")
    if heading:
        yield 1, {name: name for name in names}
        return
    for number, line in lines:
        cells = _cells(line, delimiter, quoted, f"{path}:{number}")
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            raise SernetError(f"{path}:{number}: {len(cells)} cells under {len(names)} columns")
        yield number, dict(zip(names, cells, strict=True))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file, numbered, whatever ends them: LF, CR LF, or the CR of old spreadsheets."""
    number = 0
    for _, line in read_lines(path):
        for part in line.split("\r"):
            number += 1
            yield number, part


def _cells(line: str, delimiter: str, quoted: bool, where: str) -> list[str]:
    if not quoted:
        return line.split(delimiter) if line else []
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise SernetError(
            f"{where}: a quotation mark is not closed in its line, or stands single within a quoted cell ({error}): "
            f"{line[:60]!r}; a cell has no line break, and a quotation mark in a quoted cell is written twice"
        ) from error

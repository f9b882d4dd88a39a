"""A CSV or TSV file with a line an utterance: path and emotion, and what else there is."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.corpus.imports.common import Places, seconds, utterance
from sernet.errors import SernetError, UsageError

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
    "id": ("id", "utt_id", "utterance_id", "uttid", "segment_id"),
    "channel": ("channel",),
}
"""What a column may be called, the likelier first; in lower case, blanks and `-` as `_`."""


def read(root: Path, file: str, corpus: str = "", **columns: str) -> Iterator[Entry]:
    """The utterances of ``root / file``, in its order.

    ``columns`` says in which column (by its exact name) path, emotion, speaker, ... stand; the others are not read.
    Where `start` or `end` (seconds) are given, an utterance is a piece of its file.

    Raises:
        SernetError: a column is not there, a line has too many or too few cells, or a cell is at fault; names the line.
    """
    places = Places(root, (root / file).parent)
    for number, cells in rows(root / file):
        where = f"{root / file}:{number}"
        if absent := [name for name in columns.values() if name not in cells]:
            raise SernetError(f"{root / file}: no column {absent[0]!r}; there are: {', '.join(cells)}")
        said = {field: cells[name].strip() for field, name in columns.items()}
        start, end = (seconds(text, where) if (text := said.pop(key, "")) else None for key in ("start", "end"))
        if end is not None and end <= (start or 0.0):
            raise SernetError(f"{where}: ends at {end:g} s, before it starts")
        said.pop("channel", None)
        yield utterance(
            places.path(said.pop("path"), where),
            corpus=corpus,
            identity=said.pop("id", None),
            speaker=said.pop("speaker", None),
            emotion_raw=said.pop("emotion", None),
            whole=start is None and end is None,
            start=start,
            duration=None if end is None else round(end - (start or 0.0), 6),
            **said,
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
    plain = {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in reversed(header)}
    found = dict(given)
    for field, names in NAMES.items():
        known = [plain[name] for name in names if name in plain and plain[name] not in found.values()]
        if field not in given and known:
            found[field] = known[0]
    for field, what in (("path", "the audio file"), ("emotion", "the emotion"), ("speaker", "the speaker")):
        if not found.get(field) and (field not in given or field == "path"):
            none = "" if field == "path" else f", or --column {field}= for none"
            raise UsageError(
                f"{where}: which column is {what}? There are: {', '.join(header)}; --column {field}=NAME{none}"
            )
    return {field: found[field] for field in NAMES if found.get(field)}


def header(path: Path) -> list[str]:
    """The names of the columns."""
    return list(next(rows(path, heading=True))[1])


def rows(path: Path, heading: bool = False) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column of each line; with ``heading`` the first line alone, as its own cells.

    Raises:
        SernetError: the file is empty or not text, a column's name is there twice, or a line is ragged.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            delimiter = max("\t,;|", key=first.count)
            stream.seek(0)
            lines = csv.reader(stream, delimiter=delimiter)
            names = [name.strip() for name in next(lines, [])]
            if not names or len(set(names)) < len(names):
                raise SernetError(f"{path}:1: must name every column, once: {first.strip()!r}")
            if heading:
                yield 1, {name: name for name in names}
                return
            for cells in lines:
                if len(cells) != len(names) and cells:
                    raise SernetError(f"{path}:{lines.line_num}: {len(cells)} cells under {len(names)} columns")
                if cells:
                    yield lines.line_num, dict(zip(names, cells, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SernetError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    except OSError as error:
        raise SernetError(f"{path}: cannot be read: {error.strerror}") from error

"""What a user asks about: files, folders, wav.scp, CutSets and standard input, one recording at a time."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from sernet.bundle.audio import Samples, pieces
from sernet.corpus.cut_lines import audio_file
from sernet.corpus.folder import audio_files
from sernet.errors import SernetError, UsageError
from sernet.pipeline.reading import parse_json, read_lines

STDIN = "-"
CUTS = (".jsonl", ".jsonl.gz")
IN_MEMORY = 1 << 26
"""Bytes of standard input that are not put on disk."""

Pieces = Iterator[tuple[Samples, int]]


@dataclass(frozen=True)
class Recording:
    """A recording of the list.

    Args:
        name: a path, or the id in a list.
        what: what decides its samples beside the file's content, as text.
        open: gives samples and rate, piece after piece; ``notes=`` takes what is odd and does no harm.
        file: where it lies; None: nowhere that could be looked at again.
    """

    name: str
    what: str
    open: Callable[..., Pieces]
    file: str | None = None


@dataclass
class Survey:
    """What a list holds, looked at before anything is predicted."""

    total: int = 0
    twice: list[str] = field(default_factory=list)
    """Names that stand more than once."""
    identity: str | None = None
    """A digest of the list and of size and time of its files; None: standard input is part of it."""


def recordings(inputs: Sequence[str], channel: int | None = None) -> Iterator[Recording]:
    """All recordings that ``inputs`` name, in order; each is opened only when its turn comes.

    Raises:
        SernetError: a folder without audio, or a list that cannot be read or names a command; names file and line. A
            cut that is none is a recording that cannot be opened.
    """
    for given in inputs:
        path = Path(given)
        if given == STDIN:
            yield Recording(STDIN, STDIN, partial(_stdin, channel))
        elif path.is_dir():
            names = audio_files(path)
            if not names:
                raise SernetError(f"{path}: no audio files in this folder")
            yield from (_file(str(path / name), str(path / name), channel) for name in names)
        elif given.endswith(".scp"):
            yield from (_file(key, value, channel) for key, value in _table(path))
        elif given.endswith(CUTS):
            yield from (_cut(f"{path}:{number}", line, channel) for number, line in read_lines(path) if line.strip())
        else:
            yield _file(given, given, channel)


def survey(inputs: Sequence[str]) -> Survey:
    """Go through the list; it is checked on the way.

    Raises:
        SernetError: as `recordings`.
        UsageError: standard input twice.
    """
    if list(inputs).count(STDIN) > 1:
        raise UsageError(f"{STDIN}: standard input can be read once")
    found, seen, digest = Survey(), set(), hashlib.sha256()
    for recording in recordings(inputs):
        found.total += 1
        if recording.name in seen:
            found.twice.append(recording.name)
        seen.add(recording.name)
        for text in (recording.name, recording.what, _state(recording.file)):
            digest.update(text.encode("utf-8", "surrogateescape") + b"\0")
    found.identity = None if STDIN in inputs else digest.hexdigest()
    return found


def _state(file: str | None) -> str:
    """Size and time of a file, as text."""
    try:
        status = os.stat(file or "")
    except (OSError, ValueError):
        return "not there"
    return f"{status.st_size} {status.st_mtime_ns}"


def _file(name: str, path: str, channel: int | None) -> Recording:
    return Recording(name, path, partial(pieces, path, channel), path)


def _stdin(channel: int | None, notes: list[str] | None = None) -> Pieces:
    if sys.stdin is None:
        raise SernetError("standard input is closed")
    # libsndfile seeks.
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        try:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        except OSError as error:
            raise SernetError(f"standard input cannot be kept: {error.strerror}") from error
        copy.seek(0)
        yield from pieces(copy, channel, notes=notes)  # type: ignore[arg-type]


def _table(path: Path) -> Iterator[tuple[str, str]]:
    """A Kaldi wav.scp: key and path. Kaldi would run a value with a pipe as a command; nothing here is run."""
    for number, line in read_lines(path):
        if not line.strip(" \t"):
            continue
        key, _, value = line.strip(" \t").replace("\t", " ").partition(" ")
        value = line.strip(" \t")[len(key) :].strip(" \t")  # tabs in a path stay
        if not value:
            raise SernetError(f"{path}:{number}: must be a key and a path: {line[:100]!r}")
        if value.startswith("|") or value.endswith("|"):
            raise SernetError(
                f"{path}:{number}: {key} is a command ({value[:100]!r}), and commands are not run: write its output to "
                "a file first"
            )
        yield key, value


def _cut(where: str, line: str, channel: int | None) -> Recording:
    """A Lhotse cut of one recording, straight from its JSON: Lhotse itself would run a source of type `command`."""
    name = where
    try:
        cut = parse_json(line, where)
        if not isinstance(cut, dict) or not isinstance(cut.get("id"), str | int):
            raise SernetError(f"{where}: not a cut of a Lhotse CutSet: it has no id")
        name = str(cut["id"])
        path = audio_file(cut, where, ("MonoCut", "MultiCut"))
        own = _channel(cut.get("channel"), f"{where}: {name}")
    except SernetError as error:
        return Recording(name, line, partial(_refuse, error))
    part: dict[str, Any] = {"start": cut.get("start", 0.0), "duration": cut.get("duration")}
    return Recording(name, line, partial(pieces, path, own if channel is None else channel, **part), path)


def _channel(own: Any, where: str) -> int | None:
    """The one channel that a cut is of; None: several."""
    if isinstance(own, list):
        own = own[0] if len(own) == 1 else None
    if own is not None and (not isinstance(own, int) or isinstance(own, bool) or own < 0):
        raise SernetError(f"{where}: its channel is {str(own)[:40]!r}, which is no number from 0")
    return own


def _refuse(error: SernetError, notes: list[str] | None = None) -> NoReturn:
    raise error

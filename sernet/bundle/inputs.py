"""What a user asks about: files, folders, wav.scp, CutSets and standard input, one recording at a time."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from sernet.bundle.audio import Samples, pieces
from sernet.corpus.cut_lines import audio_file
from sernet.corpus.folder import audio_files
from sernet.errors import SernetError, UsageError

STDIN = "-"
CUTS = (".jsonl", ".jsonl.gz")
IN_MEMORY = 1 << 26
"""Bytes of standard input that are not put on disk."""

Pieces = Iterator[tuple[Samples, int]]


@dataclass(frozen=True)
class Recording:
    """Its name (a path, or the id in a list) and a function that opens it: samples and rate, piece after piece."""

    name: str
    open: Callable[[], Pieces]


def recordings(inputs: Sequence[str], channel: int | None = None) -> Iterator[Recording]:
    """All recordings that ``inputs`` name, in order; each is opened only when its turn comes.

    Raises:
        SernetError: a folder without audio, or a list that is at fault; names file and line.
    """
    for given in inputs:
        path = Path(given)
        if given == STDIN:
            yield Recording(STDIN, partial(_stdin, channel))
        elif path.is_dir():
            names = audio_files(path)
            if not names:
                raise SernetError(f"{path}: no audio files in this folder")
            for name in names:
                yield Recording(str(path / name), partial(pieces, str(path / name), channel))
        elif given.endswith(".scp"):
            for key, value in _table(path):
                yield Recording(key, partial(pieces, value, channel))
        elif given.endswith(CUTS):
            yield from (_cut(line, channel) for line in _lines(path))
        else:
            yield Recording(given, partial(pieces, given, channel))


def count(inputs: Sequence[str]) -> int:
    """How many recordings ``inputs`` name; lists are checked on the way, before anything is predicted.

    Raises:
        SernetError: as `recordings`; a wav.scp with pipes.
        UsageError: standard input twice.
    """
    if list(inputs).count(STDIN) > 1:
        raise UsageError(f"{STDIN}: standard input can be read once")
    return sum(1 for _ in recordings(inputs))


def _stdin(channel: int | None) -> Pieces:
    # libsndfile seeks.
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield from pieces(copy, channel)  # type: ignore[arg-type]


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Each line that is not empty, with `file:line`."""
    try:
        opened: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield f"{path}:{number}", line.rstrip("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SernetError(f"{path}: cannot be read: {error}") from error


def _table(path: Path) -> Iterator[tuple[str, str]]:
    """A Kaldi wav.scp: key and path. Kaldi would run a value with a pipe as a command; nothing here is run."""
    for where, line in _lines(path):
        key, _, value = line.strip().partition(" ")
        value = value.strip()
        if not value:
            raise SernetError(f"{where}: must be a key and a path: {line!r}")
        if value.startswith("|") or value.endswith("|"):
            raise SernetError(
                f"{where}: {key} is a command ({value!r}), and commands are not run: write its output to a file first"
            )
        yield key, value


def _cut(line: tuple[str, str], channel: int | None) -> Recording:
    """A Lhotse cut of one recording, straight from its JSON: Lhotse itself would run a source of type `command`."""
    where, text = line
    try:
        cut = json.loads(text)
        name = str(cut["id"])
    except (ValueError, TypeError, KeyError) as error:
        raise SernetError(f"{where}: not a cut of a Lhotse CutSet: {error}") from error
    return Recording(name, partial(_cut_pieces, where, cut, channel))


def _cut_pieces(where: str, cut: dict[str, Any], channel: int | None) -> Pieces:
    source = audio_file(cut, where, ("MonoCut", "MultiCut"))
    own = cut.get("channel")
    if channel is None and isinstance(own, int):
        channel = own
    yield from pieces(source, channel, cut.get("start", 0.0), cut.get("duration"))

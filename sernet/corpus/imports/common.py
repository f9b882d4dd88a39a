"""What the readers share: where audio lies, what an utterance is called."""

from __future__ import annotations

import os
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.corpus.names import identifier, utterance_name
from sernet.corpus.people import NOBODY
from sernet.errors import SernetError

GENDERS = {
    **dict.fromkeys(("f", "female", "woman", "w"), "female"),
    **dict.fromkeys(("m", "male", "man"), "male"),
    **dict.fromkeys(("o", "other", "nonbinary", "non-binary", "diverse"), "other"),
}
"""As lists write them, in lower case. Others are left as they are, for `maps.gender`."""

UPWARDS = 4
"""Relative paths are tried below the list's folder and this many folders above it: Kaldi's begin where it was run."""


class Places:
    """Finds the audio that a list in ``folder`` names by relative paths, and says it as an entry does.

    The first path decides from where all of them count.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self._folder = root, folder
        self._base: Path | None = None

    def path(self, named: str, where: str) -> str:
        """``named`` below the root, or absolute where it lies outside.

        Raises:
            SernetError: a relative path that leads nowhere; ``where`` tells the list and its line.
        """
        if not named.strip():
            raise SernetError(f"{where}: names no audio file")
        path = Path(named)
        if not path.is_absolute():
            path = (self._base or self._find(named, where)) / path
        try:
            return path.relative_to(self._root).as_posix()
        except ValueError:
            return path.as_posix()

    def _find(self, named: str, where: str) -> Path:
        tried = [self._folder, *self._folder.resolve().parents[:UPWARDS]]
        for base in tried:
            if os.path.exists(base / named):  # False, too, for a name that no file can have
                self._base = base
                return base
        raise SernetError(f"{where}: no {named} below {tried[0]}, nor below any of {UPWARDS} folders above it")


def utterance(
    path: str,
    *,
    corpus: str,
    identity: str | None = None,
    speaker: str | None = None,
    whole: bool = True,
    **fields: object,
) -> Entry:
    """An entry from what a list says, the empty string being nothing.

    Ids of ours begin with corpus and speaker, so of an ``identity`` (and of a ``speaker``) that already does, that part
    is taken off: a corpus that was exported comes back with the same ids. A speaker of the utterance's own name is
    Kaldi's way of saying that nobody knows. ``whole``: the utterance is a whole file.
    """
    speaker = None if speaker == identity else speaker or None
    speaker = speaker and speaker.removeprefix(f"{corpus}-")
    name = identity
    if name:
        name = name.removeprefix(f"{corpus}-")
        name = name.removeprefix(f"{identifier(speaker.strip())}-") if speaker else name
        if whole and name == utterance_name(Path(path).stem):
            name = None
    gender = fields.pop("gender", None)
    said = {key: value for key, value in fields.items() if value not in (None, "")}
    if gender and str(gender).strip().lower() not in NOBODY:
        said["gender"] = GENDERS.get(str(gender).lower(), str(gender))
    return Entry(path, speaker=speaker, name=name, **said)  # type: ignore[arg-type]


def piece(start: float | None, end: float | None, duration: float | None, where: str) -> dict[str, float]:
    """Start and duration of a piece of a file, as an entry has them; what a list does not tell is None.

    An ``end`` counts before a ``duration``; with neither the piece goes to the end of its file.

    Raises:
        SernetError: it ends before it starts, or does not last; begins with ``where``.
    """
    if end is not None and end <= (start or 0.0):
        raise SernetError(f"{where}: ends at {end:g} s, before it starts")
    if end is None and duration is not None and not duration > 0:
        raise SernetError(f"{where}: lasts {duration:g} s")
    lasting = duration if end is None else round(end - (start or 0.0), 6)
    if start is None and end is None:
        return {}
    return {"start": start or 0.0} | ({} if lasting is None else {"duration": lasting})


def seconds(text: str, where: str) -> float:
    """A time in seconds.

    Raises:
        SernetError: it is none; ``where`` tells the list and its line.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise SernetError(f"{where}: {text!r} is not a time in seconds")
    return value

"""What lies in a corpus folder: every file once, by its path below the folder."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from sernet.audio.reading import UNREAD
from sernet.errors import SernetError, first_of

AUDIO_SUFFIXES = frozenset(
    {
        *(".wav", ".wave", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
        *(".au", ".snd", ".sph", ".nist", ".caf", ".voc"),
    }
)
"""What libsndfile reads, as far as recordings have such names."""


@dataclass(frozen=True)
class Listing:
    """The audio of a folder."""

    audio: list[str]
    """Paths below it, with forward slashes, sorted."""
    unread: list[str] = field(default_factory=list)
    """Those of audio in formats that are not read."""

    @property
    def left_out(self) -> list[str]:
        """What there is to say of audio that is not read: a line, or none."""
        if not self.unread:
            return []
        kinds = Counter(PurePath(path).suffix.lower() for path in self.unread)
        counted = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        return [
            f"audio in formats that are not read: {counted}, such as {first_of(self.unread, 2)}; convert it to FLAC or "
            "WAV, or it is missing here"
        ]


def listing(root: Path) -> Listing:
    """The audio below ``root``; hidden files and folders do not count. See `files` for links and errors."""
    found = Listing([], [])
    for path in files(root):
        suffix = PurePath(path).suffix.lower()
        if suffix in AUDIO_SUFFIXES:
            found.audio.append(path)
        elif suffix in UNREAD:
            found.unread.append(path)
    return found


def audio_files(root: Path) -> list[str]:
    """Paths of all audio below ``root`` that is read; see `listing`."""
    return listing(root).audio


def files(root: Path) -> list[str]:
    """Paths of all files below ``root``, sorted; hidden files and folders do not count.

    A linked folder is followed, once: not where it is a part of the folder anyway, nor where it holds the folder. What
    is no regular file (a pipe, a device, a link to nothing) is named like one; who opens it says what it is.

    Raises:
        SernetError: folders that cannot be entered, for nobody knows what is in them; names the first ones.
    """
    found: list[str] = []
    links: list[str] = []
    closed: list[str] = []
    seen: set[tuple[int, int]] = set()
    here = os.path.realpath(root)

    def walk(top: str) -> None:
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                status = os.stat(root / folder)
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                entries = list(os.scandir(root / folder))
            except OSError as error:
                closed.append(f"{root / folder} ({error.strerror})")
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_symlink() and _may_be_a_folder(entry):
                    links.append(path)
                else:
                    found.append(path)

    walk("")
    while links:  # after all real folders, so that a link never takes the place of what it leads to
        links.sort(reverse=True)
        path = links.pop()
        real = os.path.realpath(root / path)
        if not f"{here}{os.sep}".startswith(f"{real.rstrip(os.sep)}{os.sep}"):
            walk(path)
    if closed:
        raise SernetError(
            f"{len(closed)} folders cannot be entered, and what is in them would be missing: {first_of(closed)}; "
            "open them, or take them out of the corpus"
        )
    return sorted(found)


def _may_be_a_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a link leads to a folder, or to nothing and has a folder's name."""
    try:
        return entry.is_dir() or (not os.path.exists(entry.path) and not PurePath(entry.name).suffix)
    except OSError:  # a link to itself
        return not PurePath(entry.name).suffix

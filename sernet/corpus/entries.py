"""From file names to labelled utterances, by the pattern and maps of corpus.yaml."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from sernet.config.corpus import CorpusConfig, Gender
from sernet.errors import SernetError

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".au", ".sph"})
SHOWN = 5


@dataclass(frozen=True)
class Entry:
    """One utterance as its corpus names it. What a corpus does not tell is None."""

    path: str
    """Below the corpus root, with forward slashes."""
    speaker: str | None = None
    gender: str | None = None
    emotion: str | None = None
    """Canonical."""
    emotion_raw: str | None = None
    language: str | None = None
    intensity: str | None = None
    text: str | None = None
    session: str | None = None
    start: float = 0.0
    """Seconds."""
    duration: float | None = None
    """Seconds; None: to the end of the file."""
    name: str | None = None
    """Of the utterance, where the file's name is not it (segments of one recording)."""


@dataclass(frozen=True)
class BadAudio:
    """A file that cannot be used, and why."""

    id: str
    path: str
    reason: str


def audio_files(root: Path) -> list[str]:
    """Paths of all audio files below ``root``, sorted; hidden files and folders do not count."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        base = Path(folder).relative_to(root)
        found += [
            (base / name).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES
        ]
    return sorted(found)


def speaker_id(corpus: str, speaker: str) -> str:
    """`<corpus>-<speaker>`, of letters, digits, `-` and `_` alone."""
    return f"{corpus}-{clean(speaker)}"


def clean(text: str) -> str:
    """``text`` with all that a Kaldi id should not hold replaced by `_`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)


def read_entries(config: CorpusConfig, root: Path, folder: Path) -> list[Entry]:
    """The utterances of the corpus at ``root``.

    ``folder`` is the recipe's; a prepare.py there (``prepare(root) -> iterable of Entry``, with the raw label in
    ``emotion_raw``) takes the place of the pattern.

    Raises:
        SernetError: no audio at all; file names that do not match the pattern; a raw value without a mapping; a
            speaker that corpus.yaml does not list. Names the files.
    """
    where = folder / "corpus.yaml"
    if (folder / "prepare.py").exists():
        raw = [(entry, _given(entry)) for entry in _from_module(folder / "prepare.py", root)]
    elif config.pattern is None:
        raise SernetError(f"{where}: {config.name} has neither a pattern nor a prepare.py")
    else:
        raw = list(_from_names(config, root, where))
    if not raw:
        raise SernetError(f"{root}: no audio of {config.name} in it; {config.how_to_get}")
    unmapped: dict[tuple[str, str], list[str]] = {}
    entries = []
    for entry, values in raw:
        mapped = {}
        for group, value in values.items():
            table = config.maps.get(group)
            if table is not None and value not in table:
                unmapped.setdefault((group, value), []).append(entry.path)
            else:
                mapped[group] = value if table is None else table[value]
        entries.append((entry, values, mapped))
    if not config.maps.get("emotion") and any("emotion" in values for _, values in raw):
        raise SernetError(f"{where}: maps.emotion is missing: the corpus names emotions")
    if unmapped:
        lines = [f"{where}: maps.{g} has no {v!r}, as in {_shown(paths)}" for (g, v), paths in unmapped.items()]
        raise SernetError("\n".join(lines))
    found = [_entry(config, entry, values, mapped) for entry, values, mapped in entries]
    genders = sorted({entry.gender for entry in found if entry.gender} - set(get_args(Gender)))
    if genders:
        raise SernetError(
            f"{where}: gender {_shown(genders)}; allowed: {', '.join(get_args(Gender))} (see maps.gender)"
        )
    if config.speakers:
        strangers = sorted({str(e.speaker) for e in found if e.speaker not in config.speakers})
        if strangers:
            raise SernetError(f"{where}: speakers does not list {_shown(strangers)}, which the files name")
    return found


def _entry(config: CorpusConfig, entry: Entry, values: dict[str, str], mapped: dict[str, str]) -> Entry:
    speaker = mapped.get("speaker")
    return Entry(
        path=entry.path,
        speaker=speaker,
        gender=mapped.get("gender") or config.speakers.get(speaker or ""),
        emotion=mapped.get("emotion"),
        emotion_raw=values.get("emotion"),
        language=mapped.get("language") or config.language,
        intensity=mapped.get("intensity"),
        text=mapped.get("text"),
        session=mapped.get("session"),
        start=entry.start,
        duration=entry.duration,
        name=entry.name,
    )


def _from_names(config: CorpusConfig, root: Path, where: Path) -> Iterator[tuple[Entry, dict[str, str]]]:
    pattern = re.compile(config.pattern or "")
    ignored = [re.compile(text) for text in config.ignore]
    strangers = []
    for path in audio_files(root):
        if any(text.fullmatch(path) for text in ignored):
            continue
        match = pattern.fullmatch(path)
        if match:
            yield Entry(path), {group: value for group, value in match.groupdict().items() if value is not None}
        else:
            strangers.append(path)
    if strangers:
        raise SernetError(
            f"{root}: {len(strangers)} audio files do not match the pattern of {where}: {_shown(strangers)}; "
            "correct the pattern, or list them under ignore"
        )


def _from_module(path: Path, root: Path) -> list[Entry]:
    spec = importlib.util.spec_from_file_location(f"prepare_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.prepare(root))


def _given(entry: Entry) -> dict[str, str]:
    values = {
        "emotion": entry.emotion_raw,
        "speaker": entry.speaker,
        "gender": entry.gender,
        "language": entry.language,
        "intensity": entry.intensity,
        "text": entry.text,
        "session": entry.session,
    }
    return {group: value for group, value in values.items() if value is not None}


def _shown(names: list[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest

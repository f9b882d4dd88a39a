"""From file names to labelled utterances, by the pattern and maps of corpus.yaml."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from sernet.config.corpus import CorpusConfig, Gender
from sernet.corpus import folder as listed
from sernet.corpus.names import same_form
from sernet.corpus.people import People
from sernet.errors import SernetError, first_of


@dataclass(frozen=True, slots=True)
class Audio:
    """What is known of a recording once it has been read."""

    rate: int
    """Hz."""
    samples: int
    channels: int
    digest: str
    """SHA-256 of all its samples as float32, frame by frame."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance as its corpus names it. What a corpus does not tell is None."""

    path: str
    """Below the corpus root, with forward slashes; absolute where a list names audio that lies elsewhere."""
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
    split: str | None = None
    """The release's own part, such as train, for folds `by: split`."""
    audio: Audio | None = None
    """What a prepare.py knows of the recording, which is then not read; None: it is."""

    @property
    def whole(self) -> bool:
        """Whether the utterance is a recording of its own; else it is one of several in a file."""
        return self.name is None or (self.start == 0 and self.duration is None)


@dataclass(frozen=True)
class BadAudio:
    """A file that cannot be used, and why."""

    id: str
    path: str
    reason: str


def read_entries(config: CorpusConfig, root: Path, folder: Path) -> list[Entry]:
    """The utterances of the corpus at ``root``; see `iterate_entries`."""
    return list(iterate_entries(config, root, folder))


def iterate_entries(config: CorpusConfig, root: Path, folder: Path) -> Iterator[Entry]:
    """The utterances of the corpus at ``root``, one at a time; what is wrong with them is said at the end.

    ``folder`` is the recipe's; a prepare.py there (``prepare(root) -> iterable of Entry``, with the raw label in
    ``emotion_raw``) takes the place of the pattern.

    Raises:
        SernetError: no audio at all; file names that do not match the pattern; a raw value without a mapping; a
            speaker that corpus.yaml does not list; speakers who may be one person, or of whom two genders are said
            (see `People.check`). Names the files.
    """
    where = folder / "corpus.yaml"
    raw: Iterable[tuple[Entry, dict[str, str]]]
    if (folder / "prepare.py").exists():
        raw = ((entry, _given(entry)) for entry in _module(folder / "prepare.py").prepare(root))
    elif config.pattern is None:
        raise SernetError(f"{where}: {config.name} has neither a pattern nor a prepare.py")
    else:
        raw = _from_names(config, root, where)
    unmapped: dict[tuple[str, str], list[str]] = {}
    genders: set[str] = set()
    strangers: set[str] = set()
    people = People(config.speaker_names)
    found = False
    for entry, values in raw:
        if "emotion" in values and not config.maps.get("emotion"):
            raise SernetError(f"{where}: maps.emotion is missing: the corpus names emotions")
        mapped = {}
        for group, value in values.items():
            table = config.maps.get(group)
            if table is not None and value not in table:
                unmapped.setdefault((group, value), []).append(entry.path)
            else:
                mapped[group] = value if table is None else table[value]
        person = people.who(mapped.get("speaker"))
        made = _entry(config, entry, values, mapped, person)
        people.add(mapped.get("speaker"), entry.path, made.gender, made.language)
        genders |= {mapped["gender"]} if mapped.get("gender") else set()
        nobody = person is None and bool(mapped.get("speaker"))  # speaker_names says so
        if config.speakers and made.speaker not in config.speakers and not nobody:
            strangers.add(str(made.speaker))
        found = True
        yield made
    if not found:
        unread = "".join(f"; {line}" for line in listed.listing(root).left_out)
        raise SernetError(f"{root}: no audio of {config.name} in it{unread}; {config.how_to_get}")
    if unmapped:
        lines = [f"{where}: maps.{g} has no {v!r}, as in {first_of(paths)}" for (g, v), paths in unmapped.items()]
        raise SernetError("\n".join(lines))
    if odd := sorted(genders - {*get_args(Gender)}):
        raise SernetError(f"{where}: gender {first_of(odd)}; allowed: {', '.join(get_args(Gender))} (see maps.gender)")
    try:
        people.check()
    except SernetError as error:
        raise SernetError(f"{where}: {error}") from error
    if strangers:
        raise SernetError(f"{where}: speakers does not list {first_of(sorted(strangers))}, which the files name")


def source_files(root: Path, folder: Path) -> list[Path]:
    """The files that the utterances of the corpus at ``root`` hang on.

    With a pattern they are the audio files. With a prepare.py they are all files, or, where it names its annotations
    (``LISTS``: glob patterns below the root), that script, those, and the audio that they lead to.
    """
    script = folder / "prepare.py"
    if not script.exists():
        return [root / path for path in listed.audio_files(root)]
    module = _module(script)
    if not hasattr(module, "LISTS"):
        return [script, *(root / path for path in listed.files(root))]
    lists = {path for pattern in module.LISTS for path in root.glob(pattern)}
    return [script, *sorted(lists), *sorted({root / e.path for e in module.prepare(root) if e.audio is None})]


def _entry(
    config: CorpusConfig, entry: Entry, values: dict[str, str], mapped: dict[str, str], person: str | None
) -> Entry:
    return replace(
        entry,
        speaker=person,
        gender=config.speakers.get(person or "") or mapped.get("gender") or None,
        emotion=mapped.get("emotion"),
        emotion_raw=values.get("emotion"),
        language=mapped.get("language") or config.language,
        intensity=mapped.get("intensity"),
        text=mapped.get("text"),
        session=mapped.get("session"),
        split=mapped.get("split"),
    )


def _from_names(config: CorpusConfig, root: Path, where: Path) -> Iterator[tuple[Entry, dict[str, str]]]:
    pattern = re.compile(config.pattern or "")
    ignored = [re.compile(text) for text in config.ignore]
    strangers = []
    for path in listed.audio_files(root):
        plain = same_form(path)
        if any(text.fullmatch(plain) for text in ignored):
            continue
        match = pattern.fullmatch(plain)
        if match:
            yield Entry(path), {group: value for group, value in match.groupdict().items() if value is not None}
        else:
            strangers.append(path)
    if strangers:
        raise SernetError(
            f"{root}: {len(strangers)} audio files do not match the pattern of {where}: {first_of(strangers)}; "
            "correct the pattern, or list them under ignore"
        )


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"prepare_{path.parent.name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _given(entry: Entry) -> dict[str, str]:
    values = {
        "emotion": entry.emotion_raw,
        "speaker": entry.speaker,
        "gender": entry.gender,
        "language": entry.language,
        "intensity": entry.intensity,
        "text": entry.text,
        "session": entry.session,
        "split": entry.split,
    }
    return {group: same_form(value) for group, value in values.items() if value is not None}

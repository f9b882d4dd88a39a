"""The utterances of a corpus by their ids, one to one, in the order of the ids; on disk, so that memory stays flat."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from operator import attrgetter
from pathlib import Path

from sernet.config.corpus import CorpusConfig
from sernet.corpus.entries import Audio, Entry
from sernet.corpus.examine import Findings
from sernet.corpus.names import distinct, speaker_id, utterance_name
from sernet.corpus.people import People
from sernet.errors import SernetError, first_of
from sernet.pipeline.sorting import Sorted

REPEATED = "the same line stands in the list again, and is read once"


class Named:
    """The utterances ``entries`` of a corpus, each under its id.

    A line that a list repeats is read once. A speaker's gender that some utterances tell is told of all.

    Raises:
        SernetError: two utterances would have the same id, or one stands twice with different labels.
    """

    def __init__(self, config: CorpusConfig, entries: Iterable[Entry]) -> None:
        self.findings = Findings()
        self._people = People()
        self._entries = Sorted()
        pairs = Sorted()
        for entry in entries:
            self._people.add(entry.speaker, entry.path, entry.gender, entry.language)
            pairs.put(utterance_id(config, entry), text_of(entry))
        twins = []
        for identity, texts in pairs.groups():
            once = list(dict.fromkeys(texts))
            for text in texts[len(once) :]:
                self.findings.add(REPEATED, entry_of(text).path)
            if len(once) == 1:
                self._entries.put(identity, once[0])
            else:
                twins += self._apart(config, identity, [entry_of(text) for text in once])
        if twins:
            raise SernetError(f"{config.name}: {first_of(twins)}")

    def _apart(self, config: CorpusConfig, identity: str, entries: list[Entry]) -> list[str]:
        """Give ``entries``, whose names are different and make one id, an id each; else what is wrong with them."""
        if len({_named(config, entry) for entry in entries}) == len(entries):
            for entry in entries:
                self._entries.put(f"{_prefix(config, entry)}-{distinct(_named(config, entry))}", text_of(entry))
            return []
        first, second = entries[:2]
        if (first.path, first.start, first.duration) == (second.path, second.start, second.duration):
            differ = [key for key in _NAMES if getattr(first, key) != getattr(second, key)]
            said = "; ".join(f"{key} {getattr(first, key)!r} and {getattr(second, key)!r}" for key in differ)
            return [f"{first.path} stands there twice and is not the same ({said}): keep the right line"]
        paths = first_of([entry.path for entry in entries], 2)
        way = "; try `id: path`" if config.id == "name" and not first.name else "; give each an id of its own"
        return [f"utterances share an id: {identity} ({paths}){way}"]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for _, entry in self.items())

    def items(self) -> Iterator[tuple[str, Entry]]:
        """Id and utterance."""
        for identity, text in self._entries:
            entry = entry_of(text)
            gender = entry.gender or self._people.gender(entry.speaker)
            yield identity, entry if gender == entry.gender else replace(entry, gender=gender)

    def notes(self) -> list[str]:
        """What is odd about its speakers and may be right, a line each."""
        return self._people.notes()


def utterance_id(config: CorpusConfig, entry: Entry) -> str:
    """`<corpus>-<speaker>-<name>`: a speaker's utterances sort together, in Kaldi's C order."""
    return f"{_prefix(config, entry)}-{utterance_name(_named(config, entry))}"


def recording_id(config: CorpusConfig, identity: str, entry: Entry) -> str:
    """That of the utterance itself, where it is a whole recording; else its speaker and the file."""
    return identity if entry.whole else f"{_prefix(config, entry)}-{utterance_name(_file(config, entry))}"


def spoken_by(config: CorpusConfig, identity: str, entry: Entry) -> str:
    """The id of who speaks: the utterance itself where nobody is named, as Kaldi has it."""
    return _prefix(config, entry) if entry.speaker else identity


def _prefix(config: CorpusConfig, entry: Entry) -> str:
    return speaker_id(config.name, entry.speaker) if entry.speaker else config.name


def _named(config: CorpusConfig, entry: Entry) -> str:
    return entry.name or _file(config, entry)


def _file(config: CorpusConfig, entry: Entry) -> str:
    path = Path(entry.path)
    return path.stem if config.id == "name" else path.with_suffix("").as_posix()


_NAMES = tuple(field.name for field in fields(Entry) if field.name != "audio")
_of_entry = attrgetter(*_NAMES)
_of_audio = attrgetter(*(field.name for field in fields(Audio)))


def text_of(entry: Entry) -> str:
    """An utterance as text that can be sorted on disk."""
    return json.dumps([_of_entry(entry), entry.audio and _of_audio(entry.audio)])


def entry_of(text: str) -> Entry:
    """The utterance of a text by `text_of`."""
    values, audio = json.loads(text)
    return Entry(**dict(zip(_NAMES, values, strict=True)), audio=Audio(*audio) if audio else None)

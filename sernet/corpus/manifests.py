"""From utterances to Lhotse manifests; every file is read once, and what is wrong with it is said.

One utterance at a time, what waits to be sorted lies on disk: a corpus of any size takes the same memory.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sernet.config.corpus import CorpusConfig
from sernet.corpus.cut_lines import check_supervision
from sernet.corpus.entries import Audio, BadAudio, Entry
from sernet.corpus.examine import Findings, Heard, examine, fit
from sernet.corpus.named import Named, entry_of, recording_id, spoken_by, text_of
from sernet.corpus.utterances import of_line
from sernet.errors import SernetError, shown
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_jsonl
from sernet.pipeline.sorting import Sorted

if TYPE_CHECKING:  # Lhotse imports torch, which takes longer than most of what is done with manifests
    from lhotse import CutSet, Recording, SupervisionSegment

FILES = ("recordings.jsonl.gz", "supervisions.jsonl.gz", "cuts.jsonl.gz")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An utterance whose recording has been read; times in seconds."""

    id: str
    speaker: str
    """The utterance itself where nobody is named, as Kaldi has it."""
    recording: str
    path: str
    duration: float
    entry: Entry
    audio: Audio


class Manifests:
    """One corpus as Lhotse sees it, made anew each time one goes through it.

    Ids are `<corpus>-<speaker>-<name>`, sorted as C sorts.
    """

    def __init__(self, config: CorpusConfig, root: Path) -> None:
        self._config, self._root = config, str(root)
        self._entries, self._digests = Sorted(), Sorted()
        self.segmented = False
        """Whether there are recordings that hold several utterances."""
        self.seconds = 0.0
        self.rates: Counter[int] = Counter()
        """Utterances by sampling rate in Hz."""
        self.findings = Findings()
        """What was let pass, and is to be said."""

    def put(self, identity: str, entry: Entry) -> None:
        """Add an utterance whose recording has been read, in the order of the ids."""
        item = _prepared(self._config, self._root, identity, entry)
        self._entries.put(identity, text_of(entry))
        self._digests.put(item.audio.digest, identity)
        self.segmented = self.segmented or not entry.whole
        self.seconds += item.duration
        self.rates[item.audio.rate] += 1

    def __len__(self) -> int:
        return len(self._entries)

    def identical(self) -> list[tuple[str, ...]]:
        """Groups of utterances whose recordings have the same samples to the bit."""
        return sorted(tuple(sorted(group)) for _, group in self._digests.groups(at_least=2))

    def __iter__(self) -> Iterator[Prepared]:
        for identity, text in self._entries:
            yield _prepared(self._config, self._root, identity, entry_of(text))

    @property
    def channel(self) -> int:
        """The one that is taken from files with several."""
        return self._config.channel

    @property
    def recordings(self) -> Iterator[Recording]:
        """As Lhotse has them."""
        from lhotse import Recording

        return map(Recording.from_dict, self.recording_dicts())

    @property
    def supervisions(self) -> Iterator[SupervisionSegment]:
        """Their `custom` holds emotion (canonical), emotion_raw, corpus, intensity, session, split and `audio`, the
        SHA-256 of the recording's samples."""
        from lhotse import SupervisionSegment

        return (SupervisionSegment.from_dict(_supervision(self._config, item)) for item in self)

    @property
    def cuts(self) -> CutSet:
        """All of them, in memory."""
        from lhotse import CutSet

        return CutSet.from_dicts(_cut(self._config, item) for item in self)

    def recording_dicts(self) -> Iterator[dict[str, Any]]:
        """Each recording once, sorted; those of segments need sorting again."""
        if not self.segmented:
            yield from map(_recording, self)
            return
        again = Sorted((item.recording, json.dumps(_recording(item))) for item in self)
        for _, same in again.groups():
            yield json.loads(same[0])

    def write(self, folder: Path) -> None:
        """recordings.jsonl.gz, supervisions.jsonl.gz and cuts.jsonl.gz, the same bytes for the same content."""
        with ExitStack() as stack:
            recordings, supervisions, cuts = (stack.enter_context(_jsonl(folder / name)) for name in FILES)
            for item in track(self, len(self), f"writing {self._config.name}"):
                if not self.segmented:
                    _put(recordings, _recording(item))
                _put(supervisions, _supervision(self._config, item))
                _put(cuts, _cut(self._config, item))
            if self.segmented:
                for recording in self.recording_dicts():
                    _put(recordings, recording)


def build(config: CorpusConfig, entries: Iterable[Entry], root: Path) -> tuple[Manifests, list[BadAudio]]:
    """Manifests of all readable ``entries``, and the list of the others.

    Raises:
        SernetError: as `Named`; two recordings that hold pieces would have the same id.
    """
    named = entries if isinstance(entries, Named) else Named(config, entries)
    made = Manifests(config, root)
    made.findings.extend(named.findings)
    bad = []
    shared: dict[str, Heard | str] = {}
    recordings: dict[str, str] = {}
    for identity, entry in track(named.items(), len(named), f"reading {config.name}"):
        found = None if entry.whole else shared.get(entry.path)
        if found is None:
            found = examine(root / entry.path, config.channel, entry.audio)
            for note in () if isinstance(found, str) else found.notes:
                made.findings.add(note, entry.path)
        if not entry.whole:  # one of several utterances of a recording
            shared[entry.path] = found
            recording = recording_id(config, identity, entry)
            if (other := recordings.setdefault(recording, entry.path)) != entry.path:
                raise SernetError(
                    f"{config.name}: recordings share an id: {recording} ({other}, {entry.path}); try `id: path`"
                )
        fitted = found if isinstance(found, str) else fit(entry, found, made.findings)
        if isinstance(fitted, str):
            bad.append(BadAudio(identity, shown(entry.path), fitted))
        else:
            made.put(identity, fitted)
    return made, bad


def write(manifests: Manifests, folder: Path) -> None:
    """See `Manifests.write`."""
    manifests.write(folder)


def read_supervisions(path: Path) -> Iterator[SupervisionSegment]:
    """Those of a supervisions.jsonl.gz of ours, one at a time, as Lhotse has them.

    Raises:
        SernetError: a line is no supervision; names file and line.
    """
    from lhotse import SupervisionSegment

    for where, line in read_jsonl(path):
        check_supervision(line, where)
        yield of_line(SupervisionSegment.from_dict, line, where)


def write_jsonl(path: Path, items: Iterable[Any]) -> None:
    """Gzipped JSON lines without a time stamp inside, whole or not at all."""
    with _jsonl(path) as stream:
        for item in items:
            _put(stream, item)


@contextmanager
def _jsonl(path: Path) -> Iterator[gzip.GzipFile]:
    with atomic(path) as temporary, open(temporary, "wb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6) as stream:
            yield stream


def _put(stream: gzip.GzipFile, item: Any) -> None:
    stream.write((json.dumps(item, ensure_ascii=False) + "\n").encode())


def _prepared(config: CorpusConfig, root: str, identity: str, entry: Entry) -> Prepared:
    assert entry.audio is not None
    length = entry.audio.samples / entry.audio.rate
    return Prepared(
        id=identity,
        speaker=spoken_by(config, identity, entry),
        recording=recording_id(config, identity, entry),
        path=os.path.join(root, entry.path),
        duration=length - entry.start if entry.duration is None else entry.duration,
        entry=entry,
        audio=entry.audio,
    )


# The dictionaries that Lhotse's own `to_dict` gives, at a tenth of the time.


def _recording(item: Prepared) -> dict[str, Any]:
    channels = list(range(item.audio.channels))
    return {
        "id": item.recording,
        "sources": [{"type": "file", "channels": channels, "source": item.path}],
        "sampling_rate": item.audio.rate,
        "num_samples": item.audio.samples,
        "duration": item.audio.samples / item.audio.rate,
        "channel_ids": channels,
    }


def _supervision(config: CorpusConfig, item: Prepared) -> dict[str, Any]:
    entry = item.entry
    custom = {
        "corpus": config.name,
        "emotion": entry.emotion,
        "emotion_raw": entry.emotion_raw,
        "intensity": entry.intensity,
        "session": entry.session,
        "split": entry.split,
        "audio": item.audio.digest,
    }
    whole = {
        "id": item.id,
        "recording_id": item.recording,
        "start": entry.start,
        "duration": item.duration,
        "channel": config.channel,
        "text": entry.text,
        "language": entry.language,
        "speaker": item.speaker,
        "gender": entry.gender,
        "custom": {key: value for key, value in custom.items() if value is not None},
    }
    return {key: value for key, value in whole.items() if value is not None}


def _cut(config: CorpusConfig, item: Prepared) -> dict[str, Any]:
    return {
        "id": item.id,
        "start": item.entry.start,
        "duration": item.duration,
        "channel": config.channel,
        "supervisions": [{**_supervision(config, item), "start": 0.0}],
        "recording": _recording(item),
        "type": "MonoCut",
    }

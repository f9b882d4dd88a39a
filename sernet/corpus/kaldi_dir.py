"""The Kaldi data directory of a corpus, and its check against the Lhotse manifests.

Files are sorted as C sorts, `utt2spk` ids begin with their speaker. Beyond Kaldi's own there are `utt2emo` (canonical
emotion), `utt2lang`, and `reco2file_and_channel` where a channel other than the first is taken. Tables are written and
held against each other line by line, so that a corpus of any size takes the same memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sernet.corpus.examine import unsayable
from sernet.corpus.manifests import Manifests
from sernet.errors import SernetError
from sernet.pipeline.files import atomic, write_text
from sernet.pipeline.reading import read_lines, read_text
from sernet.pipeline.sorting import Sorted

if TYPE_CHECKING:
    from lhotse import SupervisionSegment

GENDERS = {"female": "f", "male": "m"}
TABLES = (
    *("wav.scp", "segments", "reco2file_and_channel", "text"),
    *("utt2spk", "spk2utt", "spk2gender", "utt2emo", "utt2lang", "utt2dur"),
)
WHOLE = ("utt2dur", "segments", "utt2num_frames", "feats.scp")
"""Where they are there, they hold every utterance; ..."""
PARTIAL = ("utt2emo", "utt2lang", "text")
"""... these hold those of which there is something to say."""
SHOWN = 5


def write(manifests: Manifests, folder: Path) -> list[Path]:
    """Write the directory's files and return their paths; a table that has become empty is removed."""
    with ExitStack() as stack:
        tables = _Tables(folder, stack)
        members = Sorted()
        for item in manifests:
            entry = item.entry
            tables.put("utt2spk", item.id, item.speaker)
            tables.put("utt2emo", item.id, entry.emotion)
            tables.put("utt2lang", item.id, entry.language)
            tables.put("utt2dur", item.id, f"{item.duration:.6f}")
            tables.put("text", item.id, " ".join((entry.text or "").split()))
            if not manifests.segmented:
                _put_recording(tables, manifests, item.recording, item.path, item.audio.channels)
            else:
                end = entry.start + item.duration
                tables.put("segments", item.id, f"{item.recording} {entry.start:.6f} {end:.6f}")
            members.put(item.speaker, f"{item.id} {GENDERS.get(entry.gender or '', '')}")
        for speaker, lines in members.groups():
            ids, genders = zip(*(line.split(" ") for line in lines), strict=True)
            tables.put("spk2utt", speaker, " ".join(ids))
            tables.put("spk2gender", speaker, next(filter(None, reversed(genders)), None))
        if manifests.segmented:
            for recording in manifests.recording_dicts():
                (source,) = recording["sources"]
                _put_recording(tables, manifests, recording["id"], source["source"], len(source["channels"]))
    for name in set(TABLES) - set(tables.streams):
        (folder / name).unlink(missing_ok=True)
    return [folder / name for name in TABLES if name in tables.streams]


def _put_recording(tables: _Tables, manifests: Manifests, identity: str, path: str, channels: int) -> None:
    if fault := unsayable(path):
        raise SernetError(f"{path!r} cannot stand in wav.scp: {fault}")
    tables.put("wav.scp", identity, path)
    if channels == 2:
        tables.put("reco2file_and_channel", identity, f"{identity} {'AB'[manifests.channel]}")


class _Tables:
    """Tables that are begun with their first line."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self.streams: dict[str, TextIO] = {}

    def put(self, name: str, key: str, value: str | None) -> None:
        """A line `key value`, if there is a value.

        Raises:
            SernetError: the value would be several lines.
        """
        if not value:
            return
        if len(f"{value}x".splitlines()) > 1:
            raise SernetError(
                f"{key}: what its corpus says of it has a line break, which {name} cannot hold: {value!r}"
            )
        if name not in self.streams:
            temporary = self._stack.enter_context(atomic(self._folder / name))
            self.streams[name] = self._stack.enter_context(temporary.open("w", encoding="utf-8"))
        self.streams[name].write(f"{key} {value}\n")


def write_table(path: Path, table: Mapping[str, str]) -> None:
    """A Kaldi table: `key value`, a line each, in C order."""
    lines = (f"{key} {table[key]}\n" for key in sorted(table, key=str.encode))
    write_text(path, "".join(lines))


def read_table(path: Path) -> dict[str, str]:
    """A Kaldi table, checked; see `lines`."""
    return dict(lines(path))


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """The keys and values of a Kaldi table, one at a time.

    Raises:
        SernetError: a line without a value, a key twice, or keys out of C order; names file and line.
    """
    last = ""
    for number, line in read_lines(path):
        key, _, value = line.partition(" ")
        if not key or not value.strip():
            raise SernetError(f"{path}:{number}: must be a key and a value: {line.rstrip()!r}")
        if key == last:
            raise SernetError(f"{path}:{number}: {key} stands here twice")
        if key < last:  # code points sort as their UTF-8 bytes do
            raise SernetError(f"{path}:{number}: {key} is out of order; sort with LC_ALL=C")
        yield key, value
        last = key


def check(folder: Path, supervisions: Iterable[SupervisionSegment]) -> None:
    """Hold a data directory against itself and against the Lhotse supervisions, sorted by id, of the same corpus.

    Raises:
        SernetError: unsorted or unequal id sets, `spk2utt` not the inverse of `utt2spk`, an id that does not begin
            with its speaker, or speaker, emotion or duration that differ from Lhotse's.
    """
    utterances = Sorted()
    recordings = Sorted()
    for supervision in supervisions:
        emotion = (supervision.custom or {}).get("emotion")
        said = (supervision.speaker, emotion, supervision.language, supervision.gender, supervision.duration)
        utterances.put(supervision.id, json.dumps(["" if part is None else part for part in said]))
        recordings.put(supervision.recording_id, "")
    _same_ids(folder / "utt2spk", utterances, "the Lhotse supervisions")
    for name in WHOLE:
        if (folder / name).exists():
            _same_ids(folder / name, lines(folder / "utt2spk"), "utt2spk")
    once = ((recording, "") for recording, _ in recordings.groups())
    _same_ids(folder / "wav.scp", once, "the Lhotse recordings")
    _inverse(folder)
    columns = {name: _Column(folder / name) for name in ("utt2spk", "utt2dur", *PARTIAL)}
    genders = read_table(folder / "spk2gender") if (folder / "spk2gender").exists() else {}
    for utterance, text in utterances:
        found = {name: column.at(utterance) for name, column in columns.items()}
        speaker, emotion, language, gender, duration = json.loads(text)
        if not utterance.startswith(str(speaker)):
            raise SernetError(f"{folder / 'utt2spk'}: {utterance} does not begin with its speaker {speaker}")
        here = found["utt2spk"] or "", found["utt2emo"] or "", found["utt2lang"] or ""
        if here != (speaker, emotion, language):
            raise SernetError(
                f"{folder}: speaker, emotion or language of {utterance} differs: {here}, "
                f"and Lhotse's {(speaker, emotion, language)}"
            )
        if genders.get(speaker) != GENDERS.get(gender):
            raise SernetError(f"{folder / 'spk2gender'}: {speaker} differs from Lhotse's {gender}")
        if not abs(_number(found["utt2dur"]) - duration) <= 1e-5:
            raise SernetError(f"{folder / 'utt2dur'}: {utterance} differs from Lhotse's {duration} s")
    for column in columns.values():
        column.exhausted()


def complete(source: Path, target: Path) -> None:
    """Make ``target``, which holds feats.scp and utt2num_frames, a whole data directory with the tables of ``source``.

    Raises:
        SernetError: the features are not those of the same utterances.
    """
    for name in TABLES:
        if (source / name).exists():
            write_text(target / name, read_text(source / name))
    for name in ("feats.scp", "utt2num_frames"):
        _same_ids(target / name, lines(target / "utt2spk"), "utt2spk")


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return float("nan")


class _Column:
    """A table that is asked for its values in the order of its keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = lines(path) if path.exists() else iter(())
        self._next = next(self._lines, None)

    def at(self, key: str) -> str | None:
        """The value of ``key``; None where there is none."""
        if self._next is None or self._next[0] != key:
            return None
        value = self._next[1]
        self._next = next(self._lines, None)
        return value

    def exhausted(self) -> None:
        """Refuse lines that nobody has asked for."""
        if self._next is not None:
            raise SernetError(f"{self._path}: no utterance is named {self._next[0]}")


def _inverse(folder: Path) -> None:
    """Refuse a spk2utt that is not the inverse of utt2spk."""
    listed = Sorted()
    for speaker, members in lines(folder / "spk2utt"):
        for utterance in members.split():
            listed.put(utterance, speaker)
    both = _joined(listed, lines(folder / "utt2spk"))
    if odd := list(islice((key for key, here, there in both if here != there), SHOWN)):
        raise SernetError(f"{folder / 'spk2utt'}: is not the inverse of utt2spk: {', '.join(odd)}")


def _same_ids(path: Path, others: Iterable[tuple[str, str]], whose: str) -> None:
    """Refuse a table whose keys are not those of ``others``, which is sorted too."""
    number = {"only here": 0, "only there": 0}
    some: dict[str, list[str]] = {"only here": [], "only there": []}
    for key, here, there in _joined(lines(path), others):
        if here is None or there is None:
            side = "only there" if here is None else "only here"
            number[side] += 1
            some[side] += [key][: max(0, SHOWN - len(some[side]))]
    said = [f"{number[side]} {side} ({', '.join(keys)})" for side, keys in some.items() if keys]
    if said:
        raise SernetError(f"{path}: its utterances are not those of {whose}: {'; '.join(said)}")


def _joined(
    first: Iterable[tuple[str, str]], second: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Each key of two sorted tables with its value in both; None where it is absent."""
    one, other = iter(first), iter(second)
    here, there = next(one, None), next(other, None)
    while here is not None or there is not None:
        key = min(pair[0] for pair in (here, there) if pair is not None)
        left = here[1] if here is not None and here[0] == key else None
        right = there[1] if there is not None and there[0] == key else None
        yield key, left, right
        here = here if left is None else next(one, None)
        there = there if right is None else next(other, None)

"""A Kaldi data directory: wav.scp and utt2spk; utt2emo, utt2lang, text, spk2gender and segments where they are.

Tables are sorted as C sorts, so they are read side by side, a line at a time: memory does not grow with the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.corpus.imports.common import Places, piece, seconds, utterance
from sernet.errors import SernetError
from sernet.pipeline.reading import read_lines

LISTS = ("wav.scp", "utt2spk", "utt2emo", "utt2lang", "text", "spk2gender", "segments", "reco2file_and_channel")


def read(root: Path, corpus: str = "") -> Iterator[Entry]:
    """The utterances of the data directory ``root``, in its order; ``corpus``: see `common.utterance`.

    Raises:
        SernetError: wav.scp or utt2spk is missing, a table is unsorted or names other utterances, or wav.scp names a
            command or an archive; names file and line.
    """
    for name in ("wav.scp", "utt2spk"):
        if not (root / name).exists():
            raise SernetError(f"{root}: no {name}, so it is not a Kaldi data directory")
    places = Places(root, root)
    genders = dict(_lines(root / "spk2gender")) if (root / "spk2gender").exists() else {}
    segmented = (root / "segments").exists()
    recordings = dict(_lines(root / "wav.scp")) if segmented else {}
    columns = {key: _Column(root / name) for key, name in _PER_UTTERANCE.items()}
    audio = _Column(root / ("segments" if segmented else "wav.scp"))
    for identity, speaker in _lines(root / "utt2spk"):
        named = audio.at(identity)
        times: dict[str, float] = {}
        if named is None:
            raise SernetError(f"{root / audio.name}: no {identity}, which utt2spk has")
        if segmented:
            recording, times = _segment(named, f"{root / 'segments'}: {identity}")
            if recording not in recordings:
                raise SernetError(f"{root / 'wav.scp'}: no {recording}, which segments has")
            named = recordings[recording]
        said = {key: column.at(identity) for key, column in columns.items()}
        where = f"{root / 'wav.scp'}: {identity}"
        yield utterance(
            places.path(_file(named, where), where),
            corpus=corpus,
            identity=identity,
            speaker=speaker,
            whole=not segmented,
            gender=genders.get(speaker),
            **said,
            **times,
        )
    for column in (audio, *columns.values()):
        column.finish()


_PER_UTTERANCE = {"emotion_raw": "utt2emo", "language": "utt2lang", "text": "text"}


def channel(root: Path) -> int:
    """The channel that all utterances are taken from, counted from 0.

    Raises:
        SernetError: they are taken from different ones.
    """
    path = root / "reco2file_and_channel"
    named = {value.split()[-1] for _, value in _lines(path)} if path.exists() else set()
    named = named or {"A"}
    if len(named) > 1 or not named <= {"A", "B", "1", "2"}:
        raise SernetError(f"{path}: channels {', '.join(sorted(named))}; a corpus is read from one of A and B")
    return "AB12".index(named.pop()) % 2


class _Column:
    """The values of a sorted table, asked for in its order."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._lines = _lines(path) if path.exists() else iter(())
        self._next = next(self._lines, None)

    def at(self, key: str) -> str | None:
        """The value of ``key``, None where the table has none."""
        if self._next is None or self._next[0].encode() > key.encode():
            return None
        found, value = self._next
        if found != key:
            raise SernetError(f"{self._path}: {found} is not in utt2spk, or that is not sorted (LC_ALL=C sort)")
        self._next = next(self._lines, None)
        return value

    def finish(self) -> None:
        """Refuse what has not been asked for."""
        if self._next is not None:
            raise SernetError(f"{self._path}: {self._next[0]} is not in utt2spk")


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    last = b""
    for number, line in read_lines(path):
        key, _, value = line.strip().replace("\t", " ").partition(" ")
        if not key or (not value and path.name != "text"):
            raise SernetError(f"{path}:{number}: must be a key and a value: {line.rstrip()!r}")
        if key.encode() <= last:
            raise SernetError(f"{path}:{number}: {key} is out of order or there twice; sort with LC_ALL=C sort")
        last = key.encode()
        yield key, value.strip()


def _file(value: str, where: str) -> str:
    if value.startswith("|") or value.endswith("|"):
        raise SernetError(
            f"{where}: is a command ({value}); sernet runs none that a list names: write the audio to files"
        )
    if ".ark:" in value or value == "-":
        raise SernetError(f"{where}: lies in an archive or pipe ({value}); write the audio to files")
    return value


def _segment(value: str, where: str) -> tuple[str, dict[str, float]]:
    parts = value.split()
    if len(parts) != 3:
        raise SernetError(f"{where}: must be a recording, its start and its end: {value!r}")
    start = seconds(parts[1], where)
    if parts[2].startswith("-") and seconds(parts[2][1:], where):  # Kaldi's way of saying: to the end
        return parts[0], piece(start, None, None, where)
    return parts[0], piece(start, seconds(parts[2], where), None, where)

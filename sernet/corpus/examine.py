"""Hears each recording once and holds the pieces of it against it: what is wrong is said of each, nothing ends here."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from sernet.audio.faults import SLACK, Listener, incomplete, silent
from sernet.audio.reading import open_audio
from sernet.corpus.entries import Audio, Entry
from sernet.errors import SernetError, shown

EXAMPLES = 3
"""Files that a finding names."""
FAR = 10
"""A piece that ends this many times beyond its recording is in another unit than seconds."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording that is of use."""

    audio: Audio
    silences: tuple[tuple[int, int], ...] = ()
    """Where nothing is to be heard: first sample, and the first one behind."""
    notes: tuple[str, ...] = ()
    """What is odd and does no harm."""


@dataclass
class Findings:
    """What stage 1 lets pass and says: how often, and the first files."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, path: str) -> None:
        """Count one of ``what``."""
        self.counts[what] += 1
        examples = self.examples.setdefault(what, [])
        if len(examples) < EXAMPLES and path not in examples:
            examples.append(shown(path))

    def lines(self) -> list[str]:
        """A line each, the most frequent first."""
        return [
            f"{n} times: {what} (such as {', '.join(self.examples[what])})" for what, n in self.counts.most_common()
        ]

    def extend(self, others: Findings) -> None:
        """Add those of ``others``."""
        for what, number in others.counts.items():
            for path in others.examples[what]:
                self.add(what, path)
            self.counts[what] += number - len(others.examples[what])


def examine(path: Path, channel: int, known: Audio | None = None) -> Heard | str:
    """What is in a file, or what is wrong with it; the file of ``known`` is not read."""
    try:
        if unsayable(str(path)):
            return unsayable(str(path))
        return _check(Heard(known), channel) if known else _hear(path, channel)
    except SernetError as error:
        return str(error)
    except Exception as error:  # a file may hold anything, and one that breaks a library must not end the corpus
        return f"cannot be read: {type(error).__name__}: {error}"


def _hear(path: Path, channel: int) -> Heard | str:
    digest = hashlib.sha256()
    with open_audio(path) as audio:
        if channel >= audio.channels:
            return _check(Heard(Audio(audio.rate, 1, audio.channels, "")), channel)
        listener = Listener(audio.rate, audio.channels, channel)
        for block in audio.blocks():
            digest.update(block.reshape(-1).data)
            listener.put(block)
        missing, note = incomplete(audio.said, listener.samples, audio.rate)
        if fault := missing or listener.fault():
            return fault
        notes = tuple(filter(None, (note and _counted_alike(note), listener.note())))
        found = Audio(audio.rate, listener.samples, audio.channels, digest.hexdigest())
        return Heard(found, tuple(listener.silences), notes)


def _counted_alike(note: str) -> str:
    """A note without its numbers, so that files of one kind are counted together."""
    return "holds a few samples less or more than its header says" if note.startswith("holds") else note


def _check(heard: Heard, channel: int) -> Heard | str:
    if not heard.audio.samples:
        return "has no samples"
    if channel >= heard.audio.channels:
        return f"has {heard.audio.channels} channels; corpus.yaml takes channel {channel} (they count from 0)"
    return heard


def fit(entry: Entry, heard: Heard, findings: Findings) -> Entry | str:
    """The utterance, held against its recording and with its audio; or why it is not a piece of it.

    An end up to `SLACK` seconds beyond the recording, a few frames, is what rounding makes, and is cut.
    """
    length = heard.audio.samples / heard.audio.rate
    start, duration = entry.start, entry.duration
    if not math.isfinite(start) or start < 0:
        return f"starts at {start:g} s, which is no time in a recording"
    if duration is not None and (not math.isfinite(duration) or duration <= 0):
        return f"lasts {duration:g} s"
    if start >= length:
        return f"starts at {start:g} s, beyond the end of its recording of {length:.6g} s{_unit(start, heard.audio)}"
    if duration is not None and start + duration > length:
        end = start + duration
        if end - length > SLACK + 1e-9:
            beyond = f"{end - length:.3g} s beyond its recording of {length:.6g} s"
            return f"ends at {end:g} s, {beyond}{_unit(end, heard.audio)}"
        if end - length > 0.5 / heard.audio.rate:
            findings.add(f"ends up to {SLACK:g} s beyond its recording, and is cut there", entry.path)
        duration = length - start
    if start and entry.duration is None:
        findings.add("has a start and no end, and goes to the end of its recording", entry.path)
    last = heard.audio.samples if duration is None else round((start + duration) * heard.audio.rate)
    if not entry.whole and silent(heard.silences, round(start * heard.audio.rate), last):
        return f"is silent throughout, from {start:g} s on"
    return replace(entry, audio=heard.audio, duration=duration)


def _unit(seconds: float, audio: Audio) -> str:
    """A guess in which unit a list counts."""
    length = audio.samples / audio.rate
    if seconds < FAR * length:
        return ""
    if seconds <= 1000 * (length + SLACK):
        return "; milliseconds?"
    return "; samples?" if seconds <= audio.samples + SLACK * audio.rate else ""


def unsayable(path: str) -> str:
    """Why a path must not stand in a list that others read; nothing: it may.

    Kaldi's tools run what ends or begins with `|`, cut blanks off, and take `:7` and `[0:9]` at the end for a place.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return f"its name is not UTF-8, and no list can name it: rename it ({shown(Path(path).name)})"
    if len(path.splitlines()) > 1 or any(unicodedata.category(character) == "Cc" for character in path):
        return f"its name holds a line break or another control character: rename it ({path!r})"
    if path.endswith("|") or path.startswith("|"):
        return f"its name begins or ends with |, so Kaldi's tools would run it as a command: rename it ({path!r})"
    if path != path.strip():
        return f"its name ends with a blank, which tables lose: rename it ({path!r})"
    if path.endswith("]") or (path.rpartition(":")[2].isdecimal() and ":" in path):
        return f"Kaldi's tools would take the end of its name for a place in an archive: rename it ({path!r})"
    return ""

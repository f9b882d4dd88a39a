"""How many samples a file's own header promises, told from its bytes.

libsndfile counts what is there, so a file that was cut in two looks complete to it, and of two MP3 files in one it
reads the first. Formats: RIFF and RF64 (WAV), AIFF, AU, NIST Sphere, CAF, Ogg, FLAC, MP3; of others nothing is said.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import IO

from sernet.audio.mpeg import walk

UNKNOWN = 0x7FFF0000
"""Sizes from here on are what programs write that do not know the size yet, because they write into a pipe."""
SEVERAL = "several files in one, of which only the first is read"
PAGE = 1 << 16
"""Bytes that the last page of an Ogg file begins in; a page has at most 65,307."""


@dataclass(frozen=True)
class Promise:
    """What a header says of the samples (of each channel) of its file."""

    samples: int | None = None
    """None: it says nothing, or nothing that can be compared."""
    fault: str = ""
    """What is wrong with the file whatever can be read of it."""
    note: str = ""
    """What is odd about it and does no harm."""


def promise(stream: IO[bytes], frames: int) -> Promise:
    """What the header of the file in ``stream`` promises; ``frames`` is what libsndfile makes of it."""
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    stream.seek(0)
    head = stream.read(16)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return _riff(stream, head, size, frames)
    if head[:4] == b"FORM":
        return _chunks(stream, frames, size, 12, ">4sI", b"SSND", skip=8)
    if head[:4] == b"riff":  # Sony Wave64: the length of the whole file stands behind a mark of 16 bytes
        return _sized(frames, int.from_bytes(stream.read(8), "little") - 128, size - 128)
    if head[:4] == b"caff":
        return _chunks(stream, frames, size, 8, ">4sQ", b"data", skip=4)
    if head[:4] == b".snd":
        start, length = struct.unpack(">II", head[4:12])
        return _sized(frames, length, size - start)
    if head[:7] == b"NIST_1A":
        return _sphere(stream)
    if head[:4] == b"OggS":
        return _ogg(stream, size)
    if head[:4] == b"fLaC":
        joined = _find(stream, b"fLaC\0\0\0\x22", after=8) >= 0
        return Promise(frames, f"is {SEVERAL}" if joined else "")
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
        return _mpeg(stream, frames)
    return Promise()


def _riff(stream: IO[bytes], head: bytes, size: int, frames: int) -> Promise:
    order = ">" if head[:4] == b"RIFX" else "<"
    large = None
    if head[:4] == b"RF64":
        stream.seek(12)
        name, _, _, data = struct.unpack("<4sIQQ", stream.read(24).ljust(24, b"\0"))
        large = data if name == b"ds64" else None
    return _chunks(stream, frames, size, 12, f"{order}4sI", b"data", large=large)


def _chunks(
    stream: IO[bytes],
    frames: int,
    size: int,
    start: int,
    form: str,
    wanted: bytes,
    skip: int = 0,
    large: int | None = None,
) -> Promise:
    """The chunk of the samples, of which ``skip`` bytes are not samples; ``large``: its size as told elsewhere."""
    at = start
    while at < size:
        stream.seek(at)
        head = stream.read(struct.calcsize(form))
        if len(head) < struct.calcsize(form):
            break
        name, length = struct.unpack(form, head)
        at += len(head)
        if name == wanted:
            length = length if large is None else large
            made = _sized(frames, length - skip, size - at - skip)
            end = at + length + length % 2
            stream.seek(end) if end < size else stream.seek(0, os.SEEK_END)
            if not made.fault and stream.read(4) in (b"RIFF", b"FORM", b"RF64"):
                return Promise(made.samples, f"is {SEVERAL}")
            return made
        at += length + length % 2
    return Promise()


def _sized(frames: int, promised: int, there: int) -> Promise:
    """A header that names the ``promised`` bytes of samples, of which at most ``there`` are in the file."""
    if promised <= 0:
        if there > 0 and not frames:
            return Promise(
                fault=f"says that it holds no sound, and {there} bytes follow: its recording was not finished"
            )
        return Promise(note="its header does not say how long it is" if there > 0 else "")
    if promised <= there or not frames:
        return Promise(frames)
    if promised >= UNKNOWN and there < UNKNOWN:
        return Promise(frames, note="its header does not say how long it is")
    width, rest = divmod(there, frames)
    return Promise(promised // width if rest < width else round(frames * promised / there))


def _sphere(stream: IO[bytes]) -> Promise:
    stream.seek(0)
    for line in stream.read(1024).decode("latin-1").splitlines():
        name, _, value = line.partition(" -i ")
        if name == "sample_count" and value.strip().isdecimal():
            return Promise(int(value))
    return Promise()


def _ogg(stream: IO[bytes], size: int) -> Promise:
    """Its last page is marked as such, and none behind the first ones is marked as the first."""
    stream.seek(max(0, size - PAGE))
    tail = stream.read(PAGE)
    page = tail[at:] if (at := tail.rfind(b"OggS\0")) >= 0 else b""
    lacing = page[27 : 27 + page[26]] if len(page) > 26 else b""
    if not lacing or not page[5] & 4 or len(page) < 27 + len(lacing) + sum(lacing):
        return Promise(fault="ends in the middle: its last page is missing")
    at = 0
    while (at := _find(stream, b"OggS\0\2", after=at + 1)) >= 0:
        stream.seek(max(0, at - PAGE))
        before = stream.read(at - stream.tell())
        page = before[before.rfind(b"OggS\0") :]
        if len(page) > 5 and not page[5] & 2:
            return Promise(fault=f"is {SEVERAL}")
    return Promise()


def _mpeg(stream: IO[bytes], frames: int) -> Promise:
    stream.seek(0)
    found = walk(stream)
    if found.said is None:  # then libsndfile guesses, from the first frame, and reads no more than that
        return Promise(found.samples) if found.samples else Promise()
    if found.frames > found.said + 2:
        more = (found.frames - found.said) * found.frame
        return Promise(frames, f"goes on for {more} samples after those that its header counts: {SEVERAL}?")
    return Promise(frames)


def _find(stream: IO[bytes], mark: bytes, after: int) -> int:
    """Where ``mark`` stands in the file, at byte ``after`` or later; -1: nowhere."""
    stream.seek(after)
    place, before = after, b""
    while block := stream.read(1 << 20):
        text = before + block
        if (found := text.find(mark)) >= 0:
            return place - len(before) + found
        place += len(block)
        before = text[-len(mark) + 1 :]
    return -1

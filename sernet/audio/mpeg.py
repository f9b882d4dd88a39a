"""The frames of an MP3 file, counted by their headers (ISO/IEC 11172-3, 13818-3; Xing's and LAME's first frame)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO

VERSIONS = {3: 1, 2: 2, 0: 2}
RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
KBITS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version and layer."""
BLOCK = 1 << 20
LONGEST = 2881
"""Bytes of the longest frame: layer II, 384 kbit/s at 32 kHz, with a slot of padding."""


@dataclass(frozen=True)
class Frames:
    """What was counted."""

    frames: int
    """Of sound; the first frame of Xing and LAME holds none."""
    frame: int
    """Samples of each."""
    said: int | None
    """How many the first frame says there are; None: there is no such frame."""

    @property
    def samples(self) -> int:
        return self.frames * self.frame


def walk(stream: IO[bytes]) -> Frames:
    """Count the frames from the stream's position on; what stands between them is passed over."""
    count, samples, said = 0, 0, None
    data, start, done = b"", 0, False
    while True:
        if len(data) - start < 2 * LONGEST and not done:
            block = stream.read(BLOCK)
            done = len(block) < BLOCK
            data, start = data[start:] + block, 0
        if data[start : start + 3] == b"ID3" and len(data) >= start + 10:  # a tag, with its length
            size = sum(
                (byte & 127) << shift for byte, shift in zip(data[start + 6 : start + 10], (21, 14, 7, 0), strict=True)
            )
            left = start + 10 + size - len(data)
            if left > 0:
                stream.seek(left, os.SEEK_CUR)
            start = min(len(data), start + 10 + size)
            continue
        found = _header(data, start)
        if found is None or (
            not samples and _header(data, start + found[0]) is None and len(data) > start + found[0] + 4
        ):
            start = data.find(b"\xff", start + 1)
            if start < 0:
                data, start = b"", 0
                if done:
                    break
            continue
        length, samples = found
        if count == 0 and said is None and (told := _told(data[start : start + length])) is not None:
            said = told
        elif start + length <= len(data):
            count += 1
        start += length
        if start >= len(data) and done:
            break
    return Frames(count, samples, said)


def _header(data: bytes, at: int) -> tuple[int, int] | None:
    """Bytes and samples of the frame whose header stands at ``at``; None: none does."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    kbits, rate, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version == 1 or layer == 4 or kbits in (0, 15) or rate == 3:
        return None
    bits, hertz = KBITS[VERSIONS[version], layer][kbits - 1] * 1000, RATES[version][rate]
    if layer == 1:
        return (12 * bits // hertz + padding) * 4, 384
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bits // hertz + padding, samples


def _told(frame: bytes) -> int | None:
    """The number of frames that a frame of Xing or LAME tells, or one of Fraunhofer (VBRI)."""
    for mark, place in ((b"Xing", 8), (b"Info", 8), (b"VBRI", 14)):
        at = frame[:64].find(mark)
        if at >= 0 and len(frame) >= at + place + 4 and (mark == b"VBRI" or frame[at + 7] & 1):
            return int.from_bytes(frame[at + place : at + place + 4], "big")
    return None

"""Kaldi arks: written by kaldiio, read by an own seek.

A read touches only the frames that it wants. Only plain matrices are read: shell pipes and pickled entries, which
kaldiio would run, are refused, as an ark from a stranger must not be code.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import kaldiio
import numpy as np

from sernet.errors import SernetError

COMPRESSION = {"float32": None, "int16": 3}
"""Our storage names -> kaldiio's compression methods; 3 is Kaldi's kTwoByteAuto, 4, 6 and 7 are wrong for log-mels."""


def append(stream: BinaryIO, key: str, matrix: np.ndarray, storage: str) -> int:
    """Append ``matrix`` (frames, bins) to an ark; returns the offset that a scp line or `read` takes.

    Raises:
        SernetError: a key with white space, or values that are not finite.
    """
    if not key or any(character.isspace() for character in key):
        raise SernetError(f"{key!r} cannot be a key of an ark: it is empty or holds white space")
    if not np.isfinite(matrix).all():
        raise SernetError(f"features of {key} are not finite")
    offset = stream.tell() + len(key.encode()) + 1
    kaldiio.save_ark(stream, {key: matrix.astype(np.float32)}, compression_method=COMPRESSION[storage])
    return offset


def read(path: Path, offset: int, first: int = 0, frames: int | None = None) -> np.ndarray:
    """Frames ``first`` to ``first + frames`` of the matrix at ``offset``, float32 (frames, bins).

    Raises:
        SernetError: it is not a float32 or 2-byte compressed matrix, or ends too soon.
    """
    with open(path, "rb") as stream:
        return read_stream(stream, offset, first, frames, str(path))


def read_stream(stream: BinaryIO, offset: int, first: int, frames: int | None, where: str) -> np.ndarray:
    """As `read`, from an open file; ``where`` names it in errors."""
    stream.seek(offset)
    head = stream.read(5)
    if head == b"\0BFM ":
        rows, columns = struct.unpack("<xixi", _exactly(stream, 10, where, offset))
        width, low, step = 4, 0.0, 0.0
    elif head == b"\0BCM2" and stream.read(1) == b" ":
        low, step, rows, columns = struct.unpack("<ffii", _exactly(stream, 16, where, offset))
        width, step = 2, step / 65535
    else:
        raise SernetError(
            f"{where}:{offset}: not a float32 or 2-byte compressed matrix of Kaldi's binary format (it begins "
            f"{head!r}); other kinds, pickles among them, are not read"
        )
    last = rows if frames is None else min(rows, first + frames)
    if not 0 <= first <= rows:
        raise SernetError(f"{where}:{offset}: frame {first} of a matrix of {rows}")
    stream.seek(first * columns * width, 1)
    data = _exactly(stream, (last - first) * columns * width, where, offset)
    if width == 4:
        return np.frombuffer(data, "<f4").reshape(-1, columns).astype(np.float32)
    return (np.frombuffer(data, "<u2").astype(np.float32) * np.float32(step) + np.float32(low)).reshape(-1, columns)


def read_scp(path: Path) -> dict[str, tuple[Path, int]]:
    """Key -> (ark, offset) of a feats.scp.

    Raises:
        SernetError: a shell pipe, or a line that is not `key path:offset`; names the line.
    """
    entries = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        key, _, place = line.strip().partition(" ")
        if "|" in place:
            raise SernetError(f"{path}:{number}: {key} is a shell pipe, which sernet does not run: {place}")
        ark, colon, offset = place.rpartition(":")
        if not colon or not offset.isdigit():
            raise SernetError(f"{path}:{number}: must be `key path:offset`: {line!r}")
        entries[key] = Path(ark), int(offset)
    return entries


def _exactly(stream: BinaryIO, size: int, where: str, offset: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise SernetError(f"{where}:{offset}: the matrix ends too soon; make the features again (--stage features)")
    return data

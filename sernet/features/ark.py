"""Kaldi arks: written by kaldiio, read by an own seek.

A read touches only the frames that it wants. Only plain matrices are read: shell pipes and pickled entries, which
kaldiio would run, are refused, as an ark from a stranger must not be code.
"""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import kaldiio
import numpy as np

from sernet.errors import SernetError
from sernet.pipeline.reading import read_lines

COMPRESSION = {"float32": None, "int16": 3}
"""Our storage names -> kaldiio's compression methods; 3 is Kaldi's kTwoByteAuto, 4, 6 and 7 are wrong for log-mels."""
AGAIN = "make the features again (--stage features)"


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
        SernetError: it is not a float32 or 2-byte compressed matrix, is damaged, or ends too soon.
    """
    try:
        with open(path, "rb") as stream:
            return read_stream(stream, offset, first, frames, str(path))
    except OSError as error:
        raise SernetError(f"{path}: cannot be read: {error.strerror}; {AGAIN}") from error


def read_stream(
    stream: BinaryIO, offset: int, first: int, frames: int | None, where: str, key: str | None = None
) -> np.ndarray:
    """As `read`, from an open file; ``where`` names it in errors, and ``key`` is whose matrix must stand there."""
    size = stream.seek(0, os.SEEK_END)
    if not 0 <= offset < size:
        raise SernetError(f"{where}:{offset}: the ark has {size} bytes; {AGAIN}")
    before = b"" if key is None else f"{key} ".encode()
    stream.seek(max(0, offset - len(before)))
    if stream.read(len(before)) != before:
        raise SernetError(f"{where}:{offset}: the matrix there is not that of {key}; {AGAIN}")
    head = stream.read(5)
    if head == b"\0BFM ":
        rows_size, rows, columns_size, columns = struct.unpack("<bibi", _exactly(stream, 10, where, offset))
        width, low, step, whole = 4, 0.0, 0.0, rows_size == columns_size == 4
    elif head == b"\0BCM2" and stream.read(1) == b" ":
        low, step, rows, columns = struct.unpack("<ffii", _exactly(stream, 16, where, offset))
        width, step, whole = 2, step / 65535, math.isfinite(low) and math.isfinite(step)
    else:
        raise SernetError(
            f"{where}:{offset}: not a float32 or 2-byte compressed matrix of Kaldi's binary format (it begins "
            f"{head!r}); other kinds, pickles among them, are not read"
        )
    if not whole or rows < 0 or columns < 1:
        raise SernetError(f"{where}:{offset}: the head of the matrix is damaged; {AGAIN}")
    if rows * columns * width > size - stream.tell():
        raise SernetError(f"{where}:{offset}: the matrix ends too soon; {AGAIN}")
    if not 0 <= first <= rows:
        raise SernetError(f"{where}:{offset}: frame {first} of a matrix of {rows}")
    last = rows if frames is None else min(rows, first + max(0, frames))
    stream.seek(first * columns * width, 1)
    data = _exactly(stream, (last - first) * columns * width, where, offset)
    if width == 2:
        values = np.frombuffer(data, "<u2").astype(np.float32) * np.float32(step) + np.float32(low)
        return values.reshape(-1, columns)
    matrix = np.frombuffer(data, "<f4").astype(np.float32).reshape(-1, columns)
    if not np.isfinite(matrix).all():
        raise SernetError(f"{where}:{offset}: the matrix holds values that are not finite; {AGAIN}")
    return matrix


def read_all(path: Path, places: Iterable[tuple[int, str]]) -> list[np.ndarray]:
    """The whole matrices at ``places``: offset, and the key that must stand before it.

    Raises:
        SernetError: see `read`; another key stands there.
    """
    try:
        with open(path, "rb") as stream:
            return [read_stream(stream, offset, 0, None, str(path), key) for offset, key in places]
    except OSError as error:
        raise SernetError(f"{path}: cannot be read: {error.strerror}; {AGAIN}") from error


def read_scp(path: Path) -> dict[str, tuple[Path, int]]:
    """Key -> (ark, offset) of a feats.scp.

    Raises:
        SernetError: a shell pipe, a key twice, or a line that is not `key path:offset`; names the line.
    """
    entries: dict[str, tuple[Path, int]] = {}
    for number, line in read_lines(path):
        key, _, place = line.strip().partition(" ")
        if "|" in place:
            raise SernetError(f"{path}:{number}: {key} is a shell pipe, which sernet does not run: {place}")
        ark, _, offset = place.strip().rpartition(":")
        if not ark or not re.fullmatch("[0-9]{1,19}", offset):
            raise SernetError(f"{path}:{number}: must be `key path:offset`: {line!r}")
        if key in entries:
            raise SernetError(f"{path}:{number}: {key} stands here twice")
        entries[key] = Path(ark), int(offset)
    return entries


def _exactly(stream: BinaryIO, size: int, where: str, offset: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise SernetError(f"{where}:{offset}: the matrix ends too soon; {AGAIN}")
    return data

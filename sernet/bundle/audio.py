"""Recordings of any format, rate and length, a piece at a time."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sernet.errors import SernetError

PIECE_SECONDS = 60.0
"""Up to here a recording is one utterance, as in training; a longer one is cut into equal pieces of at most this."""

Samples = NDArray[np.float32]


def pieces(
    source: str | IO[bytes], channel: int | None = None, start: float = 0.0, duration: float | None = None
) -> Iterator[tuple[Samples, int]]:
    """Mono samples, float32 (n,) within +-1, and their rate in Hz, of what libsndfile reads, piece after piece.

    Args:
        channel: the one to take; None: the mean of all.
        start, duration: seconds, of a part; None: to the end.

    Raises:
        SernetError: it cannot be read, has no such channel, or holds samples that are not finite.
    """
    if isinstance(source, str) and not os.path.isfile(source):
        raise SernetError(f"no such file: {source}")
    try:
        with soundfile.SoundFile(source) as file:
            if channel is not None and channel >= file.channels:
                raise SernetError(f"has {file.channels} channels, no channel {channel}")
            file.seek(round(start * file.samplerate))
            left = file.frames - file.tell()
            if duration is not None:
                left = min(left, round(duration * file.samplerate))
            size = equal_size(left, file.samplerate)
            while left > 0:
                block = file.read(min(size, left), dtype="float32", always_2d=True)
                if not len(block):  # a header may promise more than there is
                    return
                left -= len(block)
                yield mono(block, channel), file.samplerate
    except (soundfile.SoundFileError, OSError) as error:
        raise SernetError(f"cannot be read: {error}") from error


def equal_size(samples: int, rate: int) -> int:
    """Samples of each of the fewest equal pieces that are no longer than `PIECE_SECONDS`."""
    count = max(1, math.ceil(samples / (PIECE_SECONDS * rate)))
    return max(1, math.ceil(samples / count))


def mono(samples: NDArray[Any], channel: int | None = None) -> Samples:
    """One channel, float32 (n,) within +-1, of samples (n,) or (n, channels), floats or integers of full range."""
    samples = np.asarray(samples)
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and samples.shape[1] > samples.shape[0] > 0):
        raise SernetError(f"samples of shape {samples.shape}; expected (n,) or (n, channels)")
    if np.issubdtype(samples.dtype, np.signedinteger):
        samples = samples / -float(np.iinfo(samples.dtype).min)
    elif not np.issubdtype(samples.dtype, np.floating):
        raise SernetError(f"samples of type {samples.dtype}; expected floats within +-1 or signed integers")
    if samples.ndim == 2:
        samples = samples.mean(axis=1) if channel is None else samples[:, channel]
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise SernetError("holds samples that are not finite")
    return samples

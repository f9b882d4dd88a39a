"""Recordings of any format, rate and length, a piece at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sernet.audio.faults import FRAME, SLACK, Listener, incomplete
from sernet.audio.rates import HIGHEST, LOWEST
from sernet.audio.reading import OpenAudio, open_audio
from sernet.errors import SernetError

PIECE_SECONDS = 60.0
"""Up to here a recording is one utterance, as in training; a longer one is cut into equal pieces of at most this."""
WIDEST = 1 << 23
"""Whole numbers up to this could be samples of 16 or 24 bits in a wider type, or very quiet ones of 32 bits."""

Samples = NDArray[np.float32]


def pieces(
    source: str | IO[bytes],
    channel: int | None = None,
    start: float = 0.0,
    duration: float | None = None,
    notes: list[str] | None = None,
) -> Iterator[tuple[Samples, int]]:
    """Mono samples, float32 (n,) within +-1, and their rate in Hz, of what libsndfile reads, piece after piece.

    Args:
        channel: the one to take; None: the mean of all.
        start, duration: seconds, of a part; None: to the end.
        notes: takes what is odd about the recording and does no harm, when it has been read.

    Raises:
        SernetError: it cannot be read, has no such channel or part, or has a fault of `sernet.audio.faults`: what it
            holds is silent, not finite, far beyond full scale, or not what its header says.
    """
    with open_audio(source) as file:
        if channel is not None and not 0 <= channel < file.channels:
            raise SernetError(f"has {file.channels} channel{'s' * (file.channels > 1)}, no channel {channel}")
        first, wanted = _part(file, start, duration)
        listener = Listener(file.rate, file.channels, channel)
        size = _size(file.frames - first if wanted is None else wanted, file.rate)
        held: list[Samples] = []
        for block in file.blocks(first, wanted):
            held.append(listener.put(block))
            if sum(map(len, held)) >= size:
                joined = np.concatenate(held)
                yield from ((joined[at : at + size], file.rate) for at in range(0, len(joined) // size * size, size))
                held = [joined[len(joined) // size * size :]]
        if any(map(len, held)):
            yield np.concatenate(held), file.rate
        note = ""
        fault = listener.fault()
        if not first and wanted is None:
            incomplete_fault, note = incomplete(file.said, listener.samples, file.rate)
            fault = incomplete_fault or fault
        if fault:
            raise SernetError(fault)
        if notes is not None:
            notes.extend(filter(None, (note, listener.note())))
            heard = listener.samples / file.rate
            if duration is not None and duration - heard > SLACK:
                notes.append(f"its part is {duration:g} s long, and {heard:.3f} s are there")


def _part(file: OpenAudio, start: Any, duration: Any) -> tuple[int, int | None]:
    """First sample and number of samples of a part in seconds; None: to the end."""
    for name, value in (("start", start), ("duration", duration)):
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not (number and value >= 0) and (name, value) != ("duration", None):
            raise SernetError(f"its {name} is {str(value)[:40]!r}, which is not a time in seconds")
    first = round(start * file.rate)
    if first and first >= file.frames:
        raise SernetError(f"begins at {start:g} s, and its file lasts {file.frames / file.rate:.3f} s")
    wanted = None if duration is None else round(duration * file.rate)
    return first, None if wanted is None or (not first and wanted >= file.frames) else wanted


def _size(expected: int, rate: int) -> int:
    """Samples of a piece: what is expected may be wrong, so where one piece would do it is as long as one can be."""
    return max(equal_size(expected, rate), round(PIECE_SECONDS * rate) if expected <= PIECE_SECONDS * rate else 1)


def equal_size(samples: int, rate: int) -> int:
    """Samples of each of the fewest equal pieces that are no longer than `PIECE_SECONDS`."""
    count = max(1, math.ceil(samples / (PIECE_SECONDS * rate)))
    return max(1, math.ceil(samples / count))


def mono(samples: Any, rate: Any) -> tuple[Samples, int]:
    """The mean of the channels, float32 (n,) within +-1, of samples (n,) or (n, channels), and their rate in Hz.

    Floats are within +-1, whole numbers are int8 or int16 of full range. Wider whole numbers are taken where they can
    only be samples of 32 bits.

    Raises:
        SernetError: another shape or type, values that could be meant in two ways, or a fault of
            `sernet.audio.faults`.
    """
    try:
        array = np.asarray(samples)
    except Exception as error:  # a ragged list, a tensor on another device, ...: whatever its own type raises
        raise SernetError(f"samples that are no array: {error}") from error
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > array.shape[0] > 0):
        raise SernetError(f"samples of shape {array.shape}; expected (n,) or (n, channels)")
    if not isinstance(rate, int | float | np.integer | np.floating) or rate != rate or rate != np.floor(rate):
        raise SernetError(f"a rate of {rate!r}; expected whole Hz, such as 16000")
    if not LOWEST <= rate <= HIGHEST:
        raise SernetError(f"a rate of {rate} Hz; a sampling rate is between {LOWEST} and {HIGHEST} Hz")
    scaled = np.ascontiguousarray(_full_scale(array), dtype=np.float32)
    scaled = scaled[:, None] if scaled.ndim == 1 else scaled
    listener = Listener(int(rate), max(1, scaled.shape[1]))
    taken = listener.put(scaled) if len(scaled) else np.empty(0, np.float32)
    if len(taken) >= FRAME * rate and (fault := listener.fault()):
        raise SernetError(f"the recording {fault}")
    return taken, int(rate)


def _full_scale(samples: NDArray[Any]) -> NDArray[Any]:
    """``samples`` as floats within +-1."""
    if np.issubdtype(samples.dtype, np.floating):
        return samples
    if samples.dtype in (np.int8, np.int16):
        return samples / -float(np.iinfo(samples.dtype).min)
    if not np.issubdtype(samples.dtype, np.signedinteger):
        hint = "; if 128 is silence, as in WAV files of 8 bits: (samples - 128) / 128" * (samples.dtype == np.uint8)
        raise SernetError(f"samples of type {samples.dtype}; expected floats within +-1, or int16{hint}")
    peak = max(abs(int(samples.max(initial=0))), abs(int(samples.min(initial=0))))
    if samples.dtype == np.int32 and peak > WIDEST:
        return samples / 2.0**31
    bits = 16 if peak <= 1 << 15 else 24 if peak <= WIDEST else 32
    own = 8 * samples.dtype.itemsize
    raise SernetError(
        f"whole numbers of type {samples.dtype} up to {peak} can be read in two ways: as samples of {bits} bits "
        f"(divide by {2 ** (bits - 1)}) or of {own} bits (divide by 2.0**{own - 1}, which makes them next to silent); "
        "pass floats within +-1, or int16"
    )

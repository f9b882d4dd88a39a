"""The one resampler: everything that becomes features goes through it, recorded or made.

It gives the samples of torchaudio and of `lhotse.augmentation.resample`: a sinc with a Hann window. Lhotse's cuts do so
only where torchaudio is installed, and take `scipy.signal.resample_poly` elsewhere: the strongest mel bins of white
noise of 48 kHz then differ by 0.3 nat. So cuts are not resampled by Lhotse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sernet.audio.rates import check_rate

Samples = NDArray[np.float32]

ZEROS = 6
"""Zero crossings of the sinc on each side."""
ROLLOFF = 0.99
"""The edge of the filter, as a share of the lower of the two Nyquist frequencies."""
LONGEST = 1024
"""Least number of input samples in a cycle of filters: matrices of this size are multiplied fast."""
KEPT = 1 << 20
"""Filters of a pair of rates with more weights than this (4 MB) are made anew for each call."""


class Filters(NamedTuple):
    """Filters of some neighbouring output samples of each cycle: ``weights`` (inputs, outputs).

    The inputs are the samples from ``first`` on, the outputs those from ``output`` on; both count in the cycle.
    """

    first: int
    output: int
    weights: Samples


def resample(samples: Samples, rate: int, target: int) -> Samples:
    """``samples`` (n,) of ``rate`` Hz at ``target`` Hz: band-limited interpolation with a Hann-windowed sinc.

    Smith's digital audio resampling (https://ccrma.stanford.edu/~jos/resample), with the filters of Lhotse. Samples
    that are at ``target`` Hz already are returned as they are. The memory taken beside input and result is below
    100 MB for all rates.

    Raises:
        SernetError: no recording has that ``rate``.
    """
    check_rate(rate)
    if rate == target:
        return samples
    divisor = math.gcd(rate, target)
    old, new = rate // divisor, target // divisor
    repeats = math.ceil(max(LONGEST, 2 * _taps(old, new)) / old)
    inputs, outputs = repeats * old, repeats * new
    count = math.floor(len(samples) * target / rate + 0.5)
    cycles = math.ceil(count / outputs)
    reach = _taps(old, new)
    padded = np.zeros(reach + (cycles + 1) * inputs + reach, dtype=np.float32)
    padded[reach : reach + len(samples)] = samples
    found = np.empty((cycles, outputs), dtype=np.float32)
    for first, output, weights in _filters(old, new, repeats):
        if output >= count:
            break
        rows = np.lib.stride_tricks.as_strided(padded[reach + first :], (cycles, len(weights)), (4 * inputs, 4))
        np.matmul(rows, weights, out=found[:, output : output + weights.shape[1]])
    return found.reshape(-1)[:count]


def _taps(old: int, new: int) -> int:
    """Weights of one output sample."""
    return math.floor(2 * ZEROS * old / (min(old, new) * ROLLOFF)) + 1


def _together(old: int, new: int) -> int:
    """How many outputs share one matrix: so many that it has about twice the rows that one of them needs."""
    return math.ceil(_taps(old, new) * new / old)


def _filters(old: int, new: int, repeats: int) -> Iterator[Filters]:
    """The filters of a cycle: ``repeats`` times ``old`` input and ``new`` output samples."""
    if 2 * _taps(old, new) * new * repeats <= KEPT:
        return iter(_kept(old, new, repeats))
    return _design(old, new, repeats)


@lru_cache(maxsize=16)
def _kept(old: int, new: int, repeats: int) -> tuple[Filters, ...]:
    return tuple(_design(old, new, repeats))


def _design(old: int, new: int, repeats: int) -> Iterator[Filters]:
    base = min(old, new) * ROLLOFF
    reach = ZEROS * old / base
    together = _together(old, new)
    for output in range(0, repeats * new, together):
        outputs = np.arange(output, min(output + together, repeats * new))
        first = math.ceil(output * old / new - reach)
        inputs = np.arange(first, math.floor(int(outputs[-1]) * old / new + reach) + 1)
        again, phase = np.divmod(outputs, new)
        # Lhotse divides the phase in float32. Its rounding is 2e-4 of the result where rates share no large divisor.
        place = phase.astype(np.float32) / np.float32(new)
        t = ((inputs[:, None] - again * old) / old - place) * base
        t = t.clip(-ZEROS, ZEROS)
        weights = np.sinc(t) * np.cos(t * np.pi / ZEROS / 2) ** 2 * base / old
        yield Filters(first, output, weights.astype(np.float32))

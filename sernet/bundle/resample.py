"""Lhotse's resampling in numpy: the same samples to rounding, without torch, for any pair of rates."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ZEROS = 6
"""Zero crossings of the sinc on either side."""
ROLLOFF = 0.99
"""The filter's edge as a share of the lower half rate."""
BLOCK = 16384
"""Output samples made at once: what bounds the memory."""


def resample(samples: NDArray[np.float32], rate: int, target: int) -> NDArray[np.float32]:
    """``samples`` (n,) of ``rate`` Hz at ``target`` Hz: band-limited interpolation with a Hann-windowed sinc.

    Smith's digital audio resampling, with the filter that Lhotse takes from torchaudio.
    """
    if rate == target:
        return samples
    divisor = math.gcd(rate, target)
    old, new = rate // divisor, target // divisor
    first, taps = _filters(old, new)
    count = math.floor(len(samples) * target / rate + 0.5)
    before, after = -int(first[0]), taps.shape[1] + old
    padded = np.pad(samples, (before, after))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps.shape[1])
    found = np.empty(count, dtype=np.float32)
    for start in range(0, count, BLOCK):
        output = np.arange(start, min(start + BLOCK, count))
        cycle, phase = np.divmod(output, new)
        found[output] = np.einsum("ot,ot->o", windows[cycle * old + first[phase] + before], taps[phase])
    return found


@lru_cache(maxsize=8)
def _filters(old: int, new: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each of the ``new`` phases of a cycle of ``old`` samples: its first sample, and its weights (new, taps)."""
    base = min(old, new) * ROLLOFF
    reach = ZEROS * old / base
    place = np.arange(new) * (old / new)
    first = np.ceil(place - reach).astype(np.int64)
    index = first[:, None] + np.arange(math.floor(2 * reach) + 1)
    t = ((index / old - np.arange(new)[:, None] / new) * base).clip(-ZEROS, ZEROS)
    weights = np.sinc(t) * np.cos(t * np.pi / ZEROS / 2) ** 2 * base / old
    return first, weights.astype(np.float32)

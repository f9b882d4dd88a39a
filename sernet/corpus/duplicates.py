"""Recordings that are heard twice: in whole or in part, at another level, cut at another place.

Every clip is written down as a row of 20-bit hashes, signs of energy differences between neighbouring bands and frames
(Haitsma and Kalker 2002, "A highly robust audio fingerprinting system", ISMIR). Clips that share many hashes at one
distance in time are then laid over each other, and the correlation of their samples decides. That finds copies,
excerpts and clips that overlap, not a recording that was mixed or cut into another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal import correlate

from sernet.audio.resample import resample
from sernet.draws import generator
from sernet.pipeline.progress import track

Samples = NDArray[np.float32]

RATE = 8000
"""Hz: the same recording agrees below 4 kHz too, at half the work."""
FRAME, SHIFT = 2048, 128
"""Samples: frames long against their shift, so that clips cut between two frames still give mostly the same bits."""
WINDOW = np.hanning(FRAME).astype(np.float32)
BANDS = np.geomspace(200, 3500, 22)
"""Edges in Hz."""
COMMON = 60
"""A hash that is heard more often than this tells nothing."""
VOTES = 8
"""Hashes in common, at one distance in time, from which on two clips are compared."""
CORRELATION = 0.9
"""Of the samples where two clips overlap, from which on they are the same recording."""
COMPARED = 20
"""Pairs that are laid over each other, for each clip of a corpus: time grows with the clips, whatever they hold."""
BLOCK = 50_000
"""Hashes whose pairs are counted at once."""
CHANCE = 50
"""Pairs drawn at random, to hold the correlation against."""
OVERLAP = 0.5
"""Seconds that they must overlap: shorter ones can agree by chance."""


@dataclass(frozen=True)
class Overlap:
    """Two clips laid over each other: where they agree best, how well, and for how many seconds."""

    first: int
    second: int
    correlation: float
    seconds: float


def at_rate(samples: Samples, rate: int) -> Samples:
    """``samples`` (n,) at `RATE`."""
    return resample(samples, rate, RATE)


def hashes(samples: Samples) -> NDArray[np.int64]:
    """A hash a frame ``(frames - 1,)`` of ``samples`` (n,) at `RATE`; -1 where a frame is digital silence."""
    padded = np.pad(samples, (0, max(0, FRAME - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::SHIFT]
    spectrum = rfft(frames * WINDOW, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    edges = np.searchsorted(np.fft.rfftfreq(FRAME, 1 / RATE), BANDS)
    energy = np.add.reduceat(power, edges, axis=1)[:, :-1]
    across = np.diff(np.log(energy + 1e-12), axis=1)
    bits = np.diff(across, axis=0) > 0
    silent = (energy.sum(axis=1) == 0)[1:]
    return np.where(silent, -1, bits @ (1 << np.arange(bits.shape[1])))


def candidates(prints: Sequence[NDArray[np.int64]], corpus: Sequence[int] | None = None) -> list[tuple[int, int]]:
    """Pairs of clips (indices, the smaller first) that share `VOTES` hashes or more at one distance in time.

    The likeliest come first, and there are at most `COMPARED` a clip. With ``corpus``, a number for each clip, only
    pairs of two corpora. Clips are gone through in blocks of `BLOCK` hashes, which bounds memory.
    """
    lengths = np.array([len(p) for p in prints], dtype=np.int64)
    if not lengths.sum():
        return []
    clip = np.repeat(np.arange(len(prints)), lengths)
    frame = np.concatenate([np.arange(length) for length in lengths])
    value = np.concatenate(prints)
    _, inverse, count = np.unique(value, return_inverse=True, return_counts=True)
    keep = (value >= 0) & (count[inverse] <= COMMON)
    clip, frame, value = clip[keep], frame[keep], value[keep]
    order = np.lexsort((frame, clip, value))  # equal hashes stand side by side
    clip, frame, value = clip[order], frame[order], value[order]
    of = np.zeros(len(prints), dtype=np.int64) if corpus is None else np.asarray(corpus, dtype=np.int64)
    lags = 2 * (int(lengths.max()) // 3 + 1)
    found: dict[tuple[int, int], int] = {}
    for first, last in _blocks(lengths):
        here = np.flatnonzero((clip >= first) & (clip < last))
        keys = []
        for distance in range(1, COMMON):
            here = here[here + distance < len(value)]
            here = here[value[here] == value[here + distance]]
            one, other = clip[here], clip[here + distance]
            pair = one != other if corpus is None else of[one] != of[other]
            lag = (frame[here + distance][pair] - frame[here][pair]) // 3
            keys.append((one[pair] * len(prints) + other[pair]) * lags + lag + lags // 2)
        shared, votes = np.unique(np.concatenate(keys), return_counts=True)
        for key, number in zip(shared[votes >= VOTES] // lags, votes[votes >= VOTES], strict=True):
            both = int(key) // len(prints), int(key) % len(prints)
            found[both] = max(found.get(both, 0), int(number))
    likeliest = sorted(found, key=lambda both: (-found[both], both))[: COMPARED * len(prints)]
    if len(likeliest) < len(found):
        print(f"{len(found) - len(likeliest)} pairs of clips that have least in common are not compared", flush=True)
    return likeliest


def _blocks(lengths: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Ranges of neighbouring clips with about `BLOCK` hashes together."""
    edges = np.flatnonzero(np.diff((np.cumsum(lengths) - lengths) // BLOCK)) + 1
    return list(zip([0, *edges.tolist()], [*edges.tolist(), len(lengths)], strict=True))


def agreement(first: Samples, second: Samples) -> tuple[float, float]:
    """Correlation (0 to 1) of two clips at `RATE` where they agree best, and how many seconds overlap there.

    Below `OVERLAP` seconds that is chance, and the correlation is given as 0.
    """
    if not len(first) or not len(second):
        return 0.0, 0.0
    lag = int(np.abs(correlate(first, second, method="fft")).argmax()) - (len(second) - 1)
    one = first[max(lag, 0) : lag + len(second)].astype(np.float64)
    other = second[max(-lag, 0) :][: len(one)].astype(np.float64)
    seconds = len(one) / RATE
    power = float(np.sqrt((one @ one) * (other @ other)))
    return (_product(one, other) / power if power and seconds >= OVERLAP else 0.0), seconds


def _product(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The largest inner product of two signals (n,) when one is shifted by up to half a sample.

    Clips are cut at samples of another rate, and half a sample at `RATE` would hide a copy above 2 kHz.
    """
    cross = np.fft.rfft(first) * np.fft.rfft(second).conj()
    cross[1 : (len(first) + 1) // 2] *= 2  # the negative frequencies
    frequency = 2j * np.pi * np.fft.rfftfreq(len(first))
    products = [abs((np.exp(part * frequency) @ cross).real) for part in np.linspace(-0.5, 0.5, 9)]
    return float(max(products) / len(first))


def compare(
    prints: Sequence[NDArray[np.int64]], load: Callable[[int], Samples], corpus: Sequence[int] | None = None
) -> list[Overlap]:
    """All `candidates`, laid over each other; those of `CORRELATION` or more are the same recording.

    ``load(i)`` gives the samples of clip i at `RATE`; ``corpus`` as for `candidates`.
    """
    kept = lru_cache(maxsize=64)(load)
    pairs = sorted(candidates(prints, corpus))
    return [
        Overlap(a, b, *agreement(kept(a), kept(b)))
        for a, b in track(pairs, description="comparing clips that sound alike")
    ]


def by_chance(number: int, load: Callable[[int], Samples], known: set[tuple[int, int]], *key: object) -> list[float]:
    """What `agreement` gives for up to `CHANCE` pairs of ``number`` clips, drawn by ``key``, that are not ``known``.

    Held against `CORRELATION`, it says how safe the threshold is on these recordings.
    """
    draws = generator("by chance", *key)
    drawn = {tuple(sorted(map(int, draws.integers(number, size=2)))) for _ in range(CHANCE)}
    return [agreement(load(a), load(b))[0] for a, b in sorted(drawn) if a != b and (a, b) not in known]

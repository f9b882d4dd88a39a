"""The speech of a recording, whatever it was recorded with: no silence around it, one level, one long-term spectrum."""

from __future__ import annotations

import numpy as np
from scipy import signal

from sernet.audio.activity import loud, span

TRIM_DB = 40.0
LOUD_DB = 30.0
LEVEL_DB = -26.0
RANGE_DB = 60.0
BANDS = 24
FRAME, SHIFT = 0.05, 0.01
"""Seconds."""


def brought_forward(samples: np.ndarray, sample_rate: int, channel: bool = False) -> np.ndarray:
    """``samples`` (n,), within +-1 at ``sample_rate`` Hz, as speech that tells little of its recording; float32.

    Silence, level and channel are the recording's as much as the speaker's: RAVDESS has a second of silence at both
    ends, EMO-DB none. This does to samples what `model.input.normalise: speech` does to FBanks; with ``channel`` the
    long-term spectrum stays, which is the speaker's, too. What is silent throughout or shorter than a frame stays as it
    is. Our design, chosen on dev speakers: egs/ablation/STUDIES.md.
    """
    if not samples.any() or len(samples) < _frame(sample_rate)[0]:
        return samples.astype(np.float32)
    first, last = bounds(samples, sample_rate)
    heard = samples if channel else equalised(samples, sample_rate)
    speech = heard[first:last]  # cut afterwards: filtering would ring at the edges
    level = 10 * np.log10(_long_term(speech, sample_rate)[1].sum())
    return (speech * 10 ** ((LEVEL_DB - level) / 20)).astype(np.float32)


def bounds(samples: np.ndarray, sample_rate: int) -> tuple[int, int]:
    """First sample and end of the speech: of the first and the last frame within `TRIM_DB` of the loudest."""
    first, last = span(loud(_spectra(samples, sample_rate)[1].sum(1), TRIM_DB))
    size, shift = _frame(sample_rate)
    return first * shift, (last - 1) * shift + size


def equalised(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Filtered so that the speech's mean spectrum falls by 6 dB an octave above 250 Hz, in `BANDS` mel bands.

    No frequency is raised by more than `RANGE_DB` over another, so that a band without speech stays without.
    """
    hz, power = _long_term(samples, sample_rate)
    mel = 2595 * np.log10(1 + hz / 700)
    edges = np.linspace(0, mel[-1], BANDS + 1)
    band = np.clip(np.searchsorted(edges, mel, side="right") - 1, 0, BANDS - 1)
    heard = 10 * np.log10(np.bincount(band, power, BANDS) / np.bincount(band, minlength=BANDS) + 1e-20)
    gain = -6 * np.log2(np.maximum(hz, 250) / 1000) - np.interp(mel, (edges[1:] + edges[:-1]) / 2, heard)
    gain = np.maximum(gain - gain.max(), -RANGE_DB)
    taps = signal.firwin2(_frame(sample_rate)[0] + 1, hz, 10 ** (gain / 20), fs=sample_rate)
    return np.asarray(signal.fftconvolve(samples, taps, mode="same"))


def _frame(sample_rate: int) -> tuple[int, int]:
    """Length, an even number, and shift of a frame in samples."""
    return 2 * round(FRAME * sample_rate / 2), round(SHIFT * sample_rate)


def _spectra(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (bins,) in Hz, and the mean square of each frame in each, (frames, bins)."""
    size, shift = _frame(sample_rate)
    samples = samples.astype(np.float64)
    hz, _, density = signal.spectrogram(samples, sample_rate, "hann", size, size - shift, detrend=False)
    return hz, density.T * hz[1]


def _long_term(samples: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (bins,) in Hz, and the mean square of the speech in each."""
    hz, power = _spectra(samples, sample_rate)
    return hz, power[loud(power.sum(1), LOUD_DB)].mean(0)

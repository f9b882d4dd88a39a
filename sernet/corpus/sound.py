"""What can be measured on an utterance's samples alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from sernet.audio.activity import FRAME, emphasised, frame_power, framed
from sernet.audio.bandwidth import band
from sernet.audio.level import in_decibels, speech_power

FULL_SCALE = 0.99


@dataclass(frozen=True)
class Sound:
    """Rate in Hz, duration in seconds, level in dB below full scale, upper edge of the band in Hz."""

    rate: int
    duration: float
    level: float
    """RMS of the frames that are not pauses."""
    bandwidth: float
    """The highest frequency whose long-term power, pre-emphasised, is within 40 dB of the strongest."""
    clipped: bool
    """Whether three samples or more in a row stand at one value at full scale."""


def measure(samples: NDArray[np.float32], rate: int) -> Sound:
    """Measure mono ``samples`` (n,), full scale +-1."""
    size = max(1, round(FRAME * rate))
    padded = np.pad(samples, (0, -len(samples) % size)).astype(np.float64)
    level = in_decibels(speech_power(frame_power(framed(padded, size))))
    return Sound(rate, len(samples) / rate, level, _edge(padded, rate), _clipped(samples))


def _edge(samples: NDArray[np.float64], rate: int) -> float:
    """Of the mean power of half-overlapping windows (Welch), which `scipy.signal.welch` takes twice as long for."""
    size = min(len(samples), round(0.032 * rate))
    if not size:
        return 0.0
    frames = framed(emphasised(samples), size, max(1, size // 2))
    spectrum = rfft((frames - frames.mean(axis=1, keepdims=True)) * np.hanning(size), axis=1)
    power = np.mean(spectrum.real**2 + spectrum.imag**2, axis=0)
    if not power.max():
        return 0.0
    return float((band(power)[1] - 1) * rate / size)


def _clipped(samples: NDArray[np.float32]) -> bool:
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < FULL_SCALE:
        return False
    return any(bool(np.any(np.convolve(samples == sign * peak, np.ones(3)) >= 3)) for sign in (1, -1))

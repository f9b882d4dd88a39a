"""How loud speech is: the power of its loud frames, so that pauses do not count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sernet.audio.activity import PAUSE_DB, Floats, loud

SILENCE_DB = -100.0
"""Nothing is said to be softer."""


def speech_power(power: Floats, decibels: float = PAUSE_DB) -> float:
    """Mean of the powers (frames,) of the loud frames; 0 without frames."""
    return float(power[loud(power, decibels)].mean()) if len(power) else 0.0


def in_decibels(power: float) -> float:
    """A mean square as dB below full scale."""
    return float(10 * np.log10(max(power, 10 ** (SILENCE_DB / 10))))


def rms(samples: NDArray[np.float32]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))

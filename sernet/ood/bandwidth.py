"""Bandwidth alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sernet.audio.bandwidth import band
from sernet.ood.base import ExampleDetector
from sernet.ood.level import active


class Bandwidth(ExampleDetector):
    """Bins from the lowest to the highest whose long-term energy is within 40 dB of the strongest bin's.

    The long-term spectrum is the mean energy of the active frames: a telephone band, an 8 kHz source or a pure tone
    shows in it, the silence around an utterance does not.
    """

    name = "bandwidth"
    resolution = 1.0

    @staticmethod
    def measure(duration: float, features: NDArray[np.float32]) -> float:
        first, last = band(np.exp(active(features)).mean(axis=0))
        return float(last - first)

"""Level alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sernet.audio.activity import loud_energies
from sernet.ood.base import ExampleDetector, Floats

DECIBEL = np.log(10.0) / 10.0
"""One decibel as a natural-log energy."""


class Level(ExampleDetector):
    """Log of the mean energy, over all bins, of the active frames: those within 40 dB of the loudest."""

    name = "level"
    resolution = 0.1 * float(DECIBEL)

    @staticmethod
    def measure(duration: float, features: NDArray[np.float32]) -> float:
        return float(np.log(np.exp(active(features)).sum(axis=1).mean()))


def active(features: NDArray[np.float32]) -> Floats:
    """The frames of log-FBanks ``(frames, bins)`` whose energy is within 40 dB of the loudest frame's, as float64."""
    energies = np.asarray(features, dtype=np.float64)
    return energies[loud_energies(energies)]

"""Duration alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sernet.ood.base import ExampleDetector


class Duration(ExampleDetector):
    """Natural logarithm of the duration in seconds: ratios count, not differences."""

    name = "duration"
    resolution = 1e-3

    @staticmethod
    def measure(duration: float, features: NDArray[np.float32]) -> float:
        return math.log(duration)

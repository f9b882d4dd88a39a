"""Which frequencies are heard: those within some decibels of the strongest one."""

from __future__ import annotations

import numpy as np

from sernet.audio.activity import Floats

EDGE_DB = 40.0
"""The band ends where the long-term spectrum has fallen this far below its peak."""


def band(power: Floats, decibels: float = EDGE_DB) -> tuple[int, int]:
    """The lowest bin of a long-term power spectrum (bins,) that is within ``decibels`` of the strongest, and the one
    behind the highest."""
    within = np.flatnonzero(power >= power.max() * 10 ** (-decibels / 10))
    return int(within[0]), int(within[-1]) + 1

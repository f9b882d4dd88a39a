"""Which frames are loud: those within some decibels of the loudest. Pauses and the silence at the ends are not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

PAUSE_DB = 40.0
"""A frame that is this far below the loudest one is a pause."""
FRAME = 0.025
"""Seconds."""
PREEMPHASIS = 0.97
"""Kaldi's."""


def loud(power: NDArray[Any], decibels: float = PAUSE_DB) -> Mask:
    """Whether each frame is at most ``decibels`` below the loudest: bool (frames,), of powers (frames,).

    In digital silence all are.
    """
    return np.asarray(power >= power.max(initial=0.0) * 10 ** (-decibels / 10))


def loud_energies(energies: NDArray[Any], decibels: float = PAUSE_DB) -> Mask:
    """The same of natural-log energies (frames, bins): a frame's power is the sum over its bins.

    `sernet.bundle.graph.Windows` does this in torch, for the ONNX graph.
    """
    return loud(np.exp(energies.astype(np.float64)).sum(axis=1), decibels)


def framed(samples: NDArray[Any], size: int, shift: int | None = None) -> Floats:
    """Frames of ``size`` samples, one each ``shift`` (default: ``size``) samples: float64 (frames, size), a view.

    At least one, with zeros behind samples that are fewer; what is left at the end is no frame.
    """
    signal = np.pad(np.asarray(samples, dtype=np.float64), (0, max(0, size - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(signal, size)[:: shift or size]


def frame_power(frames: Floats) -> Floats:
    """Mean square of each frame (frames,)."""
    return np.asarray(np.mean(frames**2, axis=1))


def span(mask: Mask) -> tuple[int, int]:
    """The first frame that is loud, and the one behind the last."""
    there = np.flatnonzero(mask)
    return int(there[0]), int(there[-1]) + 1


def emphasised(samples: NDArray[Any]) -> Floats:
    """Pre-emphasised, as the features are: float64 (n,)."""
    signal = np.asarray(samples, dtype=np.float64)
    return np.append(signal[:1], signal[1:] - PREEMPHASIS * signal[:-1])

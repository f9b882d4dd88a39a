"""A recording of silence alone was given an emotion: what is silent was told by a recording's own level alone."""

from __future__ import annotations

import numpy as np
import pytest

from sernet.config.features import FeatureConfig
from sernet.features.fbank import extract
from sernet.timeline.emissions import silence


def _level(samples: np.ndarray) -> np.ndarray:
    """As `sernet.timeline.windows` has it, in pieces of 0.3 s."""
    power = np.exp(extract(samples.astype(np.float32), FeatureConfig()).astype(np.float64)).sum(axis=1)
    return np.array([10 * np.log10(piece.mean()) for piece in power[: len(power) // 30 * 30].reshape(-1, 30)])


@pytest.mark.parametrize("amplitude", [0.0, 2**-15 / np.sqrt(12)])  # digital silence; the rounding of 16 bits
def test_silence_alone_is_no_speech(amplitude: float) -> None:
    noise = amplitude * np.random.default_rng(0).standard_normal(32000)
    assert (silence(_level(noise), 40.0, 3.0) > 5).all()


def test_faint_speech_is_speech() -> None:
    noise = 10 ** (-70 / 20) * np.random.default_rng(0).standard_normal(32000)
    assert (silence(_level(noise), 40.0, 3.0) < -2).all()

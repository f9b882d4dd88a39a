"""The resampler against Lhotse's own, against a sine in closed form, and in its bounds of time and memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch
from lhotse.augmentation.resample import Resample
from scipy.signal import resample_poly

from sernet.audio.resample import resample
from sernet.config.features import FeatureConfig
from sernet.errors import SernetError
from sernet.features.fbank import extract
from sernet.ood.matching import Recording
from sernet.timeline.made import join


def noise(seconds: float, rate: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(rate).standard_normal(round(seconds * rate))).astype(np.float32)


@pytest.mark.parametrize(
    "rate", [1009, 8000, 11025, 12000, 22050, 24000, 24414, 32000, 44056, 44100, 48000, 88200, 96000, 192000]
)
@pytest.mark.parametrize("seconds", [0.3, 1.2345])
def test_it_is_lhotses(rate: int, seconds: float) -> None:
    samples = noise(seconds, rate)
    expected = Resample(rate, 16000)(torch.from_numpy(samples)).numpy()
    found = resample(samples, rate, 16000)
    assert found.dtype == np.float32
    assert len(found) == int(np.floor(len(samples) * 16000 / rate + 0.5))
    np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-6)


def test_it_is_lhotses_at_other_targets() -> None:
    samples = noise(0.5, 16000)
    for target in (8000, 11025, 48000):
        expected = Resample(16000, target)(torch.from_numpy(samples)).numpy()
        np.testing.assert_allclose(resample(samples, 16000, target), expected, rtol=0, atol=1e-6)


def test_samples_of_the_rate_are_not_touched() -> None:
    samples = noise(0.1, 16000)
    assert resample(samples, 16000, 16000) is samples


@pytest.mark.parametrize("rate", [1000, 4001, 15999, 16001, 47999, 255_999, 767_999, 768_000])
def test_a_tone_stays_one_at_any_rate(rate: int) -> None:
    """Also where the rates share no divisor, and each output sample has a filter of its own."""
    hertz, seconds = 440 if rate > 1000 else 110, 0.5
    time = np.arange(round(seconds * rate)) / rate
    found = resample(np.sin(2 * np.pi * hertz * time).astype(np.float32), rate, 16000)
    expected = np.sin(2 * np.pi * hertz * np.arange(len(found)) / 16000)
    edge = round(0.05 * 16000)
    np.testing.assert_allclose(found[edge:-edge], expected[edge:-edge], atol=2e-3)


@pytest.mark.parametrize("count", [0, 1, 2, 37])
def test_a_few_samples(count: int) -> None:
    assert len(resample(np.ones(count, np.float32), 48000, 16000)) == int(np.floor(count / 3 + 0.5))
    assert len(resample(np.ones(count, np.float32), 8000, 16000)) == 2 * count


@pytest.mark.parametrize("rate", [1000, 1009, 24414, 44100, 511_999, 767_999, 768_000])
def test_memory_is_that_of_input_and_result(rate: int) -> None:
    samples = noise(1.0, rate)
    tracemalloc.start()
    try:
        resample(samples, rate, 16000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * samples.nbytes + 16e6


@pytest.mark.parametrize("rate", [-1, 0, 1, 999, 768_001, 16_821_316, 2_147_483_647])
def test_a_rate_that_no_recording_has_is_refused(rate: int) -> None:
    with pytest.raises(SernetError, match=f"header says {rate} Hz"):
        resample(np.zeros(3, np.float32), rate, 16000)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
def test_what_is_made_and_what_is_recorded_have_the_same_upper_bins(rate: int) -> None:
    """White noise ends alike for both; by two resamplers the five highest bins differ by 0.1 to 0.3 nat."""
    config = FeatureConfig()
    samples = noise(3.0, rate)
    recorded = extract(Resample(rate, 16000)(torch.from_numpy(samples)).numpy(), config)[5:-5].mean(axis=0)
    far, _ = Recording("noise", "", lambda: (samples, rate)).read(16000)
    joined, _ = join([(samples, rate)], ["neutral"], 16000)
    for made in (far, joined):
        assert np.abs(extract(made, config)[5:-5].mean(axis=0) - recorded)[-5:].max() < 1e-3
    other = resample_poly(samples, 16000, rate).astype(np.float32)
    assert np.abs(extract(other, config)[5:-5].mean(axis=0) - recorded)[-5:].max() > 0.1

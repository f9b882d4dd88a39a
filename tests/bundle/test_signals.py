"""FBank of a bundle against Lhotse's, and against float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sernet.bundle.graph import ConvolutionalFilterBank, FilterBank, Windows
from sernet.config.features import FeatureConfig
from sernet.data.dataset import FrontEnd
from sernet.draws import generator
from sernet.features.fbank import extract, extractor
from sernet.model.sernet import windows

CONFIGS = [FeatureConfig(), FeatureConfig(sample_rate=8000, bins=23, torchaudio_compatible_mel_scale=False)]


def speechlike(seconds: float, rate: int) -> np.ndarray:
    """Noise that falls with frequency, some of it faint, with an offset."""
    draws = generator("speechlike", seconds, rate)
    samples = np.cumsum(draws.standard_normal(round(seconds * rate)))
    samples = 0.3 * samples / np.abs(samples).max() + 0.05
    samples[len(samples) // 3 : len(samples) // 2] *= 1e-3
    return np.asarray(samples, dtype=np.float32)


def filters(config: FeatureConfig) -> torch.Tensor:
    return extractor(config).extractor._fb.detach()


@pytest.mark.parametrize("config", CONFIGS, ids=["16 kHz", "8 kHz"])
@pytest.mark.parametrize("seconds", [0.025, 0.1, 0.5, 1.2345])
def test_the_filter_bank_is_lhotses(config: FeatureConfig, seconds: float) -> None:
    samples = speechlike(seconds, config.sample_rate)
    bank = FilterBank(config, filters(config))
    batch = torch.from_numpy(np.stack([samples, samples[::-1].copy()]))
    np.testing.assert_allclose(bank(batch)[0].numpy(), extract(samples, config), atol=1e-5)
    np.testing.assert_allclose(bank(batch)[1].numpy(), extract(samples[::-1].copy(), config), atol=1e-5)


@pytest.mark.parametrize("config", CONFIGS, ids=["16 kHz", "8 kHz"])
def test_the_convolutional_one_is_the_definition_in_float64(config: FeatureConfig) -> None:
    samples = speechlike(0.6, config.sample_rate)
    length, shift = round(config.frame_length * config.sample_rate), round(config.frame_shift * config.sample_rate)
    left = (length - shift) // 2
    x = np.concatenate([samples[:left][::-1], samples, samples[::-1][:length]]).astype(np.float64)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))) ** 0.85
    mel, size, expected = filters(config).numpy().astype(np.float64), 2 * (len(filters(config)) - 1), []
    for frame in range((len(samples) + shift // 2) // shift):
        part = x[frame * shift : frame * shift + length]
        part = part - part.mean()
        part = part - 0.97 * np.concatenate([part[:1], part[:-1]])
        power = np.abs(np.fft.rfft(part * window, size)) ** 2
        expected.append(np.log(np.maximum(power @ mel, np.finfo(np.float32).eps)))
    found = ConvolutionalFilterBank(config, filters(config))(torch.from_numpy(samples)[None])[0].numpy()
    np.testing.assert_allclose(found, expected, atol=3e-4)


@pytest.mark.parametrize("frames", [3, 39, 40, 41, 57, 300])
@pytest.mark.parametrize("normalise", ["speech", "utterance", "global"])
def test_windows_are_those_of_scoring(frames: int, normalise: str) -> None:
    draws = generator("windows", frames)
    energies = draws.normal(-10, 3, size=(frames, 5)).astype(np.float32)
    mean, std = draws.normal(-10, 1, 5).astype(np.float32), draws.uniform(1, 2, 5).astype(np.float32)
    energies[: frames // 3] -= 12  # silence: more than 30 dB below the rest
    expected = np.stack(windows(FrontEnd(normalise, None, mean, std)(energies), 40))
    own = torch.from_numpy(mean) if normalise == "global" else None
    module = Windows(own, torch.from_numpy(std), 40, speech=normalise == "speech")
    np.testing.assert_allclose(module(torch.from_numpy(energies)[None])[0].numpy(), expected, atol=1e-5)

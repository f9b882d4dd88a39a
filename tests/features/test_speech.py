"""The speech of a recording is the same whatever silence, level and microphone it was recorded with."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from sernet.config.functionals import FunctionalsConfig
from sernet.features import functionals
from sernet.features.speech import LEVEL_DB, bounds, brought_forward, equalised

RATE = 16000


def _voice(seconds: float = 1.0, pitch: float = 150.0) -> np.ndarray:
    """Harmonics with a beat, so that there are louder and fainter places."""
    time = np.arange(int(RATE * seconds)) / RATE
    tone = np.sum([0.1 / n * np.sin(2 * np.pi * n * pitch * time) for n in range(1, 20)], axis=0)
    return (tone * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time))).astype(np.float32)


def _recorded(samples: np.ndarray, gain: float, before: float, after: float) -> np.ndarray:
    """``samples`` at another level with silence around it, a multiple of the 10 ms in which frames are counted."""
    silence = [np.zeros(int(RATE * seconds), dtype=np.float32) for seconds in (before, after)]
    return gain * np.concatenate([silence[0], samples, silence[1]])


def test_silence_around_it_and_its_level_change_nothing() -> None:
    plain = brought_forward(_recorded(_voice(), 1.0, 0.5, 0.5), RATE)
    cut = brought_forward(_recorded(_voice(), 1.0, 0.5, 0.5), RATE, channel=True)
    for gain, before, after in ((0.1, 0.5, 0.5), (1.0, 1.0, 0.25), (3.0, 0.25, 2.0)):
        samples = _recorded(_voice(), gain, before, after)
        np.testing.assert_allclose(brought_forward(samples, RATE), plain, atol=1e-4)
        np.testing.assert_allclose(brought_forward(samples, RATE, channel=True), cut, atol=1e-4)
    assert np.abs(_octaves(plain) - _octaves(cut)).max() > 3  # the voice's own spectrum is no longer there
    np.testing.assert_allclose(np.diff(_octaves(cut))[:-1], np.diff(_octaves(_voice()))[:-1], atol=0.5)


def test_little_but_silence_is_cut_off() -> None:
    first, last = bounds(_recorded(_voice(1.0), 1.0, 0.8, 1.2), RATE)
    assert 0.75 <= first / RATE <= 0.8 and 1.8 <= last / RATE <= 1.85  # the frames that touch the speech


def test_a_pause_within_is_kept() -> None:
    spoken = np.concatenate([_voice(0.5), np.zeros(RATE, dtype=np.float32), _voice(0.5)])
    first, last = bounds(spoken, RATE)
    assert first == 0 and 1.95 <= last / RATE <= 2.0


def _octaves(samples: np.ndarray) -> np.ndarray:
    """Mean power in dB of the octaves from 125 Hz to 8 kHz, by scipy's Welch."""
    hz, power = signal.welch(samples, RATE, nperseg=1024)
    edges = 125 * 2.0 ** np.arange(7)
    return 10 * np.log10([power[(hz >= a) & (hz < b)].mean() for a, b in zip(edges, edges[1:], strict=False)])


@pytest.mark.parametrize("slope", [-2.0, 0.0, 3.0])
def test_a_microphones_tilt_is_taken_off_and_the_spectrum_is_the_one_promised(slope: float) -> None:
    draws = np.random.default_rng(0)
    noise = draws.normal(size=2 * RATE)  # has every frequency, as speech has in time
    hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    tilted = np.fft.irfft(np.fft.rfft(noise) * 10 ** (slope * np.log2(np.maximum(hz, 60) / 1000) / 20))
    octaves = _octaves(equalised(tilted, RATE))
    np.testing.assert_allclose(np.diff(octaves)[1:], -6, atol=1.0)


def test_a_band_without_speech_is_not_made_louder_than_speech() -> None:
    hz = np.fft.rfftfreq(RATE, 1 / RATE)
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(size=RATE))
    octaves = _octaves(equalised(np.fft.irfft(np.where(hz < 4000, spectrum, 1e-6 * spectrum)), RATE))
    assert octaves[-1] < octaves[-2] - 20


@pytest.mark.parametrize("amplitude", [0.001, 0.3])
def test_steady_noise_is_brought_to_the_level(amplitude: float) -> None:
    noise = (amplitude * np.random.default_rng(0).normal(size=RATE)).astype(np.float32)
    found = brought_forward(noise, RATE)
    assert found.dtype == np.float32
    assert 10 * np.log10(np.mean(found.astype(np.float64) ** 2)) == pytest.approx(LEVEL_DB, abs=0.2)


@pytest.mark.parametrize("size", [1, 100, RATE])
def test_digital_silence_stays_silence(size: int) -> None:
    found = brought_forward(np.zeros(size, dtype=np.float32), RATE)
    assert found.size and not found.any()


def test_functionals_of_the_speech_alone_do_not_hear_the_recording() -> None:
    pytest.importorskip("opensmile", reason="openSMILE is not installed (pip install opensmile==2.6.0)")
    names = ("compare-speech", "compare-cut", "compare")
    near, far = _recorded(_voice(), 1.0, 0.5, 0.5), _recorded(_voice(), 0.2, 1.0, 0.25)
    changed = {}
    for config in (FunctionalsConfig.model_validate({"features": name}) for name in names):
        one, other = (functionals.extract(samples, config)[0] for samples in (near, far))
        changed[config.name] = np.mean(~np.isclose(one, other, rtol=1e-2, atol=1e-2))
    assert max(changed["compare-speech"], changed["compare-cut"]) < 0.1 and changed["compare"] > 0.5, changed

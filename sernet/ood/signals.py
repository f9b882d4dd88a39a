"""Synthetic sounds that no one said: noise, tones and silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import chirp

from sernet.ood.matching import Samples

PLAIN_RMS = 0.1
"""Level of a synthetic sound that is matched to nothing: 20 dB below full scale."""


def make_signal(kind: str, n: int, rate: int, generator: np.random.Generator) -> Samples:
    """``n`` samples of a signal at ``rate`` Hz, float32 within about +-1.

    white, pink: Gaussian noise of constant power a Hz, or an octave. tone: one note with all harmonics to the Nyquist
    frequency, amplitudes 1/k, so that it fills the band as a voice does. chord: three of them. sweep: a sine through
    the band in equal time an octave. silence: what a 16-bit recording of nothing holds, triangular dither rounded to
    the last bit; digital silence itself would put every feature on its floor and be recognised by that.
    """
    if kind == "silence":
        dither = generator.uniform(-0.5, 0.5, n) + generator.uniform(-0.5, 0.5, n)
        return (np.round(dither) / 32768).astype(np.float32)
    signal = _SIGNALS[kind](n, rate, generator)
    return (signal * (PLAIN_RMS / np.sqrt(np.mean(signal**2)))).astype(np.float32)


def _white(n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    return generator.standard_normal(n)


def _pink(n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(generator.standard_normal(n))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    return np.fft.irfft(spectrum, n)


def _tone(n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    return _note(np.exp(generator.uniform(np.log(80), np.log(400))), n, rate, generator)


def _chord(n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    root = np.exp(generator.uniform(np.log(80), np.log(400)))
    third = generator.choice([6 / 5, 5 / 4])
    return np.sum([_note(root * ratio, n, rate, generator) for ratio in (1.0, third, 3 / 2)], axis=0)


def _note(pitch: float, n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    harmonics = np.arange(1, int(rate / 2 / pitch) + 1)
    phases = generator.uniform(0, 2 * np.pi, len(harmonics))
    turn = np.exp(2j * np.pi * pitch / rate * np.arange(n))
    rotating, note = np.ones(n, dtype=complex), np.zeros(n)
    for k, phase in zip(harmonics, phases, strict=True):
        rotating *= turn
        note += (rotating * (np.exp(1j * phase) / k)).imag
    return note


def _sweep(n: int, rate: int, generator: np.random.Generator) -> NDArray[np.float64]:
    ends = (50.0, rate / 2.0) if generator.random() < 0.5 else (rate / 2.0, 50.0)
    phase = generator.uniform(0, 360)
    return chirp(np.arange(n) / rate, ends[0], n / rate, ends[1], method="logarithmic", phi=phase)


_SIGNALS = {"white": _white, "pink": _pink, "tone": _tone, "chord": _chord, "sweep": _sweep}

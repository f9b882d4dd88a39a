"""Give far sounds the durations, levels and band of the ID test set, so that none of these tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import cheby2, sosfiltfilt

from sernet.audio.activity import FRAME, emphasised, frame_power, framed, loud, span
from sernet.audio.bandwidth import EDGE_DB, band
from sernet.audio.level import speech_power
from sernet.audio.resample import resample
from sernet.errors import SernetError

Samples = NDArray[np.float32]

SHIFT = 0.010
"""Seconds."""
BINS = 256
"""Of the long-term spectrum, from 0 Hz to the Nyquist frequency."""
TINY = float(np.finfo(np.float32).tiny)


class Recording(NamedTuple):
    """Audio to be read when it is needed: ``load()`` gives mono samples, full scale +-1, and their rate in Hz."""

    utt_id: str
    speaker: str
    load: Callable[[], tuple[Samples, int]]

    def read(self, rate: int) -> tuple[Samples, int]:
        """The samples at ``rate`` Hz, and the rate that they came at.

        Raises:
            SernetError: nothing there, more than one channel, or samples that are not finite.
        """
        samples, own = self.load()
        samples = np.asarray(samples, dtype=np.float32)
        if samples.ndim != 1 or not len(samples) or not np.isfinite(samples).all():
            raise SernetError(f"{self.utt_id}: expected finite mono samples, shape is {samples.shape}")
        return resample(samples, own, rate), own


class Target(NamedTuple):
    """What one far sound is matched to: length in samples, `active_rms`, lowest and highest frequency in Hz."""

    length: int
    level: float
    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """The ID test set as far sounds are matched to it.

    Args:
        targets: one an ID test utterance, in order.
        spectrum: long-term power of the active frames, each utterance counting alike, ``(BINS,)``.
        rate: Hz.
    """

    targets: list[Target]
    spectrum: NDArray[np.float64]
    rate: int

    @classmethod
    def of(cls, id_test: Iterable[Recording], rate: int = 16000) -> Reference:
        """Measure the ID test set.

        Raises:
            SernetError: there is no utterance, or one is digital silence.
        """
        targets, total = [], np.zeros(BINS)
        for recording in id_test:
            samples, _ = recording.read(rate)
            level = active_rms(samples, rate)
            if level == 0:
                raise SernetError(f"{recording.utt_id}: digital silence, nothing to match")
            spectrum = long_term_spectrum(samples, rate)
            targets.append(Target(len(samples), level, *band_edges(spectrum, rate)))
            total += spectrum / spectrum.sum()
        if not targets:
            raise SernetError("no ID test utterance to match far sets to")
        return cls(targets, total / len(targets), rate)

    def power(self, low: float, high: float) -> float:
        """Share of the long-term power between two frequencies in Hz."""
        width = self.rate / 2 / BINS
        return float(self.spectrum[round(low / width) : round(high / width)].sum())


def long_term_spectrum(samples: NDArray, rate: int) -> NDArray[np.float64]:
    """Mean power ``(BINS,)`` from 0 Hz to the Nyquist frequency, pre-emphasised, of the active frames."""
    frames = _frames(samples, rate)
    frames = frames[loud(frame_power(frames))]
    return np.mean(np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]), 2 * BINS)) ** 2, axis=0)[:BINS]


def drop_db(spectrum: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """``(BINS,)``: how many dB below the strongest bin, in power a mel, which is what mel filters gather."""
    per_mel = _per_mel(spectrum, rate)
    return -10 * np.log10(np.maximum(per_mel / per_mel.max(), 1e-12))


def _per_mel(spectrum: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    return spectrum * (700 + rate / 2 / BINS * np.arange(BINS))


def band_edges(spectrum: NDArray[np.float64], rate: int) -> tuple[float, float]:
    """Lowest and highest frequency in Hz that is within 40 dB of the strongest."""
    first, last = band(_per_mel(spectrum, rate))
    width = rate / 2 / BINS
    return float(first * width), float(last * width)


def active_rms(samples: Samples, rate: int) -> float:
    """Root mean square of the pre-emphasised samples over the active frames: those within 40 dB of the loudest.

    Pauses do not count, so speech and an unbroken noise of the same level are heard alike.
    """
    return float(np.sqrt(speech_power(frame_power(_frames(samples, rate)))))


def match_level(samples: Samples, rate: int, level: float) -> Samples:
    """Scaled to an `active_rms` of ``level``; digital silence stays."""
    own = active_rms(samples, rate)
    return samples if own == 0 else (samples * (level / own)).astype(np.float32)


def match_band(samples: Samples, source_rate: int, target: Target, reference: Reference) -> Samples:
    """Limited to the target's band; a source of a lower rate than that needs is filled up above its own.

    A filter adds what the long-term spectrum lacks to be 40 dB down outside the band. Filled up is by spectral folding
    (Makhoul and Berouti 1979): the band below the source's Nyquist frequency is mirrored above it, with the power that
    the reference has there.
    """
    rate = reference.rate
    signal = np.asarray(samples, dtype=np.float64)
    top = source_rate / 2
    if top < 0.9 * target.high:
        mirror = 2 * np.cos(2 * np.pi * 2 * top / rate * np.arange(len(signal))) * signal
        mirror = _attenuate(mirror, rate, top, "highpass", 60)
        mirror = _attenuate(mirror, rate, min(2 * top, target.high), "lowpass", 60)
        signal = _attenuate(signal, rate, top, "lowpass", 60)
        # Powers as the features hear them, hence after pre-emphasis.
        wanted = reference.power(top, 2 * top) / reference.power(0, top)
        own = max(_power(mirror), TINY) / max(_power(signal), TINY)
        signal = signal + mirror * np.sqrt(wanted / own)
    drop = drop_db(long_term_spectrum(signal, rate), rate)
    low, high = (min(int(edge / rate * 2 * BINS), BINS - 1) for edge in (target.low, target.high))
    drop -= drop[low : high + 1].min()
    signal = _attenuate(signal, rate, target.low, "highpass", EDGE_DB - drop[: low + 1].min())
    signal = _attenuate(signal, rate, target.high, "lowpass", EDGE_DB - drop[high:].min())
    return signal.astype(np.float32)


def match_length(
    recordings: Sequence[Recording], length: int, rate: int, generator: np.random.Generator
) -> tuple[Samples, int]:
    """``length`` samples, and the lowest rate in Hz that any of them came at.

    Recordings, without the silence around them, are joined over 10 ms, in order and over and over, until there is
    enough. What is too much is cropped at random, the loudest moment kept.

    Raises:
        SernetError: the recordings hold no sound.
    """
    overlap = round(SHIFT * rate)
    joined: Samples = np.zeros(0, dtype=np.float32)
    lowest = rate
    while len(joined) < length:
        before = len(joined)
        for recording in recordings:
            samples, own = recording.read(rate)
            joined, lowest = _join(joined, _trim(samples, rate), overlap), min(lowest, own)
            if len(joined) >= length:
                break
        if len(joined) == before:
            raise SernetError(f"no sound in {recordings[0].utt_id}, nothing to fill {length / rate:.2f} s with")
    loudest = int(np.argmax(np.abs(joined)))
    first, last = max(0, loudest - length + 1), min(loudest, len(joined) - length)
    start = int(generator.integers(first, last + 1))
    return joined[start : start + length], lowest


def _frames(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Pre-emphasised frames of 25 ms every 10 ms, ``(frames, samples)``; at least one."""
    return framed(emphasised(samples), round(FRAME * rate), round(SHIFT * rate))


def _power(samples: NDArray) -> float:
    return float(np.mean(emphasised(samples) ** 2))


def _attenuate(
    samples: NDArray, rate: int, edge: float, kind: Literal["highpass", "lowpass"], decibel: float
) -> NDArray[np.float64]:
    """Zero-phase filter that is ``decibel`` down from ``edge`` on; an edge at the end of the spectrum is left alone."""
    if decibel <= 0 or not 20 < edge < 0.98 * rate / 2:
        return samples
    # Run forwards and backwards, hence half the attenuation each way; 3 dB more keep the ripple below it.
    sections = cheby2(8, (decibel + 3) / 2, edge, kind, fs=rate, output="sos")
    return sosfiltfilt(sections, samples, padlen=min(len(samples) - 1, rate // 4))


def _trim(samples: Samples, rate: int) -> Samples:
    """Without the inactive frames at either end; nothing where all is digital silence."""
    power = frame_power(_frames(samples, rate))
    if power.max() == 0:
        return samples[:0]
    (first, last), shift = span(loud(power)), round(SHIFT * rate)
    return samples[first * shift : (last - 1) * shift + round(FRAME * rate)]


def _join(left: Samples, right: Samples, overlap: int) -> Samples:
    overlap = min(overlap, len(left), len(right))
    if not overlap:
        return np.concatenate([left, right])
    fade = np.linspace(0, 1, overlap, dtype=np.float32)
    seam = left[-overlap:] * (1 - fade) + right[:overlap] * fade
    return np.concatenate([left[:-overlap], seam, right[overlap:]])

"""One definition of loud frames stands in for eight. What these gave, on seeded input, are the numbers here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sernet.audio.activity import framed, loud, loud_energies, span
from sernet.audio.bandwidth import band
from sernet.audio.level import in_decibels
from sernet.bundle.graph import Windows
from sernet.corpus.sound import measure
from sernet.data.dataset import SPEECH_DB, FrontEnd, trim
from sernet.features.speech import bounds, brought_forward
from sernet.ood.bandwidth import Bandwidth
from sernet.ood.corruptions import speech_power
from sernet.ood.level import Level
from sernet.ood.matching import Recording, active_rms, band_edges, long_term_spectrum, match_length
from sernet.timeline.made import speech_of

RATE = 16000


def speech(n: int) -> np.ndarray:
    """Noise that swells and fades, with faint ends."""
    samples = 0.1 * np.random.default_rng(n).standard_normal(n) * np.exp(-3 * (1 + np.cos(np.arange(n) / 900)))
    samples[:900] *= 1e-4
    samples[-1100:] *= 1e-4
    return samples.astype(np.float32)


def energies(n: int) -> np.ndarray:
    """Log energies of 20 bins; some frames and bins are faint."""
    found = np.random.default_rng(n).normal(-3, 1.5, (n, 20)) + 3 * np.cos(np.arange(n) / 9)[:, None]
    found[:, 12:] -= 6
    found[:, 16:] -= 8
    found[:6] -= 9
    found[-9:] -= 12
    return found.astype(np.float32)


@pytest.mark.parametrize(
    ("n", "rms", "low", "spectrum", "trimmed", "power", "level", "piece", "ends", "energy"),
    [
        (
            *(7000, 0.07085332825407066, 343.75, 190.47531349842566, 4080, 0.002407448226873734, -26.184430437775994),
            *((800, 4000), (640, 5120), 8.040413727824037),
        ),
        (
            *(16000, 0.07227710160649954, 218.75, 198.2205406411969, 14480, 0.002513845192077019, -25.996614706026527),
            *((800, 14400), (640, 15520), 22.513311130430466),
        ),
        (
            *(23457, 0.06952453877257192, 218.75, 183.84257585378893, 21040, 0.002431012836480508, -26.142127479448448),
            *((800, 20800), (640, 22080), 31.761679497172246),
        ),
    ],
)
def test_samples_are_measured_as_before(
    n: int,
    rms: float,
    low: float,
    spectrum: float,
    trimmed: int,
    power: float,
    level: float,
    piece: tuple[int, int],
    ends: tuple[int, int],
    energy: float,
) -> None:
    samples = speech(n)
    exactly = {"rel": 1e-12}
    assert active_rms(samples, RATE) == pytest.approx(rms, **exactly)
    found = long_term_spectrum(samples, RATE)
    assert found.sum() == pytest.approx(spectrum, **exactly) and band_edges(found, RATE) == (low, 8000.0)
    recording = Recording("x", "", lambda: (samples, RATE))
    joined, _ = match_length([recording], trimmed, RATE, np.random.default_rng(0))
    np.testing.assert_array_equal(joined, samples[800 : 800 + trimmed])
    assert speech_power(samples, RATE) == pytest.approx(power, **exactly)
    sound = measure(samples, RATE)
    assert (sound.level, sound.bandwidth) == (pytest.approx(level, **exactly), 8000.0)
    np.testing.assert_array_equal(speech_of(samples, RATE), samples[piece[0] : sum(piece)])
    assert bounds(samples, RATE) == ends
    found = brought_forward(samples, RATE, channel=True).astype(np.float64)
    assert np.sum(found**2) == pytest.approx(energy, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "within_30", "within_40", "trimmed", "level", "width", "normalised"),
    [
        (60, 45, 49, 45, 1.102041589994567, 16.0, 742.1816042847931),
        (199, 159, 184, 184, 2.247519392642185, 16.0, 3027.6756293771505),
    ],
)
def test_energies_are_measured_as_before(
    n: int, within_30: int, within_40: int, trimmed: int, level: float, width: float, normalised: float
) -> None:
    matrix = energies(n)
    assert [int(loud_energies(matrix, decibels).sum()) for decibels in (30.0, 40.0)] == [within_30, within_40]
    assert len(trim(matrix, 30.0)) == trimmed
    assert Level.measure(1.0, matrix) == pytest.approx(level, rel=1e-12)
    assert Bandwidth.measure(1.0, matrix) == width
    front_end = FrontEnd.fit([matrix], "speech", 30.0)
    assert np.abs(front_end(matrix)).sum(dtype=np.float64) == pytest.approx(normalised, rel=1e-6)


@pytest.mark.parametrize("n", [1, 60, 199])
def test_the_graph_of_a_bundle_knows_the_same_frames(n: int) -> None:
    matrix = energies(max(n, 20))[:n]
    windows = Windows(None, torch.ones(20), None, speech=True)(torch.from_numpy(matrix)[None])[0, 0]
    expected = matrix - matrix[loud_energies(matrix, SPEECH_DB)].mean(axis=0)
    np.testing.assert_allclose(windows.numpy(), expected, atol=1e-5)


def test_loud_is_within_so_many_decibels_of_the_loudest() -> None:
    power = np.array([1e-9, 0.999e-3, 1.001e-3, 1.0, 0.5, 1e-2, 0.0])
    assert loud(power, 30.0).tolist() == [False, False, True, True, True, True, False]
    assert span(loud(power, 30.0)) == (2, 6) and span(loud(power, 100.0)) == (0, 6)
    assert band(power, 30.0) == (2, 6)
    split = np.log(np.stack([0.25 * power, 0.75 * power], axis=1) + 1e-30)
    assert loud_energies(split, 30.0).tolist() == loud(power, 30.0).tolist()


def test_digital_silence_and_nothing_have_an_answer() -> None:
    assert loud(np.zeros(3)).all() and loud(np.zeros(0)).shape == (0,)
    assert framed(np.ones(3), 5).tolist() == [[1, 1, 1, 0, 0]]
    assert framed(np.arange(7.0), 2, 3).tolist() == [[0, 1], [3, 4]]
    assert in_decibels(0.0) == -100.0 and in_decibels(0.01) == pytest.approx(-20.0)
    for samples in (np.zeros(0, np.float32), np.zeros(4000, np.float32)):
        assert (measure(samples, RATE).level, measure(samples, RATE).bandwidth) == (-100.0, 0.0)

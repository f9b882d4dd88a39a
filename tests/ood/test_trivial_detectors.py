"""Detectors that see duration, level or bandwidth alone."""

from __future__ import annotations

import numpy as np
import pytest

from sernet.data.dataset import Examples, Utterance
from sernet.ood.registry import make_detector


def examples(*clips: tuple[float, np.ndarray]) -> Examples:
    utterances = [Utterance(f"utt-{i}", "corpus", duration=duration) for i, (duration, _) in enumerate(clips)]
    return Examples(utterances, [features.astype(np.float32) for _, features in clips])


FLAT = np.zeros((20, 10))


def test_duration_counts_ratios_on_both_sides():
    detector = make_detector("duration")
    detector.fit_examples(examples((1.0, FLAT), (4.0, FLAT)))  # mean ln 2, standard deviation ln 2
    scores = detector.score_examples(examples((2.0, FLAT), (0.5, FLAT), (8.0, FLAT)))
    np.testing.assert_allclose(scores, [0, 2, 2], atol=1e-12)


def test_level_is_the_mean_energy_of_active_frames():
    quiet = np.vstack([FLAT, np.full((50, 10), -20.0)])  # pauses 87 dB below
    detector = make_detector("level")
    assert detector.measure(1.0, FLAT) == pytest.approx(np.log(10))
    assert detector.measure(1.0, quiet) == pytest.approx(np.log(10))
    assert detector.measure(1.0, FLAT + np.log(100)) == pytest.approx(np.log(1000))
    loud = np.vstack([np.full((1, 10), np.log(3.0)), np.full((1, 10), np.log(1.0))])
    assert detector.measure(1.0, loud) == pytest.approx(np.log(20))


def test_bandwidth_spans_the_bins_within_40_db_of_the_strongest():
    spectrum = np.full(80, -41.0)
    spectrum[10:60] = -39.0
    spectrum[30:35] = -100.0  # a hole inside the band
    spectrum[40] = 0.0
    detector = make_detector("bandwidth")
    assert detector.measure(1.0, np.tile(spectrum * np.log(10) / 10, (7, 1))) == 50


@pytest.mark.parametrize("name", ["duration", "level", "bandwidth"])
def test_a_training_set_without_spread_gives_finite_scores(name):
    detector = make_detector(name)
    detector.fit_examples(examples((1.0, FLAT)))
    scores = detector.score_examples(examples((1.0, FLAT), (30.0, np.full((1, 10), -23.0)), (0.1, -np.eye(10) * 50)))
    assert scores[0] == 0 and np.isfinite(scores).all()

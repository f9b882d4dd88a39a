"""A detector's usual scores were those of whole utterances, so that windows of known speech were all called unknown."""

from __future__ import annotations

import numpy as np

from score_sets import score_set
from sernet.ood.over_time import outlier_scores
from sernet.timeline.emissions import outlying
from sernet.timeline.windows import Windows


def _recordings(draws: np.random.Generator, label: np.ndarray) -> np.ndarray:
    """Embeddings (recordings, windows, dim): windows scatter around their class."""
    means = 3 * np.random.default_rng(5).standard_normal((4, 8))
    return means[label][:, None] + draws.standard_normal((len(label), 6, 8))


def test_windows_of_known_speech_are_accepted_as_often_as_asked() -> None:
    draws = np.random.default_rng(0)
    label = np.arange(400) % 4
    train, heard = _recordings(draws, label), _recordings(draws, label)
    scores = score_set(train.mean(axis=1), label, 4)

    def windows(embedding: np.ndarray) -> list[Windows]:
        empty = np.zeros((6, 4), np.float32)
        return [Windows(0.6, empty, empty, one.astype(np.float32), np.zeros(6)) for one in embedding]

    usual, new = (np.concatenate(outlier_scores("mahalanobis", {}, scores, windows(part))) for part in (train, heard))
    whole = np.concatenate(outlier_scores("mahalanobis", {}, scores, windows(np.repeat(train.mean(1)[:, None], 6, 1))))
    assert np.mean(outlying(new, usual, 0.95) > 0) < 0.08
    assert np.mean(outlying(new, whole, 0.95) > 0) > 0.5  # as it was

"""From posteriors, energy and an outlier score to the emissions of the HMM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit

LOUD = 95.0
"""The percentile of a recording's levels that counts as its speech level."""
FAINT = -30.0
"""A speech level in dB (white noise 78 dB below full scale) under which nobody speaks; digital silence has -50."""
STEEP = 4.0
"""Log-odds of rejection, negated, at the median outlier score of speech that is known."""


def log_posterior(
    logits: np.ndarray, classes: Sequence[str], wanted: Sequence[str], merge: Mapping[str, str]
) -> np.ndarray:
    """Log-posteriors ``(frames, wanted)`` of the ``wanted`` classes alone, from logits ``(frames, classes)``.

    A class that ``merge`` maps to a wanted one adds to it; all others are left out, and the rest sums to 1.
    """
    logits = np.asarray(logits, dtype=np.float64)
    counted = [merge.get(name, name) for name in classes]
    members = [[i for i, name in enumerate(counted) if name == one] for one in wanted]
    chosen = np.stack([np.logaddexp.reduce(logits[:, own], axis=1) for own in members], axis=1)
    return np.asarray(chosen - np.logaddexp.reduce(chosen, axis=1, keepdims=True))


def silence(level: np.ndarray, below: float, softness: float) -> np.ndarray:
    """Log-odds that a frame is no speech, from levels in dB ``(frames,)``; our design.

    Even at ``below`` dB under the recording's speech level, and at `FAINT` in a recording that is silent throughout;
    one unit more every ``softness`` dB further down.
    """
    loud = float(np.percentile(level, LOUD))
    return np.asarray(((loud - below if loud > FAINT else FAINT) - level) / softness)


def outlying(score: np.ndarray, known: np.ndarray, accept: float) -> np.ndarray:
    """Log-odds that a window is nothing that the model knows, from an outlier ``score`` ``(frames,)``; our design.

    Even at the quantile ``accept`` of the scores of ``known`` speech, -4 at their median.
    """
    middle, limit = np.quantile(known, [0.5, accept])
    return np.asarray(STEEP * (score - limit) / max(limit - middle, 1e-9))


def emissions(posterior: np.ndarray, rejection: np.ndarray, implied: np.ndarray, scale: float) -> np.ndarray:
    """Log weights ``(frames, classes + 1)``, float32, the last column for what is rejected.

    A class has its log-posterior less the log of the prior that the posterior implies (which makes it a likelihood but
    for a constant: Bourlard and Morgan 1994), times the probability that the frame is not rejected. All is multiplied
    by ``scale``, since windows that overlap are not independent.

    Args:
        posterior: log-posteriors ``(frames, classes)``.
        rejection: log-odds of rejection, ``(frames,)``.
        implied: prior that the posteriors imply, ``(classes,)``: uniform after a training balanced by class.
    """
    rejected = expit(np.clip(rejection, -30, 30))[:, None]
    # With a uniform prior this is the posterior itself.
    weight = posterior - np.log(implied) - np.log(len(implied))
    return (scale * np.hstack([weight + np.log1p(-rejected), np.log(rejected)])).astype(np.float32)

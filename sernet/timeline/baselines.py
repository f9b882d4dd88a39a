"""What the HMM is measured against: labels from posteriors without a grammar."""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.ndimage import convolve1d


def argmax(posterior: np.ndarray) -> np.ndarray:
    """The likeliest label of each frame, int64 ``(frames,)``, of posteriors ``(frames, labels)``."""
    return np.asarray(posterior.argmax(axis=1), dtype=np.int64)


def moving_average(posterior: np.ndarray, width: int) -> np.ndarray:
    """The likeliest label after averaging ``width`` frames around each (odd; fewer at the ends)."""
    window = np.ones(2 * (max(width, 1) // 2) + 1)
    mass = convolve1d(np.ones(len(posterior)), window, mode="constant")
    return argmax(convolve1d(posterior, window, axis=0, mode="constant") / mass[:, None])


def total_variation(posterior: np.ndarray, weight: float) -> np.ndarray:
    """The likeliest label after each label's posterior has been smoothed by `denoise`."""
    return argmax(np.stack([denoise(column, weight) for column in posterior.T], axis=1))


def denoise(values: np.ndarray, weight: float) -> np.ndarray:
    """The x that minimises sum (x_t - values_t)^2 / 2 + weight sum |x_t+1 - x_t|, exactly, in linear time.

    Dynamic programming after Johnson 2013 ("A dynamic programming algorithm for the fused lasso"): what is known from
    the left, as a function of x_t, has a derivative of straight pieces, which the penalty clips to +-weight.
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 2 or weight <= 0:
        return values.copy()
    knots: deque[tuple[float, float, float]] = deque()  # where, and by how much slope and offset change there
    low, high = np.empty(len(values) - 1), np.empty(len(values) - 1)
    for t, value in enumerate(values[:-1]):
        before = weight if t else 0.0
        low[t], slope, offset = _root(knots, -value - before, -weight, left=True)
        high[t], right_slope, right_offset = _root(knots, -value + before, weight, left=False)
        knots.appendleft((low[t], slope, offset + weight))
        knots.append((high[t], -right_slope, weight - right_offset))
    best = np.empty_like(values)
    best[-1] = _root(knots, -values[-1] - weight, 0.0, left=True)[0]
    for t in range(len(values) - 2, -1, -1):
        best[t] = min(max(best[t + 1], low[t]), high[t])
    return best


def _root(
    knots: deque[tuple[float, float, float]], offset: float, level: float, left: bool
) -> tuple[float, float, float]:
    """Where a rising derivative, of slope 1 and ``offset`` beyond its outermost knot, is at ``level``.

    Knots passed on the way are taken out; the straight piece that was met is given as slope and offset.
    """
    slope = 1.0
    while knots:
        where, more, shift = knots[0 if left else -1]
        at = slope * where + offset
        if (at > level) if left else (at < level):
            break
        knots.popleft() if left else knots.pop()
        slope, offset = (slope + more, offset + shift) if left else (slope - more, offset - shift)
    return (level - offset) / slope, slope, offset

"""Smoothing, against scipy's solver and plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from sernet.timeline import baselines


@pytest.mark.parametrize("weight", [0.05, 0.4, 3.0, 100.0])
@pytest.mark.parametrize("length", [2, 3, 40])
def test_total_variation_is_the_solution_of_its_dual(weight: float, length: int) -> None:
    """min |y - D'u|^2 over |u| <= weight gives x = y - D'u (Chambolle 2004)."""
    values = np.random.default_rng(length).normal(size=length)
    across = np.diff(np.eye(length), axis=0).T
    dual = lsq_linear(across, values, bounds=(-weight, weight), method="bvls", tol=1e-14, max_iter=5000)
    np.testing.assert_allclose(baselines.denoise(values, weight), values - across @ dual.x, atol=1e-6)


def test_total_variation_limits() -> None:
    values = np.array([1.0, 0.0, 2.0, 5.0])
    np.testing.assert_array_equal(baselines.denoise(values, 0.0), values)
    np.testing.assert_allclose(baselines.denoise(values, 1e6), values.mean())
    np.testing.assert_array_equal(baselines.denoise(np.array([3.0]), 1.0), [3.0])


def test_moving_average_takes_what_there_is_at_the_ends() -> None:
    posterior = np.random.default_rng(0).dirichlet(np.ones(3), 12)
    expected = [posterior[max(0, t - 2) : t + 3].mean(axis=0).argmax() for t in range(12)]
    assert baselines.moving_average(posterior, 5).tolist() == expected
    assert baselines.moving_average(posterior, 1).tolist() == baselines.argmax(posterior).tolist()


def test_smoothing_takes_out_a_blip() -> None:
    posterior = np.tile([0.8, 0.2], (21, 1))
    posterior[10] = [0.1, 0.9]
    assert baselines.argmax(posterior).sum() == 1
    assert baselines.moving_average(posterior, 5).sum() == 0
    assert baselines.total_variation(posterior, 1.0).sum() == 0

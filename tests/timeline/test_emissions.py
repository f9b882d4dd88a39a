"""From posteriors to emissions: closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from sernet.timeline.emissions import emissions, log_posterior, outlying, silence


def test_wanted_classes_sum_to_one_and_merged_ones_add_up() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 4))
    p = np.exp(logits)
    found = np.exp(
        log_posterior(logits, ["neutral", "calm", "anger", "fear"], ["anger", "neutral"], {"calm": "neutral"})
    )
    expected = np.stack([p[:, 2], p[:, 0] + p[:, 1]], axis=1)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True))


def test_with_a_uniform_prior_emissions_are_the_posterior_shared_with_rejection() -> None:
    posterior = np.log(np.random.default_rng(1).dirichlet(np.ones(3), 6))
    rejection = np.linspace(-6, 6, 6)
    found = np.exp(emissions(posterior, rejection, np.full(3, 1 / 3), 1.0).astype(float))
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found[:, 3], 1 / (1 + np.exp(-rejection)), rtol=1e-5)


def test_a_prior_that_the_posterior_implies_is_taken_out() -> None:
    """With equal likelihoods the posterior is the prior, and emissions are equal."""
    prior = np.array([0.7, 0.2, 0.1])
    found = emissions(np.log(prior)[None], np.array([-30.0]), prior, 1.0)
    np.testing.assert_allclose(found[0, :3], found[0, 0], atol=1e-6)


def test_scale_is_a_power() -> None:
    posterior = np.log(np.array([[0.9, 0.1]]))
    one, half = (emissions(posterior, np.zeros(1), np.full(2, 0.5), scale) for scale in (1.0, 0.5))
    np.testing.assert_allclose(half, one / 2, atol=1e-6)


def test_even_odds_where_it_is_said() -> None:
    level = np.r_[np.full(95, 20.0), np.full(5, -20.0)]
    odds = silence(level, 40.0, 3.0)
    assert odds[0] == pytest.approx(-40 / 3) and odds[-1] == pytest.approx(0)
    known = np.arange(101.0)
    np.testing.assert_allclose(outlying(np.array([50.0, 95.0, 140.0]), known, 0.95), [-4, 0, 4])

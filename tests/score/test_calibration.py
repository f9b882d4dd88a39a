"""What perfect calibration reads, against closed forms and direct simulation."""

from __future__ import annotations

import numpy as np
import pytest

from sernet.score.calibration import perfect_ece
from sernet.score.tables import LabelTable


def test_of_one_answer_it_is_the_mean_distance_from_right_or_wrong() -> None:
    """E|B - c| = 2 c (1 - c)."""
    drawn = perfect_ece(np.array([0.7]), ("one",), 20_000)
    assert drawn.mean() == pytest.approx(2 * 0.7 * 0.3, abs=0.01)
    assert set(np.round(drawn, 9)) == {0.3, 0.7}


def test_of_one_confidence_it_is_the_mean_deviation_of_a_binomial_share() -> None:
    """All in one group, which the bins divide in proportion: E|k/n - c|, about sqrt(2 c (1 - c) / (pi n))."""
    drawn = perfect_ece(np.full(400, 0.6), ("tied",), 4000)
    assert drawn.mean() == pytest.approx(np.sqrt(2 * 0.6 * 0.4 / (np.pi * 400)), rel=0.05)


def test_certain_answers_are_perfect() -> None:
    assert (perfect_ece(np.ones(50), ("sure",), 10) == 0).all()


@pytest.mark.parametrize("ties", [False, True])
def test_agrees_with_the_ece_of_posteriors_whose_labels_are_drawn_from_them(ties: bool) -> None:
    random = np.random.default_rng(0)
    p = random.uniform(0.5, 1, 300)
    p = np.round(p, 1).clip(0.5, 0.99) if ties else p
    logits = np.log(np.stack([p, 1 - p], axis=1))
    simulated = []
    for _ in range(200):
        label = (random.random(300) >= p).astype(int)
        table = LabelTable(logits, label, ("a", "b"), np.arange(300))
        simulated.append(float(table.evaluate(np.ones((1, 300)), ["ece"])["ece"][0]))
    drawn = perfect_ece(p, ("x",), 2000)
    assert drawn.mean() == pytest.approx(np.mean(simulated), rel=0.05)
    assert drawn.std() == pytest.approx(np.std(simulated), rel=0.2)


def test_draws_hang_on_the_key_and_not_on_the_order() -> None:
    confidence = np.random.default_rng(1).uniform(0.3, 1, 100)
    first = perfect_ece(confidence, ("a",), 150)
    np.testing.assert_array_equal(perfect_ece(confidence[::-1], ("a",), 150), first)
    assert not np.array_equal(perfect_ece(confidence, ("b",), 150), first)

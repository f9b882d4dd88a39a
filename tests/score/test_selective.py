"""Selective prediction by any score, against plain loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from sernet.errors import SernetError
from sernet.score.selective import SelectiveTable


def evaluate(confidence: np.ndarray, label: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    table = SelectiveTable(confidence, label, predicted, np.arange(len(label)))
    return {name: float(value[0]) for name, value in table.evaluate(np.ones((1, len(label)))).items()}


def made(seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    label, predicted = random.integers(3, size=(2, 90))
    confidence = random.normal(size=90) * 1e6
    return (np.round(confidence, -6) if ties else confidence), label, predicted


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_against_loops(seed: int, ties: bool) -> None:
    confidence, label, predicted = made(seed, ties)
    ours, wrong = evaluate(confidence, label, predicted), label != predicted
    assert ours["failure_auroc"] == pytest.approx(roc_auc_score(~wrong, confidence))
    assert ours["aurc"] == pytest.approx(np.mean([wrong[confidence >= c].mean() for c in confidence]))
    kept = confidence >= np.sort(confidence)[::-1][71]  # the 72nd of 90, and all that tie with it
    assert ours["uar_cov80"] == pytest.approx(
        recall_score(label[kept], predicted[kept], average="macro", labels=np.unique(label[kept]))
    )


def test_only_the_order_counts() -> None:
    confidence, label, predicted = made(5, ties=True)
    assert evaluate(np.arctan(confidence / 1e6) - 7, label, predicted) == pytest.approx(
        evaluate(confidence, label, predicted)
    )


def test_one_answer_one_class_and_nothing_to_tell_apart() -> None:
    right = evaluate(np.array([0.3]), np.array([1]), np.array([1]))
    assert right == {"aurc": 0.0, "uar_cov80": 1.0}
    wrong = evaluate(np.array([0.3, 0.4]), np.array([1, 1]), np.array([0, 0]))
    assert wrong == {"aurc": 1.0, "uar_cov80": 0.0}
    same = evaluate(np.zeros(4), np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]))
    assert same == pytest.approx({"aurc": 0.25, "uar_cov80": 0.75, "failure_auroc": 0.5})


def test_what_is_not_finite_is_refused_by_name() -> None:
    names = np.array(["good", "bad"])
    with pytest.raises(SernetError, match="not finite for bad"):
        SelectiveTable(np.array([0, np.inf]), np.zeros(2, int), np.zeros(2, int), np.arange(2), names)
    with pytest.raises(SernetError, match="no labelled"):
        SelectiveTable(np.zeros(0), np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))

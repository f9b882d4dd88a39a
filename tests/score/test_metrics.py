"""Metrics against scikit-learn, closed forms and plain loops: random, tied, weighted and degenerate input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics as sklearn

from sernet.errors import SernetError
from sernet.score.metrics import LABEL_METRICS, METRICS, OOD_METRICS, POOLED_METRICS, metric
from sernet.score.tables import LabelTable, OodTable

CLASSES = ("anger", "fear", "joy", "neutral")


def labels_of(seed: int, n: int = 200, ties: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, labels and integer weights in which some utterances are left out."""
    random = np.random.default_rng(seed)
    label = random.integers(len(CLASSES), size=n)
    logits = random.normal(size=(n, len(CLASSES))) + 1.5 * np.eye(len(CLASSES))[label]
    if ties:
        logits = np.round(logits)
    return logits, label, random.integers(4, size=n)


def evaluate(logits: np.ndarray, label: np.ndarray, weight: np.ndarray | None = None) -> dict[str, float]:
    """Each utterance its own unit, so that the counts are utterance weights."""
    weight = np.ones(len(label), dtype=int) if weight is None else weight
    table = LabelTable(logits, label, CLASSES, np.arange(len(label)))
    return {name: float(value[0]) for name, value in table.evaluate(weight[None]).items()}


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_recognition_against_scikit_learn(seed: int, ties: bool) -> None:
    logits, label, weight = labels_of(seed, ties=ties)
    ours, predicted = evaluate(logits, label, weight), logits.argmax(axis=1)
    weighted: dict[str, Any] = {"sample_weight": weight}
    assert ours["uar"] == pytest.approx(sklearn.recall_score(label, predicted, average="macro", **weighted))
    assert ours["war"] == pytest.approx(sklearn.accuracy_score(label, predicted, **weighted))
    assert ours["macro_f1"] == pytest.approx(sklearn.f1_score(label, predicted, average="macro", **weighted))
    assert ours["nll"] == pytest.approx(sklearn.log_loss(label, softmax(logits, axis=1), **weighted))
    for index, name in enumerate(CLASSES):
        recall = sklearn.recall_score(label == index, predicted == index, **weighted)
        assert ours[f"recall:{name}"] == pytest.approx(recall)


def test_uar_averages_over_the_classes_in_the_reference_only() -> None:
    logits = 5.0 * np.eye(4)[[0, 3, 1, 3]]
    ours = evaluate(logits, np.array([0, 0, 1, 1]))
    assert ours["uar"] == 0.5 and "recall:neutral" not in ours
    assert ours["macro_f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("ties", [False, True])
def test_weights_are_repetitions(ties: bool) -> None:
    logits, label, weight = labels_of(5, ties=ties)
    repeated = evaluate(np.repeat(logits, weight, axis=0), np.repeat(label, weight))
    weighted = evaluate(logits, label, weight)
    assert weighted == pytest.approx(repeated)
    assert set(LABEL_METRICS) <= set(weighted)


def test_brier_and_ece_against_plain_loops() -> None:
    logits, label, _ = labels_of(7, n=150)
    posterior = softmax(logits, axis=1)
    ours = evaluate(logits, label)
    assert ours["brier"] == pytest.approx(np.mean([((p - np.eye(4)[y]) ** 2).sum() for p, y in zip(posterior, label)]))
    order = np.argsort(posterior.max(axis=1))
    right = (logits.argmax(axis=1) == label)[order]
    confidence = posterior.max(axis=1)[order]
    bins = [slice(10 * i, 10 * i + 10) for i in range(15)]  # 150 utterances: 15 bins of 10
    expected = np.mean([abs(right[b].mean() - confidence[b].mean()) for b in bins])
    assert ours["ece"] == pytest.approx(expected)


def test_ece_of_one_confidence_is_its_gap_to_the_accuracy() -> None:
    logits = np.tile([np.log(0.7), *np.log([0.1] * 3)], (10, 1))
    assert evaluate(logits, np.array([0] * 4 + [1] * 6))["ece"] == pytest.approx(0.3)


def test_selective_metrics_against_plain_loops() -> None:
    logits, label, _ = labels_of(9, n=100)
    posterior = softmax(logits, axis=1)
    order = np.argsort(-posterior.max(axis=1))
    wrong = (logits.argmax(axis=1) != label)[order]
    ours = evaluate(logits, label)
    assert ours["aurc"] == pytest.approx(np.mean([wrong[: k + 1].mean() for k in range(100)]))
    kept = order[:80]
    expected = sklearn.recall_score(label[kept], logits[kept].argmax(axis=1), average="macro")
    assert ours["uar_cov80"] == pytest.approx(expected)
    assert ours["failure_auroc"] == pytest.approx(sklearn.roc_auc_score(~wrong, posterior.max(axis=1)[order]))


def test_failure_auroc_is_left_out_when_nothing_is_wrong() -> None:
    assert "failure_auroc" not in evaluate(5 * np.eye(4), np.arange(4))


def ood_of(seed: int, ties: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    inside, outside = random.normal(size=60), 1 + random.normal(size=90)
    if ties:
        inside, outside = np.round(inside), np.round(outside)
    return (inside, outside, random.integers(1, 4, size=60), random.integers(1, 4, size=90))


def evaluate_ood(
    inside: np.ndarray, outside: np.ndarray, weight: np.ndarray | None = None, correct: np.ndarray | None = None
) -> dict[str, float]:
    n, m = len(inside), len(outside)
    weight = np.ones(n + m, dtype=int) if weight is None else weight
    table = OodTable(inside, outside, np.arange(n), np.arange(n, n + m), correct)
    return {name: float(value[0]) for name, value in table.evaluate(weight[None]).items()}


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_ood_metrics_against_scikit_learn(seed: int, ties: bool) -> None:
    inside, outside, id_weight, ood_weight = ood_of(seed, ties)
    weight = np.concatenate([id_weight, ood_weight])
    ours = evaluate_ood(inside, outside, weight)
    score = np.concatenate([inside, outside])
    is_ood = np.arange(len(score)) >= len(inside)
    assert ours["auroc"] == pytest.approx(sklearn.roc_auc_score(is_ood, score, sample_weight=weight))
    for name, positive, sign in (("aupr_out", is_ood, 1), ("aupr_in", ~is_ood, -1)):
        precision, recall, _ = sklearn.precision_recall_curve(positive, sign * score, sample_weight=weight)
        assert ours[name] == pytest.approx(sklearn.auc(recall, precision))
    for name, positive, sign in (("fpr95_ood_pos", is_ood, 1), ("fpr95_id_pos", ~is_ood, -1)):
        fpr, tpr, _ = sklearn.roc_curve(positive, sign * score, sample_weight=weight, drop_intermediate=False)
        assert ours[name] == pytest.approx(fpr[np.argmax(tpr >= 0.95 - 1e-12)])


def test_the_two_conventions_of_fpr_on_paper() -> None:
    """ID scores 1 to 20, OOD scores 18.5 to 37.5: accepting 19 ID lets one OOD in, rejecting 19 OOD rejects one ID."""
    ours = evaluate_ood(np.arange(1.0, 21), np.arange(18.5, 38.5))
    assert ours["fpr95_id_pos"] == pytest.approx(1 / 20)
    assert ours["fpr95_ood_pos"] == pytest.approx(1 / 20)
    ours = evaluate_ood(np.arange(1.0, 21), np.array([0.0, *[30.0] * 9]))
    assert ours["fpr95_id_pos"] == pytest.approx(1 / 10)
    assert ours["fpr95_ood_pos"] == 1.0


def test_constant_and_perfect_scores() -> None:
    constant = evaluate_ood(np.zeros(10), np.zeros(30))
    assert constant["auroc"] == 0.5 and constant["fpr95_id_pos"] == 1.0 and constant["fpr95_ood_pos"] == 1.0
    perfect = evaluate_ood(np.zeros(10), np.ones(30))
    assert perfect["auroc"] == perfect["aupr_in"] == perfect["aupr_out"] == 1.0
    assert perfect["fpr95_id_pos"] == perfect["fpr95_ood_pos"] == 0.0


def test_ood_weights_of_zero_are_absence() -> None:
    inside, outside, _, _ = ood_of(3, ties=True)
    keep = np.random.default_rng(0).integers(2, size=150).astype(bool)
    ours = evaluate_ood(inside, outside, keep.astype(int))
    assert ours == pytest.approx(evaluate_ood(inside[keep[:60]], outside[keep[60:]]))


def test_oscr_counts_recognised_utterances_only() -> None:
    inside, outside, _, _ = ood_of(1, ties=True)
    correct = np.random.default_rng(2).integers(2, size=60).astype(bool)
    pairs = [(c * ((o > i) + 0.5 * (o == i))) for i, c in zip(inside, correct) for o in outside]
    assert evaluate_ood(inside, outside, correct=correct)["oscr"] == pytest.approx(np.mean(pairs))
    everything = evaluate_ood(inside, outside, correct=np.ones(60, dtype=bool))
    assert everything["oscr"] == pytest.approx(everything["auroc"])


def test_speakers_as_units_give_what_utterances_give() -> None:
    logits, label, _ = labels_of(11)
    speaker = np.random.default_rng(0).integers(6, size=200)
    counts = np.random.default_rng(1).integers(3, size=(5, 6))
    by_speaker = LabelTable(logits, label, CLASSES, speaker).evaluate(counts)
    by_utterance = LabelTable(logits, label, CLASSES, np.arange(200)).evaluate(counts[:, speaker])
    for name in LABEL_METRICS:
        assert by_speaker[name] == pytest.approx(by_utterance[name]), name
    inside, outside, _, _ = ood_of(4, ties=True)
    unit = speaker[:150]
    by_speaker = OodTable(inside, outside, unit[:60], unit[60:], inside > 0).evaluate(counts)
    each = np.arange(150)
    by_utterance = OodTable(inside, outside, each[:60], each[60:], inside > 0).evaluate(counts[:, unit])
    for name in OOD_METRICS:
        assert by_speaker[name] == pytest.approx(by_utterance[name]), name


def test_scores_that_are_not_finite_are_refused_by_name() -> None:
    names = np.array(["good", "bad"])
    with pytest.raises(SernetError, match="OOD.*bad"):
        OodTable(np.zeros(2), np.array([0, np.nan]), np.arange(2), np.arange(2), id_name=names, ood_name=names)
    with pytest.raises(SernetError, match="no ID utterance"):
        OodTable(np.zeros(0), np.zeros(1), np.zeros(0, dtype=int), np.zeros(1, dtype=int))


def test_every_metric_is_defined_and_has_a_direction() -> None:
    for name in (*LABEL_METRICS, *POOLED_METRICS, *OOD_METRICS, "eder", "uar_seed_sd"):
        assert METRICS[name].low < METRICS[name].high and METRICS[name].better in ("higher", "lower")
    assert metric("recall:fear").high == 1
    with pytest.raises(KeyError):
        metric("accuracy")

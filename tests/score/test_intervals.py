"""Intervals: against closed forms, and by how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from sernet.score.intervals import Requirement, interval, mean_over_folds, resample
from sernet.score.metrics import METRICS
from sernet.score.tables import LabelTable, OodTable

CLASSES = ("anger", "joy", "neutral")


def one_stratum(units: int) -> np.ndarray:
    return np.zeros(units, dtype=int)


def corpus(
    random: np.random.Generator, speakers: int, spread: float = 0.8, takes: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Speakers who are recognised more or less well: logits, labels and speakers."""
    speaker = np.repeat(np.arange(speakers), len(CLASSES) * takes)
    label = np.tile(np.arange(len(CLASSES)), speakers * takes)
    ease = 0.7 + spread * random.normal(size=speakers)[speaker]
    right = random.random(len(label)) < 1 / (1 + np.exp(-ease))
    answer = np.where(right, label, (label + random.integers(1, len(CLASSES), size=len(label))) % len(CLASSES))
    return np.eye(len(CLASSES))[answer], label, speaker


def fold_tables(data: tuple[np.ndarray, np.ndarray, np.ndarray], folds: int) -> list[LabelTable]:
    logits, label, speaker = data
    parts = [speaker % folds == fold for fold in range(folds)]
    return [LabelTable(logits[part], label[part], CLASSES, speaker[part]) for part in parts]


def test_the_mean_over_speakers_has_its_t_interval() -> None:
    """Leave-one-speaker-out: the mean of S numbers, whose t interval is textbook."""
    tables = fold_tables(corpus(np.random.default_rng(0), 12), folds=12)
    each = np.array([table.evaluate(np.ones((1, 12)), ["war"])["war"][0] for table in tables])
    counts = resample(("key",), one_stratum(12), draws=20000)
    assert counts is not None
    replicates = mean_over_folds(tables, counts, ["war"])["war"]
    limits = interval(each.mean(), replicates, 12, METRICS["war"])
    half = t.ppf(0.975, 11) * each.std(ddof=1) / np.sqrt(12)
    assert limits == pytest.approx((each.mean() - half, each.mean() + half), abs=0.02 * half)


def test_the_plain_mean_over_folds_is_unweighted() -> None:
    tables = [
        LabelTable(np.eye(3)[[0, 1, 2]], np.array([0, 1, 2]), CLASSES, np.array([0, 0, 0])),
        LabelTable(np.eye(3)[[0] * 9], np.arange(9) % 3, CLASSES, np.repeat([1, 2, 3], 3)),
    ]
    value = mean_over_folds(tables, np.ones((1, 4)), ["uar", "war"])
    assert value["uar"][0] == pytest.approx((1 + 1 / 3) / 2)
    assert value["recall:joy"][0] == pytest.approx(0.5)


@pytest.mark.parametrize(("speakers", "folds"), [(4, 1), (8, 2), (10, 10), (24, 5)])
def test_intervals_hold_the_truth_as_often_as_they_say(speakers: int, folds: int) -> None:
    random = np.random.default_rng(speakers)
    truth = np.mean(1 / (1 + np.exp(-(0.7 + 0.8 * random.normal(size=200000)))))
    held, trials = 0, 150
    for trial in range(trials):
        tables = fold_tables(corpus(random, speakers), folds)
        counts = resample((trial,), one_stratum(speakers), draws=300)
        assert counts is not None
        value = mean_over_folds(tables, np.ones((1, speakers)), ["uar"])["uar"][0]
        limits = interval(value, mean_over_folds(tables, counts, ["uar"])["uar"], speakers, METRICS["uar"])
        assert limits is not None
        held += limits[0] <= truth <= limits[1]
    # 0.95 less three standard errors of the simulation (0.018), and a little for skewed speakers.
    assert held / trials >= 0.88


def test_auroc_intervals_hold_the_truth_with_speakers_on_both_sides() -> None:
    random = np.random.default_rng(5)
    held, trials = 0, 150
    for trial in range(trials):
        inside = (random.normal(size=(8, 1)) * 0.5 + random.normal(size=(8, 6))).ravel()
        outside = (random.normal(size=(6, 1)) * 0.5 + random.normal(size=(6, 6)) + 1).ravel()
        table = OodTable(inside, outside, np.repeat(np.arange(8), 6), 8 + np.repeat(np.arange(6), 6))
        counts = resample((trial,), np.repeat([0, 1], [8, 6]), draws=300)
        assert counts is not None
        value = table.evaluate(np.ones((1, 14)), ["auroc"])["auroc"][0]
        limits = interval(value, table.evaluate(counts, ["auroc"])["auroc"], 6, METRICS["auroc"])
        assert limits is not None
        held += limits[0] <= 0.7365 <= limits[1]  # P(N(1, 2.5) > 0)
    assert held / trials >= 0.9


def test_draws_depend_on_the_key_alone() -> None:
    first, again = (resample(("mini", "single"), one_stratum(6)) for _ in range(2))
    other = resample(("mini", "cross"), one_stratum(6))
    assert first is not None and other is not None
    assert first.shape == (2000, 6) and np.array_equal(first, again) and not np.array_equal(first, other)
    assert (first.sum(axis=1) == 6).all()
    assert first.mean() == pytest.approx(1) and first.var() == pytest.approx(5 / 6, abs=0.05)


def test_strata_are_drawn_apart() -> None:
    counts = resample(("key",), np.array([0, 1, 0, 1, 0, 1, 0, 1, 1]))
    assert counts is not None
    assert (counts[:, [0, 2, 4, 6]].sum(axis=1) == 4).all() and (counts.sum(axis=1) == 9).all()


def test_a_draw_without_a_class_is_drawn_again() -> None:
    everyone, holders = np.ones(9, dtype=bool), np.arange(9) < 4
    counts = resample(("key",), one_stratum(9), [Requirement(everyone, holders, "joy")])
    assert counts is not None and len(counts) == 2000 and (counts[:, :4].sum(axis=1) > 0).all()


def test_a_fold_that_is_not_drawn_need_not_hold_its_classes() -> None:
    fold = np.arange(9) < 5
    counts = resample(("key",), one_stratum(9), [Requirement(fold, np.arange(9) < 4, "joy")])
    assert counts is not None
    drawn = counts[:, :5].sum(axis=1) > 0
    assert (counts[drawn, :4].sum(axis=1) > 0).all() and (~drawn).any()


def test_there_is_no_interval_where_a_class_has_fewer_than_four_speakers() -> None:
    """Every resample must hold one of them, so the class would add next to nothing."""
    everyone = np.ones(12, dtype=bool)
    for holders in (1, 2, 3):
        assert resample(("key",), one_stratum(12), [Requirement(everyone, np.arange(12) < holders, "joy")]) is None
    assert resample(("key",), one_stratum(12), [Requirement(everyone, np.arange(12) < 4, "joy")]) is not None
    # Two in each of two folds are four; one alone in a fold must be in every resample that holds any of its fold.
    folds = [np.arange(12) < 6, np.arange(12) >= 6]
    for places, there in (((0, 1, 6, 7), True), ((0, 1, 2, 6), False), ((0, 1, 6), False)):
        held = np.isin(np.arange(12), places)
        needs = [Requirement(fold, fold & held, "joy") for fold in folds]
        assert (resample(("key",), one_stratum(12), needs) is not None) == there
    # A fold of one speaker, or of two who both hold the class: whoever is drawn brings it.
    for size in (1, 2, 3):
        fold = np.arange(12) < size
        assert resample(("key",), one_stratum(12), [Requirement(fold, fold, "joy")]) is not None


def test_the_variance_over_seeds_enters_where_one_model_answers_for_all() -> None:
    """Two-way layout without interaction: its textbook standard error, and Satterthwaite's degrees of freedom."""
    speakers, seeds = np.array([0.1, 0.3, 0.2, 0.5, 0.4]), np.array([-0.05, 0.03, 0.02])
    counts = resample(("key",), one_stratum(5), draws=200_000)
    assert counts is not None
    replicates = counts @ speakers / 5
    limits = interval(0.3, replicates, 5, METRICS["uar"], seeds=list(0.3 + seeds))
    first, second = speakers.var(ddof=1) / 5, seeds.var(ddof=1) / 3
    half = t.ppf(0.975, (first + second) ** 2 / (first**2 / 4 + second**2 / 2)) * np.sqrt(first + second)
    assert limits == pytest.approx((0.3 - half, 0.3 + half), abs=2e-3)
    alone = interval(0.3, replicates, 5, METRICS["uar"])
    assert interval(0.3, replicates, 5, METRICS["uar"], seeds=[0.3]) == alone  # one seed says nothing of others
    assert interval(0.3, replicates, 5, METRICS["uar"], seeds=[0.3, 0.3]) == alone


def test_there_is_no_interval_below_four_speakers_or_where_no_draw_will_do() -> None:
    assert resample(("key",), one_stratum(3)) is None
    assert interval(0.5, np.array([0.4, 0.6]), 3, METRICS["uar"]) is None
    everyone = np.ones(4, dtype=bool)
    nobody = Requirement(everyone, np.zeros(4, dtype=bool), "joy")
    assert (
        resample(("key",), one_stratum(4), [nobody]) is None
        and resample(("key",), one_stratum(4), [nobody], least=0) is None
    )


def test_intervals_stay_in_the_range_of_the_metric() -> None:
    replicates = np.random.default_rng(0).normal(0.95, 0.1, size=500)
    low, high = interval(0.95, replicates, 10, METRICS["uar"]) or (0, 0)
    assert 0 < low < 0.95 and high == 1.0

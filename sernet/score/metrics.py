"""Every metric of results.json: its name, range, direction and definition, and how it is computed.

A metric is written once, on sums over utterances with weights, and for many weightings at a time: the leading axis of
every array is ``draws``, one for each replicate of a bootstrap (a single one for the value itself). An utterance of
weight 2 counts as two equal utterances, one of weight 0 not at all. `tables.py` makes the sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

CALIBRATION_BINS = 15
TINY = np.finfo(float).tiny
COVERAGE = 0.8


@dataclass(frozen=True)
class Metric:
    """What a name in results.json means. ``low`` and ``high`` bound its values and cut its intervals."""

    name: str
    low: float
    high: float
    better: str
    definition: str


_DEFINITIONS = (
    Metric("uar", 0, 1, "higher", "mean of the recalls of the classes present in the reference"),
    Metric("war", 0, 1, "higher", "share of utterances recognised as what they are (accuracy)"),
    Metric("macro_f1", 0, 1, "higher", "mean F1 of the classes present in the reference"),
    Metric("ece", 0, 1, "lower", "mean gap of confidence and accuracy over 15 bins of equal mass, by confidence"),
    Metric("ece_perfect", 0, 1, "lower", "what ece reads at this n if every confidence is the chance of being right"),
    Metric("brier", 0, 2, "lower", "mean squared distance of the posterior from the one-hot label, over all classes"),
    Metric("nll", 0, np.inf, "lower", "mean negative log posterior of the label, in nats"),
    Metric("temperature", 0, np.inf, "near 1", "divisor of the logits with the least nll on the dev speakers"),
    Metric("ece_scaled", 0, 1, "lower", "ece of the logits divided by temperature"),
    Metric("ece_scaled_perfect", 0, 1, "lower", "ece_perfect of the logits divided by temperature"),
    Metric("brier_scaled", 0, 2, "lower", "brier of the logits divided by temperature"),
    Metric("nll_scaled", 0, np.inf, "lower", "nll of the logits divided by temperature"),
    Metric("aurc", 0, 1, "lower", "mean, over utterances, of the error rate among those at least as confident"),
    Metric("uar_cov80", 0, 1, "higher", "UAR among the 80 % of utterances of the highest confidence"),
    Metric("failure_auroc", 0, 1, "higher", "chance that a right answer is more confident than a wrong one"),
    Metric("auroc", 0, 1, "higher", "P(OOD score > ID score) + P(equal) / 2"),
    Metric("aupr_in", 0, 1, "higher", "area under precision and recall, ID positive; depends on n and n_ood"),
    Metric("aupr_out", 0, 1, "higher", "area under precision and recall, OOD positive; depends on n and n_ood"),
    Metric("fpr95_id_pos", 0, 1, "lower", "share of OOD accepted where first at least 95 % of ID are accepted"),
    Metric("fpr95_ood_pos", 0, 1, "lower", "share of ID rejected where first at least 95 % of OOD are rejected"),
    Metric(
        "oscr", 0, 1, "higher", "P(an ID utterance is recognised and its score is below an OOD one's; half if equal)"
    ),
    Metric("eder", 0, 1, "lower", "emotion diarisation error: share of a recording's time labelled wrongly; the mean"),
    Metric("eder_false_alarm", 0, 1, "lower", "part of eder: an emotion where there is none"),
    Metric("eder_missed", 0, 1, "lower", "part of eder: none where there is an emotion, or no label at all"),
    Metric("eder_confusion", 0, 1, "lower", "part of eder: another emotion"),
    Metric("eder_overlap", 0, 1, "lower", "part of eder: another emotion beside the right one"),
    Metric("segment_f1", 0, 1, "higher", "F1 of emotional segments; matched: same emotion, half of their union shared"),
    Metric("uar_seed_sd", 0, 1, "lower", "standard deviation over seeds of the mean UAR over folds"),
)
FULL_SPECTRUM = "_full"
"""Behind the name of an OOD metric: the shift sets of the run count as ID (Yang et al. 2023, full-spectrum OOD)."""

LABEL_METRICS = ("uar", "war", "macro_f1", "ece", "brier", "nll", "aurc", "uar_cov80", "failure_auroc")
POOLED_METRICS = ("uar", "war", "macro_f1", "ece")
SELECTIVE_METRICS = ("aurc", "uar_cov80", "failure_auroc")
SCALED_METRICS = ("ece_scaled", "nll_scaled", "brier_scaled")
TIMELINE_METRICS = ("eder", "eder_false_alarm", "eder_missed", "eder_confusion", "eder_overlap", "segment_f1")
OOD_METRICS = ("auroc", "aupr_in", "aupr_out", "fpr95_id_pos", "fpr95_ood_pos", "oscr")
FULL_METRICS = tuple(f"{name}{FULL_SPECTRUM}" for name in OOD_METRICS if name != "oscr")

METRICS: dict[str, Metric] = {metric.name: metric for metric in _DEFINITIONS}
METRICS |= {
    name: replace(
        METRICS[name.removesuffix(FULL_SPECTRUM)],
        name=name,
        definition=f"{name.removesuffix(FULL_SPECTRUM)} where the run's shift sets, too, count as ID",
    )
    for name in FULL_METRICS
}


PROBE, PROBE_TRAIN = "probe", "probe_train"
_OF_EACH = {
    "recall": Metric("recall:<class>", 0, 1, "higher", "share of the utterances of <class> recognised as such"),
    PROBE: Metric(
        "probe:<attribute>", 0, 1, "neither higher nor lower",
        "UAR of <attribute> as a logistic regression reads it off the embeddings of test speakers, fitted on those of "
        "training; speaker: told among the test speakers, by other utterances of theirs",
    ),
    PROBE_TRAIN: Metric(
        "probe_train:<attribute>", 0, 1, "neither higher nor lower",
        "the like within the training set, fitted on other speakers of it; speaker: on other utterances",
    ),
}  # fmt: skip
"""Families of metrics: their names go on after a colon."""


def metric(name: str) -> Metric:
    """The definition behind a name of results.json; ``recall:<class>`` stands for one of each class.

    Raises:
        KeyError: no such metric.

    >>> metric("recall:anger").definition
    'share of the utterances of anger recognised as such'
    """
    family, _, what = name.partition(":")
    if not what:
        return METRICS[name]
    known = _OF_EACH[family]
    which = known.name.partition(":")[2]
    return replace(known, name=name, definition=known.definition.replace(which, what))


def family_of(name: str) -> str:
    """The metric itself, or the name by which all of its family are explained: ``recall:<class>``."""
    family = name.partition(":")[0]
    return _OF_EACH[family].name if ":" in name else name


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Recall of each class, NaN without it, ``(draws, classes)``; confusion is ``(draws, reference, predicted)``."""
    return _ratio(np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(axis=-1))


def uar(confusion: np.ndarray) -> np.ndarray:
    """Unweighted average recall from confusion ``(draws, reference, predicted)``: ``(draws,)``."""
    return _mean_of_present(recalls(confusion))


def war(confusion: np.ndarray) -> np.ndarray:
    """Weighted average recall, that is accuracy, from confusion ``(draws, reference, predicted)``: ``(draws,)``."""
    return _ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 over classes in the reference, from confusion ``(draws, reference, predicted)``: ``(draws,)``."""
    reference, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    f1 = _ratio(2 * np.diagonal(confusion, axis1=-2, axis2=-1), reference + predicted)
    return _mean_of_present(np.where(reference > 0, f1, np.nan))


def ece(mass: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Expected calibration error with bins of equal mass.

    Equal confidences share one group, and a group on a bin's edge is divided in proportion, so that neither the order
    of the utterances nor a divisor of their number matters. Bins after Nguyen and O'Connor (2015).

    Args:
        mass: weight of all utterances up to each group of equal confidence, least confident first, ``(draws, groups)``.
        gap: sum of (correct - confidence) over the same utterances, ``(draws, groups)``.
    """
    mass, gap = _from_zero(mass), _from_zero(gap)
    total = mass[:, -1]
    at_edges = [np.zeros_like(total)]
    for edge in np.arange(1, CALIBRATION_BINS) / CALIBRATION_BINS:
        after = _first_reaching(mass, edge * total)
        before = np.maximum(after - 1, 0)
        part = _ratio(edge * total - _at(mass, before), _at(mass, after) - _at(mass, before))
        at_edges.append(_at(gap, before) + np.nan_to_num(part) * (_at(gap, after) - _at(gap, before)))
    at_edges.append(gap[:, -1])
    return np.abs(np.diff(np.stack(at_edges), axis=0)).sum(axis=0) / total


def aurc(mass: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Area under the risk-coverage curve (Geifman and El-Yaniv 2017).

    Args:
        mass: weight of all utterances down to each group of equal confidence, most confident first,
            ``(draws, groups)``.
        errors: weight of the wrong ones among them, ``(draws, groups)``.
    """
    risk = np.nan_to_num(_ratio(errors, mass))
    return (risk * np.diff(mass, axis=1, prepend=0)).sum(axis=1) / mass[:, -1]


def reaching_coverage(mass: np.ndarray, coverage: float = COVERAGE) -> np.ndarray:
    """The first group, most confident first, with which at least ``coverage`` of the weight is kept: ``(draws,)``."""
    return _first_reaching(mass, coverage * mass[:, -1])


def auroc(wins: np.ndarray, id_total: np.ndarray, ood_total: np.ndarray) -> np.ndarray:
    """Area under the ROC from the weighted number of (ID, OOD) pairs in which OOD scores higher; ties count half."""
    return _ratio(wins, id_total * ood_total)


def aupr(positive: np.ndarray, negative: np.ndarray, negative_before: np.ndarray) -> np.ndarray:
    """Area under the precision-recall curve by trapezoids, from recall 0 at precision 1.

    The convention of OpenOOD (scikit-learn's ``auc`` of its ``precision_recall_curve``). A score that is the same for
    all is one step from precision 1 to the share of positives: (1 + share) / 2, more than the share that average
    precision reads there.

    Recall moves only where there are positives, so only the groups of equal score that hold some are given, most
    positive first, each ``(draws, groups)``.

    Args:
        positive: weight of the positives down to and with each group.
        negative: weight of the negatives down to and with each group.
        negative_before: weight of the negatives above each group.
    """
    gained = np.diff(positive, axis=1, prepend=0)
    before = positive - gained
    here = positive / np.maximum(positive + negative, TINY)  # where there is nothing yet, nothing is gained either
    seen = before + negative_before
    there = np.where(seen > 0, before / np.maximum(seen, TINY), 1.0)
    return _ratio((gained * (here + there)).sum(axis=1) / 2, positive[:, -1])


def fpr_at_95(positive: np.ndarray, negative: np.ndarray, negative_total: np.ndarray) -> np.ndarray:
    """False positive rate at the first threshold that keeps at least 95 % of the positives, without interpolation.

    Args:
        positive, negative: as for `aupr`.
        negative_total: weight of all negatives, ``(draws,)``.
    """
    return _ratio(_at(negative, _first_reaching(positive, 0.95 * positive[:, -1])), negative_total)


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, NaN where there is nothing to divide by."""
    numerator, denominator = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator != 0)


def _mean_of_present(values: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is not NaN."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0).sum(axis=-1), present.sum(axis=-1))


def _from_zero(cumulated: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(cumulated), 1)), cumulated], axis=1)


def _at(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, index[:, None], axis=1)[:, 0]


def _first_reaching(cumulated: np.ndarray, target: np.ndarray) -> np.ndarray:
    """First column where a rising row is at ``target`` or above, up to rounding: ``(draws,)``."""
    return np.argmax(cumulated >= (target - 1e-9 * cumulated[:, -1])[:, None], axis=1)

"""A set's scores summed by speaker, so that every metric of thousands of resamples is a few matrix products.

A resample is a row of counts, one a unit (a speaker, or a recording where there is none); the utterances of a unit
come and go together. Our design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.score import metrics
from sernet.score.selective import SelectiveTable
from sernet.score.sums import by_group, down

BLOCK = 128
"""Draws at a time: their weights then stay in the processor's cache, which makes curves two to five times faster."""


class LabelTable:
    """What the metrics of labelled utterances are computed from.

    Args:
        logits: ``(n, classes)``.
        label: in 0 to classes - 1, ``(n,)``.
        classes: names, ``(classes,)``.
        unit: column of the counts that each utterance belongs to, ``(n,)``.

    Raises:
        SernetError: nothing to measure.
    """

    def __init__(self, logits: np.ndarray, label: np.ndarray, classes: Iterable[str], unit: np.ndarray) -> None:
        if len(label) == 0:
            raise SernetError("no labelled utterance to measure: the set holds none of the run's classes")
        self.classes = [str(name) for name in classes]
        self.n = len(label)
        self.units, unit = np.unique(unit, return_inverse=True)
        size, n_classes = len(self.units), len(self.classes)
        posterior = softmax(logits)
        predicted = logits.argmax(axis=1)
        confidence = posterior.max(axis=1)
        correct = np.asarray(predicted == label)
        cells = np.ravel_multi_index((unit, label, predicted), (size, n_classes, n_classes))
        self.confusion = np.bincount(cells, minlength=size * n_classes**2).reshape(size, n_classes, n_classes)
        one_hot = np.eye(n_classes)[label]
        self._brier = np.bincount(unit, ((posterior - one_hot) ** 2).sum(axis=1), minlength=size)
        self._nll = np.bincount(unit, _negative_log_posterior(logits, label), minlength=size)
        _, group = np.unique(confidence, return_inverse=True)
        self._mass = by_group(unit, group, size)
        self._gap = by_group(unit, group, size, weight=correct - confidence)
        self._selective = SelectiveTable(confidence, label, predicted, unit)

    @property
    def holders(self) -> np.ndarray:
        """Whether a unit holds utterances of a class: bool ``(units, classes)``."""
        return self.confusion.sum(axis=2) > 0

    def evaluate(self, counts: np.ndarray, names: Iterable[str] = metrics.LABEL_METRICS) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` of each row of counts ``(draws, all units)``, with the recall of each class present."""
        counts = counts[:, self.units].astype(float)
        confusion = np.tensordot(counts, self.confusion, axes=1)
        total = confusion.sum(axis=(1, 2))
        computed: dict[str, Callable[[], np.ndarray]] = {
            "uar": lambda: metrics.uar(confusion),
            "war": lambda: metrics.war(confusion),
            "macro_f1": lambda: metrics.macro_f1(confusion),
            "ece": lambda: metrics.ece(counts @ self._mass.cumsum(axis=1), counts @ self._gap.cumsum(axis=1)),
            "brier": lambda: counts @ self._brier / total,
            "nll": lambda: counts @ self._nll / total,
            **{name: partial(self._rank, counts, name) for name in metrics.SELECTIVE_METRICS},
        }
        with np.errstate(invalid="ignore", divide="ignore"):
            values = {name: computed[name]() for name in names}
            recall = metrics.recalls(confusion)
        present = np.asarray(self.holders.any(axis=0))
        values |= {f"recall:{name}": recall[:, i] for i, name in enumerate(self.classes) if present[i]}
        # Where all answers are right, or all are wrong, there is nothing to tell apart.
        return {name: value for name, value in values.items() if not np.isnan(value).all()}

    def _rank(self, counts: np.ndarray, name: str) -> np.ndarray:
        return self._selective.evaluate(counts, [name]).get(name, np.full(len(counts), np.nan))


class OodTable:
    """What the metrics of ID against OOD utterances are computed from. Larger score = more outlying, OOD = positive.

    Args:
        id_score, ood_score: ``(n,)`` and ``(n_ood,)``.
        id_unit, ood_unit: column of the counts that each utterance belongs to.
        correct: whether the ID utterances are recognised, bool ``(n,)``; without it there is no ``oscr``.
        id_name, ood_name: utterance ids, for error messages.

    Raises:
        SernetError: one side is empty, or a score is not finite.
    """

    def __init__(
        self,
        id_score: np.ndarray,
        ood_score: np.ndarray,
        id_unit: np.ndarray,
        ood_unit: np.ndarray,
        correct: np.ndarray | None = None,
        id_name: np.ndarray | None = None,
        ood_name: np.ndarray | None = None,
    ) -> None:
        for side, scores, names in (("ID", id_score, id_name), ("OOD", ood_score, ood_name)):
            if len(scores) == 0:
                raise SernetError(f"no {side} utterance to measure")
            bad = ~np.isfinite(scores)
            if bad.any():
                which = np.flatnonzero(bad) if names is None else names[bad]
                raise SernetError(f"the {side} score is not finite for {first_of(which)}")
        self.n, self.n_ood = len(id_score), len(ood_score)
        self.units, id_unit = np.unique(id_unit, return_inverse=True)
        self.ood_units, ood_unit = np.unique(ood_unit, return_inverse=True)
        unique, group = np.unique(np.concatenate([id_score, ood_score]), return_inverse=True)
        id_group, ood_group = group[: self.n], group[self.n :]
        self._id = by_group(id_unit, id_group, len(self.units), len(unique))
        self._ood = by_group(ood_unit, ood_group, len(self.ood_units), len(unique))
        # Pairs of an ID and an OOD unit: how often OOD scores higher, ties half.
        beaten = down(self._ood)[:, ::-1] - self._ood / 2
        self._wins = self._id @ beaten.T
        self._right_wins = None
        if correct is not None:
            self._right_wins = by_group(id_unit[correct], id_group[correct], len(self.units), len(unique)) @ beaten.T

    def evaluate(self, counts: np.ndarray, names: Iterable[str] = metrics.OOD_METRICS) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` of each row of counts ``(draws, all units)``."""
        names = [name for name in names if name != "oscr" or self._right_wins is not None]
        parts = [self._evaluate(counts[start : start + BLOCK], names) for start in range(0, len(counts), BLOCK)]
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def _evaluate(self, counts: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
        id_counts, ood_counts = counts[:, self.units].astype(float), counts[:, self.ood_units].astype(float)
        id_total, ood_total = id_counts @ self._id.sum(axis=1), ood_counts @ self._ood.sum(axis=1)
        values: dict[str, np.ndarray] = {}
        for name, wins in (("auroc", self._wins), ("oscr", self._right_wins)):
            if name in names and wins is not None:
                values[name] = metrics.auroc((id_counts @ wins * ood_counts).sum(axis=1), id_total, ood_total)
        if set(names) <= set(values):
            return values
        # From the most positive down: ID positive starts at the least outlying score, OOD positive at the most.
        accepted = _curve(id_counts, self._id, ood_counts, self._ood)
        rejected = _curve(ood_counts, self._ood[:, ::-1], id_counts, self._id[:, ::-1])
        computed = {
            "aupr_in": lambda: metrics.aupr(*accepted),
            "aupr_out": lambda: metrics.aupr(*rejected),
            "fpr95_id_pos": lambda: metrics.fpr_at_95(*accepted[:2], ood_total),
            "fpr95_ood_pos": lambda: metrics.fpr_at_95(*rejected[:2], id_total),
        }
        return {name: values[name] if name in values else computed[name]() for name in names}


def _curve(
    positive_counts: np.ndarray, positive: np.ndarray, negative_counts: np.ndarray, negative: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The arguments of `metrics.aupr` from ``(units, groups)`` of both sides, most positive group first."""
    holding = np.flatnonzero(positive.any(axis=0))
    below = negative.cumsum(axis=1)
    return (
        positive_counts @ positive[:, holding].cumsum(axis=1),
        negative_counts @ below[:, holding],
        negative_counts @ (below - negative)[:, holding],
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Posterior ``(n, classes)`` in float64."""
    shifted = np.asarray(logits, dtype=np.float64)
    exponential = np.exp(shifted - shifted.max(axis=1, keepdims=True))
    return exponential / exponential.sum(axis=1, keepdims=True)


def _negative_log_posterior(logits: np.ndarray, label: np.ndarray) -> np.ndarray:
    shifted = np.asarray(logits, dtype=np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(label)), label]

"""What a confidence is worth: answers are kept from the surest down, and the metrics say how many of them are right."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.score import metrics
from sernet.score.sums import by_group, down


class SelectiveTable:
    """What the metrics of selective prediction are computed from: El-Yaniv and Wiener (2010).

    Args:
        confidence: larger = surer, ``(n,)``; any scale. A detector's score serves negated.
        label, predicted: class indices, ``(n,)``.
        unit: column of the counts that each utterance belongs to, ``(n,)``.
        names: utterance ids, for error messages.

    Raises:
        SernetError: there is no utterance, or a confidence is not finite.
    """

    def __init__(
        self,
        confidence: np.ndarray,
        label: np.ndarray,
        predicted: np.ndarray,
        unit: np.ndarray,
        names: np.ndarray | None = None,
    ) -> None:
        if not len(confidence):
            raise SernetError("no labelled utterance to measure")
        bad = ~np.isfinite(confidence)
        if bad.any():
            which = np.flatnonzero(bad) if names is None else names[bad]
            raise SernetError(f"the confidence is not finite for {first_of(which)}")
        self.units, unit = np.unique(unit, return_inverse=True)
        size = len(self.units)
        levels, group = np.unique(confidence, return_inverse=True)
        correct = np.asarray(label == predicted)
        mass = by_group(unit, group, size, len(levels))
        self._right = by_group(unit[correct], group[correct], size, len(levels))
        self._wrong = mass - self._right
        self._mass_down, self._wrong_down = down(mass), down(self._wrong)
        # (classes, units, groups), most confident first, cumulated: who is kept at a threshold.
        kept, hits = [], []
        for index in np.unique(label):
            mine = np.asarray(label == index)
            kept.append(by_group(unit[mine], group[mine], size, len(levels)))
            hits.append(by_group(unit[mine & correct], group[mine & correct], size, len(levels)))
        self._kept, self._hits = down(np.stack(kept)), down(np.stack(hits))

    def evaluate(self, counts: np.ndarray, names: Iterable[str] = metrics.SELECTIVE_METRICS) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` of each row of counts ``(draws, all units)``; left out where nothing defines them."""
        counts = counts[:, self.units].astype(float)
        computed = {"aurc": self._aurc, "uar_cov80": self._uar_at_coverage, "failure_auroc": self._failure_auroc}
        with np.errstate(invalid="ignore", divide="ignore"):
            values = {name: computed[name](counts) for name in names}
        # Where all answers are right, or all are wrong, there is nothing to tell apart.
        return {name: value for name, value in values.items() if not np.isnan(value).all()}

    def _aurc(self, counts: np.ndarray) -> np.ndarray:
        return metrics.aurc(counts @ self._mass_down, counts @ self._wrong_down)

    def _uar_at_coverage(self, counts: np.ndarray) -> np.ndarray:
        threshold = metrics.reaching_coverage(counts @ self._mass_down)
        kept = np.einsum("du,cud->dc", counts, self._kept[:, :, threshold])
        hits = np.einsum("du,cud->dc", counts, self._hits[:, :, threshold])
        confusion = np.zeros((*kept.shape, kept.shape[1] + 1))
        confusion[:, np.arange(kept.shape[1]), np.arange(kept.shape[1])] = hits
        confusion[:, :, -1] = kept - hits
        return metrics.uar(confusion)

    def _failure_auroc(self, counts: np.ndarray) -> np.ndarray:
        right, wrong = counts @ self._right, counts @ self._wrong
        below = wrong.cumsum(axis=1) - wrong / 2
        return metrics.auroc((right * below).sum(axis=1), right.sum(axis=1), wrong.sum(axis=1))

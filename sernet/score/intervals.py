"""Intervals by resampling speakers.

Utterances of one speaker are alike, so the speaker is what was sampled: a resample draws S of the S speakers with
replacement and takes all of a speaker's utterances, in every fold and seed, together. With few speakers the plain
percentile interval is too short (it covers 81 % at 4 speakers, 89 % at 10), hence value +- t(S-1) sqrt(S/(S-1)) sd:
for a mean over speakers this is the t interval.

Where OOD utterances come from units of their own (speakers of another corpus, recordings), these are drawn apart, and
S is the smaller number of the two.

A class that one speaker of a fold holds adds no variance, since every resample must hold that speaker: such intervals
cover 56 to 82 %. So there is none where a class has fewer than four speakers in all, or one in a fold of several.

Where one model of a seed answers for all speakers, as across corpora, another seed would move all of them alike, which
no resample of speakers shows: intervals of three seeds cover 64 to 92 %. There the variance over seeds is added,
``S/(S-1) sd^2 + sd_seeds^2 / seeds``, and t has Satterthwaite's degrees of freedom. Simulated coverage of all this, and
of what else might be done: utils/bench/COVERAGE.md.

The mean over folds, in a resample: each fold's metric counts m/M, with m of the fold's M speakers drawn (1 on
average). The plain mean over the folds that a resample happens to hold would be too sure where a fold is one speaker
(leave-one-speaker-out): there, this is the bootstrap of the mean over speakers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.stats import t

from sernet.draws import generator
from sernet.score.metrics import Metric

DRAWS = 2000
LEAST_SPEAKERS = 4
PATIENCE = 20
"""A resample without a class is drawn again, in all up to this many times the wanted number; then there is no
interval (a class that one speaker in thousands holds)."""


class Table(Protocol):
    """What a metric is computed from: see `tables.py`."""

    @property
    def units(self) -> np.ndarray:
        """Columns of the counts that stand for its (ID) speakers."""

    def evaluate(self, counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Metrics ``(draws,)`` by name."""


@dataclass(frozen=True)
class Requirement:
    """A resample that holds any of the units ``where`` must hold one of ``which``: masks ``(units,)``.

    One for each fold and each class of its reference (or, outside the ID test speakers, for a fold's OOD utterances);
    those of one class have one name in ``of``.
    """

    where: np.ndarray
    which: np.ndarray
    of: str

    @property
    def open(self) -> bool:
        """Whether a resample could miss it: not all units of ``where`` bring it along."""
        return not self.which[self.where].all()

    def met(self, counts: np.ndarray) -> np.ndarray:
        """Which rows of counts ``(draws, units)`` meet it: bool ``(draws,)``."""
        return (counts[:, self.which].sum(axis=1) > 0) | (counts[:, self.where].sum(axis=1) == 0)


def resample(
    key: Sequence[object],
    stratum: np.ndarray,
    requirements: Sequence[Requirement] = (),
    draws: int = DRAWS,
    least: int = LEAST_SPEAKERS,
) -> np.ndarray | None:
    """How often each unit is drawn in each resample.

    Args:
        key: what the draws depend on; rows that share it (systems, detectors, metrics, seeds) are compared on the same
            draws, which is what pairs a difference.
        stratum: ``(units,)``; units of a stratum are drawn among themselves.
        requirements: what a resample must hold; one that does not is drawn again.
        draws: number of resamples.
        least: how many units a stratum must have, and what is required where a resample could miss it.

    Returns:
        int ``(draws, units)``; None with fewer units than ``least``, where one unit alone holds what is required in a
        fold, or where too few resamples meet the requirements.
    """
    sizes = np.bincount(stratum)
    sizes = sizes[sizes > 0]
    if len(sizes) == 0 or sizes.min() < least:
        return None
    open_requirements = [need for need in requirements if need.open]
    for need in open_requirements:
        everywhere = np.any([other.which for other in requirements if other.of == need.of], axis=0)
        if everywhere.sum() < least or need.which.sum() < min(least, 2):
            return None
    random = generator("bootstrap", *key)
    kept: list[np.ndarray] = []
    for _ in range(PATIENCE):
        counts = np.zeros((draws, len(stratum)), dtype=np.int64)
        for members in (np.flatnonzero(stratum == value) for value in np.unique(stratum)):
            picked = random.integers(len(members), size=(draws, len(members)))
            flat = (picked + len(members) * np.arange(draws)[:, None]).ravel()
            counts[:, members] = np.bincount(flat, minlength=draws * len(members)).reshape(draws, len(members))
        good = np.ones(draws, dtype=bool)
        for need in open_requirements:
            good &= need.met(counts)
        kept.append(counts[good])
        if sum(map(len, kept)) >= draws:
            return np.concatenate(kept)[:draws]
    return None


def speakers_behind(stratum: np.ndarray) -> int:
    """S: the number of units, of the smaller stratum where there are two."""
    sizes = np.bincount(stratum)
    return int(sizes[sizes > 0].min())


def interval(
    value: float, replicates: np.ndarray, speakers: int, metric: Metric, seeds: Sequence[float] = ()
) -> tuple[float, float] | None:
    """95 % interval: value +- t(S-1) sqrt(S/(S-1)) sd, cut to the metric's range; None below 4 speakers.

    Args:
        value: of the full sample.
        replicates: of the resamples, ``(draws,)``; one where the metric is undefined (NaN) is left out.
        speakers: S.
        seeds: the values of which ``value`` is the mean, where each is one model that answers for all speakers: their
            variance is added (see the module's head).
    """
    replicates = replicates[np.isfinite(replicates)]
    if speakers < LEAST_SPEAKERS or len(replicates) < 2:
        return None
    of_speakers = speakers / (speakers - 1) * float(replicates.var(ddof=1))
    of_seeds = float(np.var(seeds, ddof=1)) / len(seeds) if len(seeds) > 1 else 0.0
    freedom = float(speakers - 1)
    if of_seeds > 0:  # Satterthwaite 1946
        freedom = (of_speakers + of_seeds) ** 2 / (of_speakers**2 / freedom + of_seeds**2 / (len(seeds) - 1))
    half = t.ppf(0.975, freedom) * np.sqrt(of_speakers + of_seeds)
    return max(metric.low, float(value - half)), min(metric.high, float(value + half))


def mean_over_folds(folds: Sequence[Table], counts: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Unweighted mean over folds of each metric, ``(draws,)``, for counts ``(draws, units)``; see the module's head.

    A metric that some folds do not define (the recall of a class that a fold lacks) is averaged over those that do.
    """
    names = list(names)
    total: dict[str, np.ndarray] = {}
    weight: dict[str, np.ndarray] = {}
    for table in folds:
        share = counts[:, table.units].mean(axis=1)
        for name, value in table.evaluate(counts, names).items():
            seen = (share > 0) & np.isfinite(value)
            total[name] = total.get(name, 0) + np.where(seen, share * np.nan_to_num(value), 0)
            weight[name] = weight.get(name, 0) + np.where(seen, share, 0)
    return {
        name: np.divide(total[name], weight[name], out=np.full(len(counts), np.nan), where=weight[name] > 0)
        for name in total
    }


def mean_over_seeds(per_seed: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean over seeds of each metric that all seeds define."""
    common = set.intersection(*(set(values) for values in per_seed))
    return {name: np.mean([values[name] for values in per_seed], axis=0) for name in per_seed[0] if name in common}

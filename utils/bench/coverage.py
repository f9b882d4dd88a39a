"""How often a 95 % interval holds the truth, by simulation: what `sernet.score.intervals` does, and what else might.

    python -m utils.bench.coverage [--runs 600] > utils/bench/COVERAGE.md

Two questions. *A class of few speakers*: one fold of two or three classes, each speaker of one class only, as in URDU;
recall differs between speakers by a normal effect of deviation 1 on the logit; UAR. *One model for all speakers*:
the difference of two systems as a sum of normal effects of speaker, seed, and both together, with deviations as a
two-way analysis of variance finds them in the published predictions of `ablation` and `multi` (across corpora: speaker
0 to 0.03, seed 0 to 0.035, both 0.04 to 0.10).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from sernet.draws import generator
from sernet.score.intervals import DRAWS, Requirement, interval, mean_over_folds, resample
from sernet.score.metrics import Metric, metric
from sernet.score.tables import LabelTable

EASE, SPREAD, CLIPS = 0.7, 1.0, 24
DIFFERENCE = Metric("difference", -1, 1, "higher", "of two systems")
FOLDS: dict[str, list[list[int]]] = {
    "URDU, fold 0 (sadness is one speaker's)": [[0] + [1] * 3 + [2] * 3 + [3] * 2],
    **{f"one fold, {held} + 5 + 5 speakers": [[0] * held + [1] * 5 + [2] * 5] for held in range(1, 6)},
    "five folds of 2 and 3 (women, men)": [[0, 0, 1, 1, 1], [0, 0, 0, 1, 1]] * 2 + [[0, 0, 1, 1]],
    "five folds of 1 and 4": [[0] + [1] * 4] * 5,
    "three folds of 4 and 4": [[0] * 4 + [1] * 4] * 3,
}
"""Of each fold, which class each of its speakers says."""
CORPORA = {"EMOVO": (6, 0.015, 0.04), "EMO-DB": (10, 0.015, 0.08), "RAVDESS": (24, 0.02, 0.09)}
"""Speakers, deviation between speakers, deviation of speaker and seed together."""


def speakers_of(folds: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Class and fold of each speaker, both ``(speakers,)``."""
    return np.concatenate([np.asarray(of) for of in folds]), np.repeat(np.arange(len(folds)), [*map(len, folds)])


def requirements(folds: Sequence[Sequence[int]]) -> list[Requirement]:
    """That a resample holds each class of a fold of which it holds anybody."""
    said, fold = speakers_of(folds)
    return [
        Requirement(fold == k, (fold == k) & (said == name), str(name))
        for k, of in enumerate(folds)
        for name in sorted(set(of))
    ]


def few_speakers(folds: Sequence[Sequence[int]], runs: int) -> tuple[float, float]:
    """Coverage, and mean half width, of an interval without regard to how many speakers a class has."""
    random = generator("coverage", "few", *map(str, folds))
    said, fold = speakers_of(folds)
    needs = requirements(folds)
    truth = float(np.mean(1 / (1 + np.exp(-(EASE + SPREAD * random.normal(size=400_000))))))
    unit = np.repeat(np.arange(len(said)), CLIPS)
    names = [str(name) for name in range(int(said.max()) + 1)]
    held, half = 0, 0.0
    for run in range(runs):
        ease = 1 / (1 + np.exp(-(EASE + SPREAD * random.normal(size=len(said)))))
        label = said[unit]
        right = random.random(len(unit)) < ease[unit]
        logits = np.eye(len(names))[np.where(right, label, (label + 1) % len(names))]
        parts = [fold[unit] == k for k in range(len(folds))]
        tables = [LabelTable(logits[part], label[part], names, unit[part]) for part in parts]
        counts = resample((run,), np.zeros(len(said), dtype=np.int64), needs, DRAWS // 4, least=1)
        assert counts is not None
        value = mean_over_folds(tables, np.ones((1, len(said))), ["uar"])["uar"][0]
        limits = interval(value, mean_over_folds(tables, counts, ["uar"])["uar"], len(said), metric("uar"))
        assert limits is not None
        held += limits[0] <= truth <= limits[1]
        half += (limits[1] - limits[0]) / 2
    return held / runs, half / runs


def one_model(speakers: int, seeds: int, deviations: tuple[float, float, float], runs: int) -> dict[str, float]:
    """Coverage of several intervals for a mean over speakers and seeds whose truth is 0.

    Args:
        deviations: between speakers, between seeds, of both together.
    """
    random = generator("coverage", "one", speakers, seeds, *deviations)
    of_speaker, of_seed, of_both = deviations
    held = dict.fromkeys(("speakers", "now", "now, t(S-1)", "excess", "crosswise"), 0)
    for run in range(runs):
        effects = of_speaker * random.normal(size=(speakers, 1)) + of_seed * random.normal(size=(1, seeds))
        effects = effects + of_both * random.normal(size=(speakers, seeds))
        value, each = float(effects.mean()), effects.mean(axis=0)
        counts = resample((run,), np.zeros(speakers, dtype=np.int64), draws=DRAWS // 4)
        assert counts is not None
        by_seed = counts @ effects / speakers
        replicates = by_seed.mean(axis=1)
        alone = interval(value, replicates, speakers, DIFFERENCE)
        now = interval(value, replicates, speakers, DIFFERENCE, list(each))
        assert alone is not None and now is not None
        variance = speakers / (speakers - 1) * replicates.var(ddof=1)
        added = each.var(ddof=1) / seeds
        # What resampling speakers says that seeds differ by, were there no luck of a seed.
        chance = speakers / (speakers - 1) * (by_seed - replicates[:, None]).var(axis=0, ddof=1).sum() / (seeds - 1)
        excess = max(0.0, added - chance / seeds)
        drawn = random.integers(seeds, size=(len(counts), seeds))
        crosswise = seeds / (seeds - 1) * np.take_along_axis(by_seed, drawn, axis=1).mean(axis=1).var(ddof=1)
        quantile = t.ppf(0.975, speakers - 1)
        held["speakers"] += alone[0] <= 0 <= alone[1]
        held["now"] += now[0] <= 0 <= now[1]
        held["now, t(S-1)"] += abs(value) <= quantile * np.sqrt(variance + added)
        held["excess"] += abs(value) <= quantile * np.sqrt(variance + excess)
        held["crosswise"] += abs(value) <= quantile * np.sqrt(speakers / (speakers - 1) * crosswise)
    return {name: count / runs for name, count in held.items()}


def page(runs: int) -> str:
    """The figures as Markdown."""
    lines = [
        "# How often a 95 % interval holds the truth",
        "",
        f"`python -m utils.bench.coverage --runs {runs}`: simulated, {runs} runs a row, so each share is uncertain by "
        f"{2 * (0.95 * 0.05 / runs) ** 0.5:.3f} (two standard errors). What is simulated, with which deviations: the "
        "head of [coverage.py](coverage.py).",
        "",
        "## A class of few speakers",
        "",
        "Were an interval always printed. `sernet.score.intervals` prints none where a class has fewer than four "
        "speakers in all, or one in a fold of several: a resample must hold that one, so the class adds nothing.",
        "",
        "| speakers by class | holds the truth | mean half width | printed |",
        "|---|---|---|---|",
    ]
    for name, folds in FOLDS.items():
        share, half = few_speakers(folds, runs)
        one_stratum = np.zeros(sum(map(len, folds)), dtype=np.int64)
        printed = resample((), one_stratum, requirements(folds), 2) is not None
        lines.append(f"| {name} | {share:.3f} | {half:.3f} | {'yes' if printed else 'no'} |")
    lines += [
        "",
        "## One model for all speakers",
        "",
        "A difference across corpora. *speakers*: the interval until November 2026, and still that of a single seed. "
        "*now*: the variance over seeds added, degrees of freedom by Satterthwaite. Beside it what was not taken: the "
        "same with t(S-1); only what seeds differ by beyond what speakers explain (*excess*); speakers and seeds "
        "resampled crosswise.",
        "",
        "| speakers | seeds | deviation of seeds | speakers | **now** | t(S-1) | excess | crosswise |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (speakers, of_speaker, of_both) in CORPORA.items():
        for seeds in (3, 5):
            for of_seed in (0.0, 0.015, 0.025, 0.035):
                found = one_model(speakers, seeds, (of_speaker, of_seed, of_both), runs)
                cells = [f"{value:.3f}" for value in found.values()]
                lines.append(
                    f"| {speakers}, as {name} | {seeds} | {of_seed:g} | {cells[0]} | **{cells[1]}** | "
                    + " | ".join(cells[2:])
                    + " |"
                )
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, default=600, metavar="N", help="simulated samples of each row (%(default)s)"
    )
    print(page(parser.parse_args().runs), end="")


if __name__ == "__main__":
    main()

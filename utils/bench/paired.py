"""Sets published systems against each other, paired, and adds their logits: from predictions, without a model.

    python -m utils.bench.paired --workdir DIR --corpus NAME [--fold N] A B [B ...]

A and B name systems whose predictions lie in egs/: `ravdess:single:baseline` (recipe, run, system), or a sum of such,
`unified:joint:baseline+8*fine:emovo:compare-ridge`; `ablation/auto:single:auto` is of a part of a recipe's pages, and
`fine:ravdess:fine@2` averages the logits of two seeds that follow each other, so that three seeds make three such
pairs. DIR holds the corpus after stage 1, for its utt2spk. For each: UAR, mean over the folds of its first part and
over seeds; for each B its difference to A, over the seeds that both have. A linear classifier on functionals (the
recipe's config.yaml says which systems are) has nothing random in it: its one seed stands for every seed. A network
with one seed is paired on that seed only. 95 % intervals over speakers; across corpora over seeds as well. What is
compared must be tested on the same utterances. With ``--fold`` only on that fold of A, as the one that nothing was
tuned on.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sernet.errors import SernetError
from sernet.report.groups import ALL
from sernet.report.measured import undrawn
from sernet.score.intervals import Requirement, interval, mean_over_folds, resample
from sernet.score.metrics import Metric, metric
from sernet.score.tables import LabelTable

EGS = Path(__file__).resolve().parents[2] / "egs"


@dataclass(frozen=True)
class Predictions:
    """Of one system on one corpus: fold and class of each utterance, and its logits by seed, by class name.

    ``random``: whether another seed gives other logits; without that the one seed stands for all.
    """

    fold: dict[str, str]
    label: dict[str, str]
    logits: dict[int, dict[str, dict[str, float]]]
    random: bool = True

    def seeds(self, others: Iterable[int]) -> set[int]:
        """Those of ``others`` that it has."""
        return set(others) & set(self.logits) if self.random else set(others)

    def of(self, seed: int) -> dict[str, dict[str, float]]:
        """The logits of a seed, by utterance and class."""
        return self.logits[seed if self.random else min(self.logits)]


def read(name: str, corpus: str, egs: Path = EGS) -> Predictions:
    """The predictions of ``recipe:run:system``; with ``@N`` behind it the means of N seeds that follow each other.

    Raises:
        SernetError: there are none.
    """
    name, _, together = name.partition("@")
    recipe, run, system = name.split(":")
    path = egs / recipe / "predictions" / f"{run}.tsv.gz"
    if not path.exists():
        raise SernetError(f"{name}: {path} is not there; publish the recipe first (utils/publish.sh)")
    found = Predictions({}, {}, defaultdict(dict), system not in undrawn(egs / recipe))
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            if (row["system"], row["test"]) == (system, corpus):
                utterance, classes = row["utterance"], list(row)[6:]
                found.fold[utterance], found.label[utterance] = row["fold"], row["label"]
                found.logits[int(row["seed"])][utterance] = {name: float(row[name]) for name in classes}
    if not found.fold:
        raise SernetError(f"{name}: {path} has no such system tested on {corpus}")
    return replace(found, logits=_averaged(found.logits, int(together))) if together else found


def _averaged(logits: dict[int, dict[str, dict[str, float]]], together: int) -> dict[int, dict[str, dict[str, float]]]:
    seeds = sorted(logits)
    found = {}
    for place, seed in enumerate(seeds):
        members = [logits[seeds[(place + step) % len(seeds)]] for step in range(together)]
        found[seed] = {
            utterance: {name: sum(of[utterance][name] for of in members) / together for name in values}
            for utterance, values in logits[seed].items()
        }
    return found


def added(names: str, corpus: str, egs: Path = EGS) -> Predictions:
    """The weighted sum that ``names`` writes; folds are those of its first part, classes those that all parts have."""
    total: Predictions | None = None
    for term in names.split("+"):
        weight, name = term.split("*") if "*" in term else ("1", term)
        part = read(name, corpus, egs)
        scaled = replace(part, logits={s: _times(float(weight), u) for s, u in part.logits.items()})
        if total is not None and total.label != part.label:
            raise SernetError(f"{name} was tested on other utterances than the systems before it, or on other classes")
        total = scaled if total is None else _sum(total, scaled)
        if not total.logits:
            raise SernetError(f"{name} has no seed in common with the systems before it")
    assert total is not None
    return total


def _sum(one: Predictions, other: Predictions) -> Predictions:
    """Over the seeds that both have, and the classes that both have."""
    logits = {
        seed: {
            utterance: {c: values[c] + other.of(seed)[utterance][c] for c in sorted(values.keys() & more.keys())}
            for utterance, values in one.of(seed).items()
            for more in [other.of(seed)[utterance]]
        }
        for seed in common_seeds(one, other)
    }
    return replace(one, logits=logits, random=one.random or other.random)


def common_seeds(one: Predictions, other: Predictions) -> list[int]:
    """The seeds on which the two are paired or added: those that both have; of one without chance, the other's."""
    known = [system.logits for system in (one, other) if system.random] or [one.logits]
    return sorted(other.seeds(one.seeds(known[0])))


def _times(weight: float, utterances: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {u: {name: weight * value for name, value in logits.items()} for u, logits in utterances.items()}


def tables(of: Predictions, seed: int, unit: dict[str, int]) -> list[LabelTable]:
    """One a fold; ``unit`` is the number of an utterance's speaker."""
    logits = of.of(seed)
    classes = sorted(set(of.label.values()))
    by_fold: dict[str, list[str]] = defaultdict(list)
    for utterance, fold in sorted(of.fold.items()):
        by_fold[fold].append(utterance)
    return [
        LabelTable(
            np.array([[logits[u][name] for name in classes] for u in utterances]),
            np.array([classes.index(of.label[u]) for u in utterances]),
            classes,
            np.array([unit[u] for u in utterances]),
        )
        for utterances in by_fold.values()
    ]


def within(system: Predictions, utterances: Container[str]) -> Predictions:
    """What is said of these ``utterances``."""
    fold, label = ({u: value for u, value in of.items() if u in utterances} for of in (system.fold, system.label))
    return replace(
        system, fold=fold, label=label, logits={s: {u: said[u] for u in label} for s, said in system.logits.items()}
    )


def compared(
    names: Sequence[str], corpus: str, speaker: dict[str, str], egs: Path = EGS, fold: str | None = None
) -> list[str]:
    """A line of Markdown for each of ``names``; ``speaker`` is who says an utterance, ``fold`` one of the first's.

    Raises:
        SernetError: what is compared was tested on different utterances, or the first has no such fold.
    """
    systems = [added(name, corpus, egs) for name in names]
    if fold is not None:
        wanted = {u for u, value in systems[0].fold.items() if value == fold}
        if not wanted:
            raise SernetError(
                f"{names[0]} has no fold {fold}; it has {' '.join(sorted(set(systems[0].fold.values())))}"
            )
        systems = [within(system, wanted) for system in systems]
    for name, system in zip(names, systems, strict=True):
        if system.label != systems[0].label:
            raise SernetError(f"{name} was tested on other utterances than {names[0]}")
    who = sorted({speaker[u] for u in systems[0].label})
    unit = {u: who.index(speaker[u]) for u in systems[0].label}
    said = systems[0].label.items()
    holders = {name: {unit[u] for u, label in said if label == name} for name in sorted({label for _, label in said})}
    everyone = np.ones(len(who), dtype=bool)
    needs = [Requirement(everyone, np.isin(np.arange(len(who)), list(some)), name) for name, some in holders.items()]
    draws = resample(("paired", corpus), np.zeros(len(who), dtype=np.int64), needs)
    if draws is None:
        raise SernetError(f"{corpus}: too few speakers for an interval")
    counts = np.concatenate([np.ones((1, len(who)), dtype=np.int64), draws])

    def uar(system: Predictions, seed: int) -> np.ndarray:
        return mean_over_folds(tables(system, seed, unit), counts, ["uar"])["uar"]

    of, lines = metric("uar"), []
    # One model of a seed answers for all speakers there: other seeds belong in the interval.
    across = all(set(system.fold.values()) == {ALL} for system in systems)
    for name, system in zip(names, systems, strict=True):
        own = sorted(system.logits)
        values = [uar(system, seed) for seed in own]
        line = f"| {name} | {_told(values, len(who), of, across)} | {' '.join(map(str, own))} |"
        if system is not systems[0]:
            seeds = common_seeds(system, systems[0])
            if not seeds:
                raise SernetError(f"{name} has no seed in common with {names[0]}")
            change = [uar(system, seed) - uar(systems[0], seed) for seed in seeds]
            told = _told(change, len(who), replace(of, low=-1), across, "+")
            line += f" {told} | {' '.join(map(str, seeds))} |"
        lines.append(line if system is not systems[0] else f"{line} | |")
    return [*lines, "", f"n = {len(unit)}, {len(who)} speakers"]


def _told(of_seeds: Sequence[np.ndarray], speakers: int, of: Metric, across: bool, sign: str = "") -> str:
    """Mean and interval from each seed's value and resamples ``(1 + draws,)``; ``across`` corpora or in folds."""
    values = np.mean(of_seeds, axis=0)
    seeds = [float(each[0]) for each in of_seeds] if across else ()
    limits = interval(float(values[0]), values[1:], speakers, of, seeds)
    return f"{values[0]:{sign}.3f}" + (f" [{limits[0]:{sign}.2f}, {limits[1]:{sign}.2f}]" if limits else "")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workdir", type=Path, required=True, help="holds data/NAME/utt2spk")
    parser.add_argument("--corpus", required=True, metavar="NAME", help="that was tested")
    parser.add_argument("--fold", metavar="N", help="that of the first's folds alone")
    parser.add_argument("systems", nargs="+", metavar="A", help="the first is what the others are compared with")
    options = parser.parse_args()
    lines = (options.workdir / "data" / options.corpus / "utt2spk").read_text(encoding="utf-8").splitlines()
    speaker = dict(line.split() for line in lines)
    try:
        found = compared(options.systems, options.corpus, speaker, fold=options.fold)
    except SernetError as error:
        sys.exit(f"paired: {error}")
    print("| system | UAR | seeds | less the first | on seeds |\n|---|---|---|---|---|")
    print("\n".join(found))


if __name__ == "__main__":
    main()

"""Tables of reliability: the answer by detector and condition, calibration, corrupted speech, full-spectrum OOD."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from sernet.config.ood import TRIVIAL_DETECTORS
from sernet.report.results import Row, headline, select
from sernet.report.tables import (
    INTERVAL,
    Table,
    averaged,
    detectors_of,
    named,
    no_probabilities,
    places,
    show,
    systems_of,
)
from sernet.score.metrics import FULL_SPECTRUM

UNMATCHED = "-unmatched"
"""At the end of a set's name, by convention: its clips are not matched to the ID test."""
CALIBRATION = ("nll", "nll_scaled", "brier", "brier_scaled", "temperature")
POOLED = ("ece", "ece_perfect", "ece_scaled", "ece_scaled_perfect")


def reliability_tables(rows: Sequence[Row], decisions: Collection[str] = ()) -> list[Table]:
    """All of this module's tables, those without data left out."""
    return [
        *answer(rows),
        *calibration(rows, decisions),
        *selective(rows),
        *selective_differences(rows),
        *full_spectrum(rows),
    ]


def answer(rows: Sequence[Row]) -> list[Table]:
    """Mean AUROC over the sets of a condition, by detector and system, and the paired difference of the systems."""
    tables = []
    auroc = [row for row in rows if row["metric"] == "auroc" and row["fold"] == "mean"]
    for run in sorted({row["run"] for row in auroc}):
        of_run = select(auroc, run=run)
        columns = _columns(of_run)
        systems = systems_of(select(of_run, versus=None))
        pairs = sorted({(row["system"], row["versus"]) for row in of_run if row["versus"]})
        body = []
        for detector in detectors_of(of_run):
            mine = select(of_run, detector=detector)
            for system in systems:
                cells = [_mean(mine, tests, system, None) for tests in columns.values()]
                body.append([_named(detector), system, *cells])
            if detector not in TRIVIAL_DETECTORS:
                for system, versus in pairs:
                    cells = [_mean(mine, tests, system, versus) for tests in columns.values()]
                    body.append([_named(detector), f"{system} - {versus}", *cells])
        caption = (
            f"AUROC, unweighted mean over the sets of a condition, over folds and seeds{_spread(of_run)}. Each set "
            "stands with its interval in the tables by set. near and far: higher is better; shift is to be accepted: "
            "0.5 is best. Trivial detectors hear the recording, not the model."
        )
        tables.append(Table(f"Which detector: {run}", caption, ["detector", "system", *columns], body, 2))
    return tables


def _spread(rows: Iterable[Row]) -> str:
    """What +- means, where there are several seeds; else which one there is."""
    seeds = sorted({row["seed"] for row in rows if row["seed"] is not None})
    listed = " ".join(map(str, seeds))
    return f"; +- is the standard deviation over seeds ({listed})" if len(seeds) > 1 else f" (seed {listed} alone)"


def _columns(rows: Iterable[Row]) -> dict[str, list[str]]:
    """Heading -> sets."""
    found: dict[str, list[str]] = {}
    for condition in ("ood-near", "ood-shift", "ood-far"):
        tests = sorted({row["test"] for row in rows if row["condition"] == condition})
        matched = [name for name in tests if not name.endswith(UNMATCHED)]
        rest = [name for name in tests if name.endswith(UNMATCHED)]
        for some, more in ((matched, ""), (rest, ", unmatched")):
            if some:
                found[f"{condition[4:]}{more} ({len(some)})"] = some
    return found


def _mean(rows: Sequence[Row], tests: Sequence[str], system: str, versus: str | None) -> str:
    mine = select(rows, system=system, versus=versus, test=tuple(tests))
    mean = [row["value"] for row in mine if row["seed"] is None]
    if not mean:
        return "-"
    value = f"{np.mean(mean):+.3f}" if versus else f"{np.mean(mean):.3f}"
    if versus:
        # Differences are given for all seeds together: theirs by seed follow from the rows of both systems.
        own, other = (_by_seed(rows, tests, side) for side in (system, versus))
        by_seed = {seed: own[seed] - other[seed] for seed in own if seed in other}
    else:
        by_seed = _by_seed(rows, tests, system)
    return f"{value} +- {np.std(list(by_seed.values()), ddof=1):.3f}" if len(by_seed) > 1 else value


def _by_seed(rows: Sequence[Row], tests: Sequence[str], system: str) -> dict[int, float]:
    mine = [row for row in select(rows, system=system, versus=None, test=tuple(tests)) if row["seed"] is not None]
    return {
        seed: float(np.mean([row["value"] for row in mine if row["seed"] == seed]))
        for seed in sorted({row["seed"] for row in mine})
    }


def calibration(rows: Sequence[Row], decisions: Collection[str] = ()) -> list[Table]:
    """Proper scores and pooled ECE, before and after the temperature, beside what perfect calibration reads."""
    body = []
    means = headline(rows, metric=CALIBRATION, versus=None, detector=None)
    pooled = select(rows, metric=POOLED, seed=None, fold=None, versus=None)
    for condition, run, train, test in sorted({_place(row) for row in pooled}):
        if condition == "corrupted":
            continue
        here = {"condition": condition, "run": run, "train": train, "test": test}
        for system in systems_of(select(pooled, **here)):
            found = {row["metric"]: row for row in select(means, **here, system=system)}
            whole = {row["metric"]: row for row in select(pooled, **here, system=system)}
            size = next(iter(whole.values()))
            cells = [show(found.get(name)) for name in CALIBRATION] + [show(whole.get(name)) for name in POOLED]
            body.append([run, test, system, *cells, str(size["n"])])
    if not body:
        return []
    caption = (
        "nll, brier and temperature: mean over folds and seeds. ece: utterances of all folds pooled, mean over seeds; "
        "beside it what perfect calibration reads at this n, with the range of 95 % of 1000 simulations. scaled: one "
        f"temperature a model, fitted on its dev speakers. {INTERVAL}."
    ) + no_probabilities({row["system"] for row in pooled}, decisions)
    return [Table("Calibration", caption, ["run", "tested", "system", *CALIBRATION, *POOLED, "n"], body, 3)]


def selective(rows: Sequence[Row]) -> list[Table]:
    """UAR at full and at 80 % coverage, by corruption and system, confidence being the largest posterior."""
    tables = []
    names = ("uar", "uar_cov80", "aurc", "failure_auroc")
    chosen = headline(rows, condition=("single", "corrupted"), metric=names, versus=None, detector=None)
    corrupted = [row for row in chosen if row["condition"] == "corrupted"]
    for run, fold in dict.fromkeys((row["run"], row["fold"]) for row in corrupted):
        of_run = select(chosen, run=run, fold=fold)
        systems = [name for name in systems_of(of_run) if name != "majority"]
        body = []
        clean = {row["test"] for row in of_run if row["condition"] == "single"}
        for test in [*sorted(clean), *sorted({row["test"] for row in of_run} - clean)]:
            for system in systems:
                found = {row["metric"]: row for row in select(of_run, test=test, system=system)}
                size = next(iter(found.values()), None)
                n = "-" if size is None else str(size["n"])
                body.append([test, system, *(show(found.get(name)) for name in names), n])
        place = {"run": run, "fold": fold}
        mean = averaged(place).capitalize()
        caption = f"Confidence: the largest posterior. First the uncorrupted test. {mean}; {INTERVAL}."
        tables.append(Table(f"Selective prediction: {named(place)}", caption, ["set", "system", *names, "n"], body, 2))
    return tables


def selective_differences(rows: Sequence[Row]) -> list[Table]:
    """How well each detector ranks right answers above wrong ones: clean, and on average over corruptions."""
    tables = []
    chosen = [
        row
        for row in rows
        if row["metric"] == "failure_auroc" and row["detector"] is not None and row["fold"] == "mean"
    ]
    for run in sorted({row["run"] for row in chosen}):
        of_run = select(chosen, run=run)
        columns = {
            f"{condition} ({len(tests)})": tests
            for condition in ("single", "corrupted")
            if (tests := sorted({row["test"] for row in of_run if row["condition"] == condition}))
        }
        body = [
            [
                _named(detector),
                system,
                *(_mean(select(of_run, detector=detector), t, system, None) for t in columns.values()),
            ]
            for detector in detectors_of(of_run)
            for system in systems_of(select(of_run, versus=None))
        ]
        caption = (
            "failure_auroc with a detector's score for (lack of) confidence: the chance that a right answer is surer "
            f"than a wrong one; unweighted mean over sets, folds and seeds{_spread(of_run)}."
        )
        tables.append(Table(f"Right against wrong: {run}", caption, ["detector", "system", *columns], body, 2))
    return tables


def full_spectrum(rows: Sequence[Row]) -> list[Table]:
    """AUROC where shifted speech has to be accepted, too."""
    tables = []
    names = (f"auroc{FULL_SPECTRUM}", f"fpr95_id_pos{FULL_SPECTRUM}")
    chosen = headline(rows, metric=names, versus=None)
    for place in places(chosen):
        here = select(chosen, **place)
        body = []
        for detector in detectors_of(here):
            for system in systems_of(select(here, detector=detector)):
                found = {row["metric"]: row for row in select(here, detector=detector, system=system)}
                body.append([_named(detector), system, *(show(found.get(name)) for name in names)])
        size = here[0]
        caption = (
            f"The run's shift sets count as ID: n = {size['n']} ID and {size['n_ood']} OOD utterances; "
            f"{averaged(place)}; {INTERVAL}."
        )
        tables.append(
            Table(f"Full spectrum: {named(place)}, {place['test']}", caption, ["detector", "system", *names], body, 2)
        )
    return tables


def _named(detector: str) -> str:
    return f"{detector} (trivial)" if detector in TRIVIAL_DETECTORS else detector


def _place(row: Row) -> tuple[str, str, str, str]:
    return row["condition"], row["run"], row["train"], row["test"]

"""The tables of a report, from the rows of results.json; `markdown.py`, `html.py` and the terminal show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

from sernet.report.results import Row, headline, select, transductive
from sernet.score.metrics import OOD_METRICS

SYSTEM_ORDER = ("majority", "baseline", "am", "msac")
CONDITIONS = {
    "single": "one corpus, unseen speakers",
    "cross": "another corpus than in training",
    "corrupted": "corrupted speech that keeps its label",
}
OOD_CONDITIONS = {
    "ood-near": "near: emotions held out of training",
    "ood-shift": "shift: the same emotions in another corpus, to be accepted (AUROC 0.5 is best)",
    "ood-far": "far: no acted emotion",
}
MEASURES = {
    "Accuracy": ("war", "macro_f1", "uar_seed_sd"),
    "Confidence": ("ece", "nll", "brier", "aurc", "uar_cov80", "failure_auroc"),
}
TRIVIAL_DETECTORS = ("duration", "level", "bandwidth")
INTERVAL = "95 % intervals over speakers in brackets, none below 4 speakers or where no resample differs"


@dataclass(frozen=True)
class Table:
    """Text in cells. ``head`` counts the leading columns that name a row."""

    title: str
    caption: str
    header: list[str]
    body: list[list[str]] = field(default_factory=list)
    head: int = 1


def show(row: Row | None, digits: int = 3) -> str:
    """A number with its interval; a difference with its sign; a dash for nothing.

    >>> show({"value": 0.6713, "ci_low": 0.62, "ci_high": 0.7204, "versus": None})
    '0.671 [0.62, 0.72]'
    """
    if row is None or row["value"] is None:
        return "-"
    sign = "+" if row["versus"] else ""
    value = f"{row['value']:{sign}.{digits}f}"
    if row["ci_low"] is None or row["ci_low"] == row["ci_high"]:
        return value
    return f"{value} [{row['ci_low']:{sign}.2f}, {row['ci_high']:{sign}.2f}]"


def main_table(rows: Sequence[Row], preliminary: Iterable[str] = ()) -> str:
    """The recognition tables as plain text, for the last lines on a terminal."""
    parts = [_plain(table) for table in [*recognition(rows, preliminary), *differences(rows)]]
    return "\n\n".join(parts) if parts else "no set was scored"


def recognition(rows: Sequence[Row], preliminary: Iterable[str] = ()) -> list[Table]:
    """UAR of each run and test set by system, a table for each condition; transductive variants stand apart."""
    tables = []
    for choose, (condition, meaning) in product((headline, transductive), CONDITIONS.items()):
        chosen = choose(rows, condition=condition, metric="uar", versus=None)
        systems = systems_of(chosen)
        body = []
        for run, train, test in _places(chosen):
            place = {"run": run, "train": train, "test": test, "condition": condition}
            by_system = {row["system"]: row for row in select(chosen, **place)}
            body.append(
                [_marked(run, preliminary), _way(train, test)]
                + [show(by_system.get(system)) for system in systems]
                + _size(rows, next(iter(by_system.values())), **place)
            )
        if body:
            header = ["run", "trained -> tested", *systems, "n", "speakers", "folds", "seeds"]
            caption = f"Unweighted average recall, mean over folds and seeds; {INTERVAL}."
            if choose is transductive:
                caption += (
                    " Transductive: each test speaker's mean embedding, over all of that speaker's unlabelled test"
                    " speech, is moved to the training mean before classification."
                )
            title = f"UAR, {meaning} ({condition}{', speaker-normalised' if choose is transductive else ''})"
            tables.append(Table(title, caption, header, body, 2))
    return tables


def differences(rows: Sequence[Row]) -> list[Table]:
    """Paired differences of UAR between systems."""
    chosen = [row for row in headline(rows, metric="uar") if row["versus"]]
    pairs = sorted({(row["system"], row["versus"]) for row in chosen}, key=lambda pair: [*map(_rank, pair[::-1])])
    body = []
    for condition in CONDITIONS:
        for run, train, test in _places(select(chosen, condition=condition)):
            place = {"run": run, "train": train, "test": test, "condition": condition}
            here = {(row["system"], row["versus"]): row for row in select(chosen, **place)}
            size = next(iter(here.values()))
            numbers = [show(here.get(pair)) for pair in pairs]
            body.append([run, _way(train, test), condition, *numbers, str(size["n"]), str(size["n_speakers"])])
    if not body:
        return []
    header = ["run", "trained -> tested", "condition", *(f"{a} - {b}" for a, b in pairs), "n", "speakers"]
    caption = (
        "Difference of UAR on the same folds, seeds and resampled speakers; an interval without 0 is a difference."
    )
    return [Table("Paired differences", caption, header, body, 3)]


def other_measures(rows: Sequence[Row]) -> list[Table]:
    """What UAR does not tell: accuracy, F1 and the spread over seeds; calibration, and what confidence is worth."""
    tables = []
    for condition, meaning in CONDITIONS.items():
        for title, names in MEASURES.items():
            chosen = headline(rows, condition=condition, metric=names, versus=None)
            present = [name for name in names if any(row["metric"] == name for row in chosen)]
            body = []
            for run, train, test in _places(chosen):
                of_place = select(chosen, run=run, train=train, test=test)
                for system in systems_of(of_place):
                    numbers = {row["metric"]: row for row in select(of_place, system=system)}
                    size = next(iter(numbers.values()))
                    cells = [show(numbers.get(name)) for name in present]
                    body.append([run, _way(train, test), system, *cells, str(size["n"]), str(size["n_speakers"])])
            if body:
                header = ["run", "trained -> tested", "system", *present, "n", "speakers"]
                caption = f"Mean over folds and seeds; {INTERVAL}. Definitions at the end."
                tables.append(Table(f"{title}, {meaning} ({condition})", caption, header, body, 3))
    return tables


def recalls(rows: Sequence[Row]) -> list[Table]:
    """Recall by class, for each run on its own corpus."""
    tables = []
    chosen = [row for row in headline(rows, condition="single", versus=None) if row["metric"].startswith("recall:")]
    for run, train, test in _places(chosen):
        here = select(chosen, run=run, train=train, test=test)
        names = sorted({row["metric"] for row in here})
        body = []
        for system in systems_of(here):
            by_class = {row["metric"]: row for row in select(here, system=system)}
            body.append([system, *(show(by_class.get(name), 2) for name in names)])
        size = here[0]
        caption = f"{_way(train, test)}, single, n = {size['n']}, {size['n_speakers']} speakers; {INTERVAL}."
        tables.append(Table(f"Recall by class: {run}", caption, ["system", *(n.split(":")[1] for n in names)], body))
    return tables


def folds(rows: Sequence[Row]) -> list[Table]:
    """UAR of every fold and seed, where there are several folds."""
    tables = []
    chosen = [row for row in select(rows, condition="single", metric="uar", versus=None) if _is_fold(row["fold"])]
    for run, train, test in _places(chosen):
        here = select(chosen, run=run, train=train, test=test)
        numbers = sorted({row["fold"] for row in here}, key=lambda fold: (str(type(fold)), fold))
        if len(numbers) < 2:
            continue
        body = []
        for system in systems_of(here):
            for seed in sorted({row["seed"] for row in select(here, system=system)}):
                by_fold = {row["fold"]: row for row in select(here, system=system, seed=seed)}
                body.append([system, str(seed), *(show(by_fold.get(fold)) for fold in numbers)])
        sizes = ", ".join(str(select(here, fold=fold)[0]["n"]) for fold in numbers)
        caption = f"UAR of each trained model, {_way(train, test)}, single; n = {sizes}; {INTERVAL}."
        tables.append(Table(f"Folds: {run}", caption, ["system", "seed", *(f"fold {f}" for f in numbers)], body, 2))
    return tables


def cross_corpus(rows: Sequence[Row]) -> list[Table]:
    """UAR by training and test corpus, a matrix for each system; a corpus tested on itself is cross-validated."""
    cells = headline(rows, condition=("single", "cross"), metric="uar", versus=None)
    if not select(cells, condition="cross"):
        return []
    tests = sorted({row["test"] for row in cells})
    trains = sorted({row["train"] for row in cells}, key=lambda name: (name.count("+"), name))
    tables = []
    for system in systems_of(cells):
        if system == "majority":
            continue
        body = []
        for train in trains:
            line = [train]
            for test in tests:
                found = select(cells, system=system, train=train, test=test)
                line.append("; ".join(f"{show(row)}, n = {row['n']}" for row in found) or "-")
            body.append(line)
        caption = (
            "UAR, trained on the row and tested on the column; where both are one corpus, cross-validated over its "
            f"speakers (single), else cross. Mean over folds and seeds; {INTERVAL}."
        )
        tables.append(Table(f"Across corpora: {system}", caption, ["trained on", *tests], body))
    return tables


def ood(rows: Sequence[Row]) -> list[Table]:
    """Each OOD set by detector and system, with both conventions of the false positive rate at 95 %."""
    tables = []
    for condition, meaning in OOD_CONDITIONS.items():
        chosen = headline(rows, condition=condition, metric=OOD_METRICS, versus=None)
        for run, train, test in _places(chosen):
            here = select(chosen, run=run, train=train, test=test)
            body = []
            for detector in detectors_of(here):
                shown = f"{detector} (trivial)" if detector in TRIVIAL_DETECTORS else detector
                lines = {}
                for system in systems_of(select(here, detector=detector)):
                    found = {row["metric"]: row for row in select(here, detector=detector, system=system)}
                    lines[system] = [show(found.get(name)) for name in OOD_METRICS]
                # A trivial detector hears the recording, not the model: one line says it all (oscr asks the model).
                if detector in TRIVIAL_DETECTORS and len({tuple(line[:-1]) for line in lines.values()}) == 1:
                    lines = {"any": [*next(iter(lines.values()))[:-1], "-"]}
                body += [[shown, system, *line] for system, line in lines.items()]
            size = here[0]
            caption = (
                f"{meaning}. Trained on {train}; n = {size['n']} ID and {size['n_ood']} OOD utterances; "
                f"mean over folds and seeds; {INTERVAL}."
            )
            header = ["detector", "system", *OOD_METRICS]
            tables.append(Table(f"OOD {condition[4:]}: {run}, {test}", caption, header, body, 2))
    return tables


def ood_differences(rows: Sequence[Row]) -> list[Table]:
    """Paired differences of AUROC between systems, by detector."""
    chosen = [row for row in headline(rows, metric="auroc") if row["versus"]]
    pairs = sorted({(row["system"], row["versus"]) for row in chosen}, key=lambda pair: [*map(_rank, pair[::-1])])
    body = []
    for condition in OOD_CONDITIONS:
        for run, train, test in _places(select(chosen, condition=condition)):
            here = select(chosen, run=run, train=train, test=test, condition=condition)
            for detector in sorted({row["detector"] for row in here} - set(TRIVIAL_DETECTORS)):
                by_pair = {(row["system"], row["versus"]): row for row in select(here, detector=detector)}
                size = f"{here[0]['n']} + {here[0]['n_ood']}"
                body.append([run, test, condition, detector, *(show(by_pair.get(pair)) for pair in pairs), size])
    if not body:
        return []
    header = ["run", "OOD set", "condition", "detector", *(f"{a} - {b}" for a, b in pairs), "n + n_ood"]
    caption = "Difference of AUROC on the same folds, seeds and resampled speakers."
    return [Table("Paired differences, OOD", caption, header, body, 4)]


def systems_of(rows: Iterable[Row]) -> list[str]:
    """The systems of the rows, in the order of every table."""
    return sorted({row["system"] for row in rows}, key=_rank)


def detectors_of(rows: Iterable[Row]) -> list[str]:
    """The detectors of the rows, the trivial ones last."""
    return sorted({row["detector"] for row in rows}, key=lambda name: (name in TRIVIAL_DETECTORS, name))


def _rank(system: str) -> tuple[int, str]:
    plain = system.split("+")[0]
    return (SYSTEM_ORDER.index(plain) if plain in SYSTEM_ORDER else len(SYSTEM_ORDER), system)


def _places(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    return sorted({(row["run"], row["train"], row["test"]) for row in rows})


def _way(train: str, test: str) -> str:
    return test if train == test else f"{train} -> {test}"


def _marked(run: str, preliminary: Iterable[str]) -> str:
    return f"{run} (preliminary)" if run in set(preliminary) else run


def _is_fold(fold: int | str | None) -> bool:
    return fold not in (None, "mean")


def _size(rows: Sequence[Row], size: Row, **place: str) -> list[str]:
    """n, speakers, folds and seeds behind a line."""
    models = [row for row in select(rows, metric="uar", versus=None, **place) if _is_fold(row["fold"])]
    folds_, seeds = {row["fold"] for row in models}, {row["seed"] for row in models}
    shown = "all" if folds_ == {"all"} else str(len(folds_))
    return [str(size["n"]), str(size["n_speakers"]), shown, " ".join(map(str, sorted(seeds)))]


def _plain(table: Table) -> str:
    lines = [table.header, *table.body]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([table.title, text[0], "  ".join("-" * width for width in widths), *text[1:]])

"""The tables of a report, from the rows of results.json; `markdown.py`, `html.py` and the terminal show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any

from sernet.config.ood import TRIVIAL_DETECTORS
from sernet.report.groups import UNTUNED
from sernet.report.results import Row, headline, select, transductive
from sernet.report.steps import step_by_step

SYSTEM_ORDER = ("majority", "baseline", "am", "gender", "speaker", "msac", "auto")
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
NONE: Mapping[str, str] = MappingProxyType({})
SIDE_BY_SIDE = 3
"""As many differences stand beside one another; more stand below one another, in steps."""
RUN = "/"
"""In `versus` of a difference between runs, behind the run that was subtracted."""
PRELIMINARY = "fewer than three seeds of a network, or the recipe says so"
INTERVAL = (
    "95 % intervals over speakers in brackets, on other corpora over seeds as well; none below 4 speakers, of all or "
    "of a class, or where no resample differs"
)
DIFFERENCE = (
    "an interval without 0 says that other speakers like these would show the difference, too. In folds it is about "
    "models like these: what other seeds would change is in it only as far as folds differ. On another corpus other "
    "seeds are in it, but not where there is only one seed"
)
"""What an interval of a difference is about; coverage by simulation: utils/bench/COVERAGE.md."""


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


def main_table(
    rows: Sequence[Row],
    preliminary: Collection[str] = (),
    apart: Mapping[str, str] = NONE,
    undrawn: Collection[str] = (),
) -> str:
    """The recognition tables as plain text, for the last lines on a terminal."""
    parts = [plain(table) for table in [*recognition(rows, preliminary), *differences(rows, preliminary, undrawn)]]
    parts += [f"{run}: fold by fold, without a mean: {why}" for run, why in apart.items()]
    return "\n\n".join(parts) if rows else "no set was scored"


def recognition(rows: Sequence[Row], preliminary: Collection[str] = (), apart: Mapping[str, str] = NONE) -> list[Table]:
    """UAR of each run and test set by system, a table for each condition; transductive variants stand apart.

    Args:
        apart: why the folds of a run are shown one by one; said beside them.
    """
    tables = []
    for choose, (condition, meaning) in product((headline, transductive), CONDITIONS.items()):
        chosen = choose(rows, condition=condition, metric="uar", versus=None)
        systems = systems_of(chosen)
        body = []
        for place in places(chosen):
            by_system = {row["system"]: row for row in select(chosen, **place)}
            body.append(
                [named(place, preliminary), way_of(place)]
                + [show(by_system.get(system)) for system in systems]
                + _size(rows, next(iter(by_system.values())))
            )
            place = place | {"fold": UNTUNED, "seed": None, "condition": condition, "metric": "uar", "versus": None}
            untuned = {row["system"]: row for row in select(rows, **place)}
            if any(row["n"] < by_system[name]["n"] for name, row in untuned.items() if name in by_system):
                size = next(iter(untuned.values()))
                numbers = [show(untuned.get(system)) for system in systems]
                line = [f"{named(place, preliminary)}, untuned", way_of(place), *numbers]
                body.append([*line, str(size["n"]), str(size["n_speakers"]), "-", "-"])
        if body:
            header = ["run", "trained -> tested", *systems, "n", "speakers", "folds", "seeds"]
            caption = f"Unweighted average recall, mean over folds and seeds; {INTERVAL}."
            if {row["run"] for row in chosen} & set(preliminary):
                caption += f" Preliminary: {PRELIMINARY}."
            if any(line[0].endswith(", untuned") for line in body):
                caption += " Untuned: the mean over the folds that test nobody whom the settings were chosen on."
            if choose is transductive:
                caption += (
                    " Transductive: each test speaker's mean embedding, over all of that speaker's unlabelled test"
                    " speech, is moved to the training mean before classification."
                )
            tests = {run: {row["test"] for row in chosen if row["run"] == run} for run in {r["run"] for r in chosen}}
            if condition == "single" and any(len(some) > 1 for some in tests.values()):
                caption += (
                    " A model of several corpora decides among the classes that the tested corpus has in training,"
                    " as it was trained; the majority class and the training mean are that corpus's, too."
                )
            shown = {row["run"] for row in chosen}
            caption += "".join(
                f" {run}: fold by fold, without a mean: {why}." for run, why in apart.items() if run in shown
            )
            title = f"UAR, {meaning} ({condition}{', speaker-normalised' if choose is transductive else ''})"
            tables.append(Table(title, caption, header, body, 2))
    return tables


def differences(rows: Sequence[Row], preliminary: Collection[str] = (), undrawn: Collection[str] = ()) -> list[Table]:
    """Paired differences of UAR: between systems, and between runs that test the same speakers."""
    return [*_between_systems(rows, preliminary, undrawn), *_between_runs(rows, preliminary)]


def _between_systems(rows: Sequence[Row], preliminary: Collection[str], undrawn: Collection[str]) -> list[Table]:
    chosen = [row for row in headline(rows, metric="uar") if row["versus"] and RUN not in row["versus"]]
    pairs = sorted({(row["system"], row["versus"]) for row in chosen}, key=lambda pair: [*map(rank, pair[::-1])])
    fixed = sorted({system for pair in pairs for system in pair} & set(undrawn), key=rank)
    each = f" In {', '.join(fixed)} nothing is random: one seed, paired with every seed of the others." if fixed else ""
    if len(pairs) > SIDE_BY_SIDE:
        columns = by_place(chosen, CONDITIONS, preliminary)
        return [stepwise("Paired differences, step by step", f"Difference of UAR.{each}", columns)]
    body = []
    for condition in CONDITIONS:
        for place in places(select(chosen, condition=condition)):
            here = {(row["system"], row["versus"]): row for row in select(chosen, condition=condition, **place)}
            size = next(iter(here.values()))
            numbers = [show(here.get(pair)) for pair in pairs]
            line = [named(place, preliminary), way_of(place), condition, *numbers]
            body.append([*line, str(size["n"]), str(size["n_speakers"])])
    if not body:
        return []
    header = ["run", "trained -> tested", "condition", *(f"{a} - {b}" for a, b in pairs), "n", "speakers"]
    caption = f"Difference of UAR on the same folds, seeds and resampled speakers; {DIFFERENCE}."
    return [Table("Paired differences", caption + each, header, body, 3)]


def stepwise(title: str, caption: str, columns: Mapping[str, Sequence[Row]]) -> Table:
    """Differences below one another: the steps of an ablation, then those that go over several steps.

    Args:
        columns: heading -> the differences of a place, one a pair of systems.
    """
    by_column = {head: {(row["system"], row["versus"]): row for row in rows} for head, rows in columns.items()}
    body = [
        ["step" if step else "in all", f"{pair[0]} - {pair[1]}", *(show(rows.get(pair)) for rows in by_column.values())]
        for pair, step in step_by_step([list(rows) for rows in by_column.values()], SYSTEM_ORDER).items()
    ]
    sizes = {head: next(iter(rows.values())) for head, rows in by_column.items()}
    counted = (f"{head}: {size['n']} utterances, {size['n_speakers']} speakers" for head, size in sizes.items())
    caption += (
        f" On the same folds, seeds and resampled speakers; {DIFFERENCE}. Of twenty intervals about nothing one is "
        "expected without 0. step: against the system just before. "
        f"{'; '.join(counted)}."
    )
    return Table(title, caption, ["", "difference", *by_column], body, 2)


def by_place(rows: Sequence[Row], conditions: Iterable[str], preliminary: Collection[str] = ()) -> dict[str, list[Row]]:
    """The rows of each place, under the run's name; with the tested set where that does not say it."""
    found = {}
    several = Counter(named(place) for place in places(rows))
    for condition in conditions:
        for place in places(select(rows, condition=condition)):
            told = several[named(place)] > 1 or condition in OOD_CONDITIONS
            head = named(place, preliminary) + (f", {place['test']}" if told else "")
            found[head] = select(rows, condition=condition, **place)
    return found


def headings(where: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to call each place: by its run, and by the tested set where that does not tell them apart."""
    several = Counter(map(named, where))
    return [named(place) + (f", {place['test']}" if several[named(place)] > 1 else "") for place in where]


def _between_runs(rows: Sequence[Row], preliminary: Collection[str]) -> list[Table]:
    uar = headline(rows, metric="uar", detector=None)
    body = []
    for row in uar:
        if row["versus"] is None or RUN not in row["versus"]:
            continue
        other = row["versus"].partition(RUN)[0]
        where = {name: row[name] for name in ("condition", "test", "system", "fold")}
        sides = [next(iter(select(uar, run=run, versus=None, **where)), None) for run in (row["run"], other)]
        other_named = named({"run": other, "fold": None}, preliminary)
        place = [named(row, preliminary), way_of(row), row["condition"], row["system"], other_named]
        body.append([*place, show(row), *map(show, sides), str(row["n"]), str(row["n_speakers"])])
    if not body:
        return []
    header = ["run", "trained -> tested", "condition", "system", "minus the run", "difference"]
    header += ["of the run", "of the other", "n", "speakers"]
    caption = (
        "Difference of UAR on the same test utterances, over the folds and seeds that both runs have, on the same "
        f"resampled speakers; {DIFFERENCE}. Beside it what each run is quoted by; {INTERVAL}."
    )
    return [Table("Paired differences between runs", caption, header, body, 5)]


def other_measures(rows: Sequence[Row], decisions: Collection[str] = ()) -> list[Table]:
    """What UAR does not tell: accuracy, F1 and the spread over seeds; calibration, and what confidence is worth."""
    tables = []
    for condition, meaning in CONDITIONS.items():
        for title, names in MEASURES.items():
            chosen = headline(rows, condition=condition, metric=names, versus=None, detector=None)
            present = [name for name in names if any(row["metric"] == name for row in chosen)]
            body = []
            for place in places(chosen):
                of_place = select(chosen, **place)
                for system in systems_of(of_place):
                    numbers = {row["metric"]: row for row in select(of_place, system=system)}
                    size = next(iter(numbers.values()))
                    cells = [show(numbers.get(name)) for name in present]
                    body.append([named(place), way_of(place), system, *cells, str(size["n"]), str(size["n_speakers"])])
            if body:
                header = ["run", "trained -> tested", "system", *present, "n", "speakers"]
                caption = f"Mean over folds and seeds; {INTERVAL}. Definitions at the end."
                caption += (
                    no_probabilities({row["system"] for row in chosen}, decisions) if title == "Confidence" else ""
                )
                tables.append(Table(f"{title}, {meaning} ({condition})", caption, header, body, 3))
    return tables


def recalls(rows: Sequence[Row]) -> list[Table]:
    """Recall by class, for each run on its own corpus."""
    tables = []
    chosen = [row for row in headline(rows, condition="single", versus=None) if row["metric"].startswith("recall:")]
    found = places(chosen)
    for place, heading in zip(found, headings(found), strict=True):
        here = select(chosen, **place)
        names = sorted({row["metric"] for row in here})
        body = []
        for system in systems_of(here):
            by_class = {row["metric"]: row for row in select(here, system=system)}
            body.append([system, *(show(by_class.get(name), 2) for name in names)])
        size = here[0]
        caption = f"{way_of(place)}, single, n = {size['n']}, {size['n_speakers']} speakers; {INTERVAL}."
        tables.append(
            Table(f"Recall by class: {heading}", caption, ["system", *(n.split(":")[1] for n in names)], body)
        )
    return tables


def folds(rows: Sequence[Row]) -> list[Table]:
    """UAR of every fold and seed, where there are several folds."""
    tables = []
    chosen = [row for row in select(rows, condition="single", metric="uar", versus=None) if _is_model(row)]
    found = places([row | {"fold": None} for row in chosen])
    for place, heading in zip(found, headings(found), strict=True):
        here = select(chosen, **{name: place[name] for name in ("run", "train", "test")})
        numbers = sorted({row["fold"] for row in here}, key=lambda fold: (str(type(fold)), fold))
        if len(numbers) < 2:
            continue
        body = []
        for system in systems_of(here):
            for seed in sorted({row["seed"] for row in select(here, system=system)}):
                by_fold = {row["fold"]: row for row in select(here, system=system, seed=seed)}
                body.append([system, str(seed), *(show(by_fold.get(fold)) for fold in numbers)])
        sizes = ", ".join(str(select(here, fold=fold)[0]["n"]) for fold in numbers)
        caption = f"UAR of each trained model, {way_of(here[0])}, single; n = {sizes}; {INTERVAL}."
        tables.append(Table(f"Folds: {heading}", caption, ["system", "seed", *(f"fold {f}" for f in numbers)], body, 2))
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
            "UAR, trained on the row and tested on the column; where the row has the column's corpus, cross-validated "
            f"over its speakers (single), else cross. Mean over folds and seeds; {INTERVAL}."
        )
        tables.append(Table(f"Across corpora: {system}", caption, ["trained on", *tests], body))
    return tables


def systems_of(rows: Iterable[Row]) -> list[str]:
    """The systems of the rows, in the order of every table."""
    return sorted({row["system"] for row in rows}, key=rank)


def detectors_of(rows: Iterable[Row]) -> list[str]:
    """The detectors of the rows, the trivial ones last."""
    return sorted({row["detector"] for row in rows}, key=lambda name: (name in TRIVIAL_DETECTORS, name))


def rank(system: str) -> tuple[int, str]:
    """Where a system stands in every table."""
    plain = system.split("+")[0]
    return (SYSTEM_ORDER.index(plain) if plain in SYSTEM_ORDER else len(SYSTEM_ORDER), system)


def places(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Where rows were measured: fields for `select`, in the order of the rows."""
    fields = ("run", "train", "test", "fold")
    return [dict(zip(fields, place, strict=True)) for place in dict.fromkeys(tuple(r[f] for f in fields) for r in rows)]


def in_order(rows: Iterable[Row], runs: Iterable[str]) -> list[Row]:
    """The rows with those of the first of ``runs`` first: every table follows the order of its rows."""
    order = {run: index for index, run in enumerate(runs)}
    return sorted(rows, key=lambda row: order.get(row["run"], len(order)))


def named(place: Mapping[str, Any], preliminary: Collection[str] = ()) -> str:
    """The name of a run, of one of its folds where these stand apart."""
    name = place["run"] + (f", fold {place['fold']}" if isinstance(place["fold"], int) else "")
    return f"{name} (preliminary)" if place["run"] in preliminary else name


def averaged(place: Mapping[str, Any]) -> str:
    """What the figures of a place are means over."""
    return "mean over seeds" if isinstance(place["fold"], int) else "mean over folds and seeds"


def no_probabilities(systems: Iterable[str], decisions: Collection[str]) -> str:
    """What to say of confidences where logits of some systems are a linear classifier's ``decisions``, or hold them."""
    told = sorted(set(systems) & set(decisions), key=rank)
    if not told:
        return ""
    return (
        f" {', '.join(told)}: softmax of a linear classifier's decision values, or of sums that hold them, which "
        "nothing has fitted to probabilities, so ece, nll and brier do not compare with a network's."
    )


def way_of(place: Mapping[str, Any]) -> str:
    """Where it was measured: the corpus, or trained -> tested."""
    return place["test"] if place["train"] == place["test"] else f"{place['train']} -> {place['test']}"


def _is_model(row: Row) -> bool:
    return row["seed"] is not None and row["fold"] not in (None, "mean")


def _size(rows: Sequence[Row], size: Row) -> list[str]:
    """n, speakers, folds and seeds behind the line of a row."""
    where = {field: size[field] for field in ("run", "train", "test", "condition")}
    if isinstance(size["fold"], int):
        where["fold"] = size["fold"]
    models = [row for row in select(rows, metric="uar", versus=None, **where) if _is_model(row)]
    folds_, seeds = {row["fold"] for row in models}, {row["seed"] for row in models}
    shown = "all" if folds_ == {"all"} else str(len(folds_))
    return [str(size["n"]), str(size["n_speakers"]), shown, " ".join(map(str, sorted(seeds)))]


def plain(table: Table) -> str:
    """For the terminal."""
    lines = [table.header, *table.body]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([table.title, text[0], "  ".join("-" * width for width in widths), *text[1:]])

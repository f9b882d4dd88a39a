"""Experiments side by side: what differs in their settings, what they reach, and the differences, paired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sernet.config.ood import DEFAULT_DETECTORS, TRIVIAL_DETECTORS
from sernet.errors import SernetError, UsageError, first_of
from sernet.report import paired_ood, plots, tables
from sernet.report.align import SAME_NAME, Alignment, LinedUp, align
from sernet.report.cells import Outputs
from sernet.report.groups import Row
from sernet.report.html import templates
from sernet.report.measured import Measured, Model, Place, load
from sernet.report.paired import HERE, THERE, Pair, same_utterances
from sernet.report.results import headline
from sernet.report.tables import Table, show, systems_of

LABELLED = ("single", "cross", "corrupted")
DETECTORS = tuple(name for name in DEFAULT_DETECTORS if name not in TRIVIAL_DETECTORS)
ABSENT = "-"


@dataclass
class Comparison:
    """What is to be shown. ``remarks`` say what could not be compared, and why."""

    labels: list[str]
    tables: list[Table]
    far: list[Table]
    """Out of distribution as each quotes it: long."""
    remarks: list[str]
    differences: dict[str, Row] = field(default_factory=dict)
    """What is compared, in words -> its row."""

    @property
    def caption(self) -> str:
        """How many utterances and speakers are behind each difference."""
        sizes = [f"{name}: n = {row['n']}, {row['n_speakers']} speakers" for name, row in self.differences.items()]
        return "; ".join(sizes) + "."


def open_all(folders: Sequence[Path]) -> list[Measured]:
    """The experiments in ``folders``, each under the shortest name that tells it from the others.

    Raises:
        UsageError: fewer than two, or the same twice; see `measured.load`.
    """
    real = [folder.resolve() for folder in folders]
    if len(set(real)) < len(real):
        twice = next(folder for folder in real if real.count(folder) > 1)
        raise UsageError(f"{twice} is given twice")
    if len(real) < 2:
        raise UsageError("it takes two experiments or more")
    parts = [[part for part in folder.parts if part != "exp"] for folder in real]
    depth = next(n for n in range(1, 99) if len({tuple(some[-n:]) for some in parts}) == len(parts) or n == 98)
    return [load(folder, "/".join(some[-depth:])) for folder, some in zip(real, parts, strict=True)]


def compare(experiments: Sequence[Measured], detectors: Sequence[str] = DETECTORS) -> Comparison:
    """The first of ``experiments`` is what the others are compared with; ``detectors``: whose AUROC is, too."""
    labels = [experiment.label for experiment in experiments]
    first, *others = experiments
    remarks: list[str] = []
    alignment = align(experiments, LABELLED)
    lined_up = alignment.places
    remarks += alignment.alone
    shown = [_provenance(experiments), _settings(experiments, alignment), _pairing(alignment)]
    shown += _recognition(experiments, lined_up)
    differences: dict[str, Row] = {}
    body = []
    for other in others:
        for place, row, sides, models in _paired(first, other, lined_up, remarks):
            differences[f"{place}, {row['system']}" + (f": {other.label}" if len(others) > 1 else "")] = row
            seeds = " ".join(map(str, sorted({model.seed for model in models})))
            folds = len({model.fold for model in models})
            body.append(
                [place, row["condition"], row["system"], f"{other.label} - {first.label}", show(row)]
                + [show(sides[side]) for side in (HERE, THERE)]
                + [str(row["n"]), str(row["n_speakers"]), str(folds), seeds]
            )
    if body:
        caption = (
            "Difference of UAR on the folds, seeds and utterances that both have, on the same resampled speakers; "
            f"{tables.DIFFERENCE}. Beside it the UAR of the two on the same; {tables.INTERVAL}."
        )
        header = [
            "run",
            "condition",
            "system",
            "what",
            "difference",
            "of the other",
            "of the first",
            "n",
            "speakers",
            "folds",
            "seeds",
        ]
        shown.append(Table("Paired differences", caption, header, body, 4))
    shown += _ood_differences(experiments, alignment, detectors, remarks)
    return Comparison(labels, [table for table in shown if table.body], _far(experiments), remarks, differences)


def _provenance(experiments: Sequence[Measured]) -> Table:
    names = ("revision", "config digest", "seeds", "preliminary", "command")
    body = [[e.label, *(e.made.get(name, ABSENT) for name in names)] for e in experiments]
    return Table("Experiments", "The first is what the others are compared with.", ["experiment", *names], body)


def _pairing(alignment: Alignment) -> Table:
    """Which runs of other names are compared, and why these."""
    body = [[name, how] for name, how in alignment.how.items() if how != SAME_NAME]
    return Table("Runs of other names that are paired", "All others have the same name.", ["runs", "they have"], body)


def _settings(experiments: Sequence[Measured], alignment: Alignment) -> Table:
    """Keys whose values are not the same everywhere; runs that are paired stand beside each other."""
    if not all(experiment.settings for experiment in experiments):
        unknown = [experiment.label for experiment in experiments if not experiment.settings]
        return Table("What differs in the settings", "", ["setting"], [[f"not known of {', '.join(unknown)}"]])
    found = _differing([alignment.renamed(index, e.settings) for index, e in enumerate(experiments)])
    body = [[key, *map(_short, values)] for key, values in found.items()] or [["nothing", *[""] * len(experiments)]]
    caption = (
        "Settings that are not the same everywhere, with what each system resolves to, and what it was computed with "
        "where its models say so."
    )
    return Table("What differs in the settings", caption, ["setting", *(e.label for e in experiments)], body)


def _differing(values: Sequence[Any], prefix: str = "") -> dict[str, list[Any]]:
    if all(value == values[0] for value in values):
        return {}
    if not all(isinstance(value, Mapping) for value in values):
        return {prefix or "all": list(values)}
    keys = dict.fromkeys(key for value in values for key in value)
    found: dict[str, list[Any]] = {}
    for key in keys:
        found |= _differing([value.get(key) for value in values], f"{prefix}.{key}" if prefix else key)
    return found


def _short(value: Any) -> str:
    if value is None:
        return ABSENT
    text = "is there" if isinstance(value, Mapping) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _recognition(experiments: Sequence[Measured], lined_up: LinedUp) -> list[Table]:
    """UAR as each experiment quotes it: all its folds and seeds."""
    body = []
    for name, places in lined_up.items():
        rows = [
            headline(experiment.rows, metric="uar", versus=None, detector=None, **place.fields) if place else []
            for experiment, place in zip(experiments, places, strict=True)
        ]
        for system in systems_of([row for some in rows for row in some]):
            cells = []
            for some in rows:
                mine = [row for row in some if row["system"] == system]
                quoted = "; ".join(
                    (f"fold {row['fold']}: " if isinstance(row["fold"], int) else "") + show(row) for row in mine
                )
                cells.append(f"{quoted}, n = {mine[0]['n']}" if mine else ABSENT)
            condition = next(place.condition for place in places if place)
            body.append([name, condition, system, *cells])
    caption = f"As each experiment quotes it, over all of its own folds and seeds; {tables.INTERVAL}."
    return [Table("UAR", caption, ["run", "condition", "system", *(e.label for e in experiments)], body, 3)]


def _far(experiments: Sequence[Measured]) -> list[Table]:
    """AUROC of what two experiments or more have measured."""
    values: dict[tuple[str, ...], list[str]] = defaultdict(lambda: [ABSENT] * len(experiments))
    for index, experiment in enumerate(experiments):
        for row in headline(experiment.rows, metric="auroc", versus=None, condition=tuple(tables.OOD_CONDITIONS)):
            key = (tables.named(row), row["test"], row["condition"], row["detector"], row["system"])
            values[key][index] = f"{show(row)}, n = {row['n']} + {row['n_ood']}"
    body = [[*key, *cells] for key, cells in values.items() if sum(cell != ABSENT for cell in cells) > 1]
    header = ["run", "OOD set", "condition", "detector", "system", *(e.label for e in experiments)]
    caption = f"AUROC as each experiment quotes it, n = ID + OOD; not paired. {tables.INTERVAL}."
    return [Table("Out of distribution", caption, header, body, 5)] if body else []


def _ood_differences(
    experiments: Sequence[Measured], labelled: Alignment, detectors: Sequence[str], remarks: list[str]
) -> list[Table]:
    """AUROC of the detectors that both have, by OOD set and system."""
    published = [experiment.label for experiment in experiments if experiment.published]
    if published and any(experiment.places(*tables.OOD_CONDITIONS) for experiment in experiments):
        what = f"what is published holds no scores of detectors ({', '.join(published)}); give folders of exp/"
        remarks.append(f"out of distribution: {what}")
    kept = [index for index, experiment in enumerate(experiments) if not experiment.published]
    experiments = [experiments[index] for index in kept]
    if len(experiments) < 2:
        return []
    alignment = align(experiments, tuple(tables.OOD_CONDITIONS), labelled.only(kept))
    lined_up = alignment.places
    if alignment.alone:
        remarks.append(f"out of distribution: {first_of(alignment.alone)}")
    first, body = experiments[0], []
    read = paired_ood.reader()
    for name, places in lined_up.items():
        for other, place in zip(experiments[1:], places[1:], strict=True):
            if places[0] is None or place is None:
                continue
            sides = {HERE: (other, place), THERE: (first, places[0])}
            constant = {"recipe": str(first.rows[0]["recipe"]), "tag": None, "versus": None, "detector": None}
            pairs, refused = paired_ood.models(sides, detectors, read)
            for (system, reason), which in refused.items():
                at = f"{name}, {system}, {first_of(which)}"
                remarks.append(f"{at}: {first.label} and {other.label}: {reason}")
            for models, shared in sorted(pairs.items(), key=lambda pair: tables.rank(pair[0][0].system)):
                for suffix, chosen in _together(first, places[0], list(models), "auroc").items():
                    rows = paired_ood.differences(constant | places[0].fields, sides, chosen, shared, read)
                    by_detector = {row["detector"]: row for row in rows}
                    size = rows[0]
                    body.append(
                        [name + suffix, place.condition, chosen[0].system, f"{other.label} - {first.label}"]
                        + [show(by_detector.get(detector)) for detector in detectors]
                        + [f"{size['n']} + {size['n_ood']}", str(size["n_speakers"])]
                        + [str(len({model.fold for model in chosen}))]
                        + [" ".join(map(str, sorted({model.seed for model in chosen})))]
                    )
    header = ["run: OOD set", "condition", "system", "what", *detectors, "n + n_ood", "speakers", "folds", "seeds"]
    caption = (
        "Difference of AUROC on the folds, seeds and utterances that both have, on the same resampled speakers; "
        f"{tables.DIFFERENCE}. Of a shift set, which is to be accepted, 0.5 is best; {tables.INTERVAL}."
    )
    return [Table("Paired differences, out of distribution", caption, header, body, 4)]


def _paired(
    first: Measured, other: Measured, lined_up: LinedUp, remarks: list[str]
) -> list[tuple[str, Row, dict[str, Row], list[Model]]]:
    """For each place and system that both have: name, difference, the two sides, and the models that took part."""
    found = []
    for name, places in lined_up.items():
        mine = next((p for p in places if p in first.places(*LABELLED)), None)
        theirs = next((p for p in places if p in other.places(*LABELLED)), None)
        if mine is None or theirs is None:
            continue
        ours, others = (
            {(m.system, m.seed, m.fold): m for m in e.models(p)} for e, p in ((first, mine), (other, theirs))
        )
        for system in systems_of([{"system": key[0]} for key in {**ours, **others}]):
            at = f"{name}, {system}"
            common = [ours[key] for key in sorted(set(ours) & set(others), key=str) if key[0] == system]
            if not common:
                sides_have = ((first.label, ours), (other.label, others))
                without = [label for label, models in sides_have if system not in {key[0] for key in models}]
                apart = f"{first.label} and {other.label} have no fold and seed in common"
                remarks.append(f"{at}: {f'{without[0]} has no such system' if without else apart}")
                continue
            sides: dict[str, dict[Model, Outputs]] = {HERE: {}, THERE: {}}
            reasons: dict[str, list[str]] = defaultdict(list)
            for model in common:
                try:
                    pair = same_utterances(other.outputs(theirs, model), first.outputs(mine, model))
                except SernetError as error:
                    reasons[str(error)].append(f"fold {model.fold}, seed {model.seed}")
                    continue
                sides[HERE][model], sides[THERE][model] = pair
            for reason, which in reasons.items():
                remarks.append(f"{at}, {first_of(which)}: {first.label} and {other.label}: {reason}")
            for suffix, chosen in _together(first, mine, list(sides[HERE]), "uar").items():
                constant = {"recipe": str(first.rows[0]["recipe"]), "tag": None, "versus": None, "detector": None}
                both = {side: {(m.seed, m.fold): some[m] for m in chosen} for side, some in sides.items()}
                rows = Pair(constant | mine.fields, both).rows()
                difference = next(row for row in rows if row["versus"]) | {"system": system}
                quoted = {row["system"]: row for row in rows if not row["versus"]}
                found.append((name + suffix, difference, quoted, chosen))
    return found


def _together(experiment: Measured, place: Place, models: list[Model], metric: str) -> dict[str, list[Model]]:
    """The models whose mean is quoted: all, or those of one fold where folds stand apart; by what to call them."""
    apart = any(isinstance(row["fold"], int) for row in headline(experiment.rows, metric=metric, **place.fields))
    found: dict[str, list[Model]] = defaultdict(list)
    for model in models:
        found[f", fold {model.fold}" if apart else ""].append(model)
    return found


def as_text(comparison: Comparison) -> str:
    """For the terminal."""
    parts = [tables.plain(table) for table in comparison.tables]
    if comparison.remarks:
        parts.append("\n".join(["Not compared", *(f"  {remark}" for remark in comparison.remarks)]))
    return "\n\n".join(parts)


def as_html(comparison: Comparison) -> str:
    """One self-contained page."""
    picture = ""
    if comparison.differences:
        values = {name: (row["value"], row["ci_low"], row["ci_high"]) for name, row in comparison.differences.items()}
        said = "; ".join(f"{name} {show(row)}" for name, row in comparison.differences.items())
        picture = plots.forest(values, "difference of UAR", f"Paired differences of UAR: {said}")
    return templates().get_template("compare.html.j2").render(comparison=comparison, picture=picture)

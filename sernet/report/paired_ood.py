"""The difference between two experiments out of distribution: AUROC by detector, paired over the same speakers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sernet.errors import SernetError
from sernet.report.cells import Reader, read_outputs
from sernet.report.groups import UNTUNED, Row
from sernet.report.measured import Measured, Model, Place
from sernet.report.ood_group import OodGroup
from sernet.report.paired import HERE, THERE
from sernet.report.results import select
from sernet.score.files import Scored, load_detector_scores

Sides = Mapping[str, tuple[Measured, Place]]
"""`HERE` and `THERE` (which is subtracted): an experiment, and where the OOD set stands in it."""


class OodPair(OodGroup):
    """Two experiments' models of one system as though they were two systems of one run; see `paired.Pair`."""

    names = ("auroc",)


def models(
    sides: Sides, wanted: Sequence[str], read: Reader
) -> tuple[dict[tuple[Model, ...], list[str]], dict[tuple[str, str], list[str]]]:
    """What can be paired: models of one system, with those of the ``wanted`` detectors that just these models have.

    And what cannot: (system, reason) -> folds and seeds.
    """
    both = [
        {Model(r["system"], r["seed"], r["fold"]) for r in select(e.rows, metric="auroc", versus=None, **p.fields)}
        for e, p in sides.values()
    ]
    by_system: dict[str, list[Model]] = defaultdict(list)
    for model in sorted(set.intersection(*both), key=str):
        if model.seed is not None and model.fold not in (None, "mean", UNTUNED):
            by_system[model.system].append(model)
    found: dict[tuple[Model, ...], list[str]] = {}
    refused: dict[tuple[str, str], list[str]] = defaultdict(list)
    for system, some in by_system.items():
        good: dict[Model, list[str]] = {}
        for model in some:
            kept = _detectors_of(sides, model, wanted)
            try:
                if not kept:
                    raise SernetError(f"no scores of {' or '.join(wanted)} that both keep")
                _refuse_other_utterances(sides, model, kept, read)
            except SernetError as error:
                refused[system, str(error)].append(f"fold {model.fold}, seed {model.seed}")
            else:
                good[model] = kept
        for name in wanted:
            if having := tuple(model for model, kept in good.items() if name in kept):
                found.setdefault(having, []).append(name)
    return found, refused


def _detectors_of(sides: Sides, model: Model, wanted: Sequence[str]) -> list[str]:
    """Those of the ``wanted`` detectors whose scores of a model on the OOD set both experiments keep."""
    return [
        name
        for name in wanted
        if all((_folder(*side, model) / "ood" / name / f"{side[1].test}.npz").exists() for side in sides.values())
    ]


def _refuse_other_utterances(sides: Sides, model: Model, detectors: Sequence[str], read: Reader) -> None:
    """Nothing is paired unless both have scored the same utterances.

    Raises:
        SernetError: they have not, or a file is missing or damaged.
    """
    found: dict[str, list[frozenset[str]]] = {"test": [], "OOD": []}
    for experiment, place in sides.values():
        folder = _folder(experiment, place, model)
        inside = read(folder / "scores" / "test.npz", None)
        found["test"].append(frozenset(inside.utt_id[inside.label >= 0].tolist()))
        each = [load_detector_scores(folder / "ood" / name / f"{place.test}.npz")[0] for name in detectors]
        found["OOD"] += [frozenset(ids.tolist()) for ids in each]
    for what, sets in found.items():
        everything, common = frozenset.union(*sets), frozenset.intersection(*sets)
        if everything != common:
            raise SernetError(f"other {what} utterances ({len(common)} in common, {len(everything - common)} not)")


def differences(
    constant: Row, sides: Sides, models: Sequence[Model], detectors: Sequence[str], read: Reader
) -> list[Row]:
    """A row for each detector: mean over folds and seeds of what `HERE` has over `THERE`, with its interval.

    ``models``: of one system. The draws hang on what ``constant`` says of recipe and run, as in the report.
    """
    members = [
        Scored(
            constant["run"],
            side,
            model.fold,
            model.seed,
            *(place.train, place.test, place.condition, place.test),
            _folder(experiment, place, model),
        )
        for side, (experiment, place) in sides.items()
        for model in models
    ]
    rows = OodPair(constant, members, THERE, read, detectors).rows()
    return [row | {"system": models[0].system} for row in rows if row["versus"] == THERE and row["system"] == HERE]


def reader() -> Reader:
    """One that remembers: all detectors and sets of a model share its test scores."""
    return lru_cache(maxsize=256)(read_outputs)


def _folder(experiment: Measured, place: Place, model: Model) -> Path:
    return experiment.folder / place.run / model.folder

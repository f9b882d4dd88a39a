"""results.json: from score files to every number of an experiment, in long form, the same to the byte each time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from joblib import Parallel, delayed
from pydantic import BaseModel, ConfigDict, Field

from sernet.config.base import validate
from sernet.config.systems import SYSTEMS
from sernet.errors import SernetError
from sernet.pipeline.files import write_text
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_json
from sernet.report.groups import SPEAKER_NORMALISED, Row, Versus
from sernet.report.of_place import PlaceOfRun
from sernet.report.timed import timeline_rows
from sernet.score.files import Scored
from sernet.score.timeline import Timed

FIELDS = (
    "recipe",
    "tag",
    "run",
    "system",
    "versus",
    "detector",
    "seed",
    "fold",
    "train",
    "test",
    "condition",
    "metric",
    "value",
    "ci_low",
    "ci_high",
    "n",
    "n_ood",
    "n_speakers",
)
STANDARD: Versus = {name: system.get("versus", []) for name, system in SYSTEMS.items()}
NONE: Mapping[str, Sequence[str]] = MappingProxyType({})
SORTED_BY = ("run", "condition", "train", "test", "detector", "metric", "versus", "system", "seed", "fold")


def build_results(
    scored: Sequence[Scored],
    recipe: str,
    tag: str | None = None,
    baseline: str = "baseline",
    detectors: Mapping[str, Sequence[str]] = NONE,
    apart: Collection[str] = (),
    timed: Sequence[Timed] = (),
    tuned: Collection[str] | None = None,
    versus: Versus = STANDARD,
    probes: Sequence[str] = (),
    rivals: Mapping[str, Sequence[str]] = NONE,
    undrawn: Collection[str] = (),
    jobs: int = 1,
) -> list[Row]:
    """Every row of results.json for what has been scored.

    For each run and test set: each (seed, fold), each seed's mean over folds and its pooled utterances, the mean
    over seeds of both, the spread over seeds, the majority class, and paired differences of systems (each other
    system minus ``baseline``, and minus those that ``versus`` names for it). OOD: the same for every detector
    found, where the rows of single models stand without an interval; ``n_speakers`` counts the speakers of the ID
    test set. ``detectors`` names those that count in a run; of a run that it does not name: all that left files.
    ``apart`` names the runs whose folds stand apart: each fold has its mean over seeds, too. ``timed`` names what
    was segmented (condition `timeline`). ``tuned`` names the speakers whom the settings were chosen on: beside each
    mean over folds and seeds stands that over the folds that test none of them, where these are some and not all,
    as fold "mean-untuned". ``probes`` names the attributes that were probed for. ``rivals`` names, for a run, the
    runs that are subtracted from it, system by system, wherever both have tested the same corpus under the same
    condition; ``versus`` of such a difference is `<run>/<system>`. ``undrawn`` names the systems in which nothing is
    random: their one seed is paired with every seed of the others. ``jobs`` processes share the work; the rows are the
    same to the bit.

    Raises:
        SernetError: a score file is missing, damaged, or systems (or rivals) were scored on different utterances.
    """
    groups: dict[tuple[str, ...], list[Scored]] = defaultdict(list)
    shift_sets: dict[Path, list[Scored]] = defaultdict(list)
    for item in scored:
        groups[(item.run, item.condition, item.train, item.test)].append(item)
        if item.condition == "ood-shift":
            shift_sets[item.directory].append(item)
    places = []
    for (run, condition, train, test), members in sorted(groups.items()):
        constant = {
            "recipe": recipe, "tag": tag, "run": run, "condition": condition, "train": train, "test": test,
            "versus": None, "detector": None,
        }  # fmt: skip
        theirs = [(rival, condition, test) for rival in rivals.get(run, ())]
        places.append(
            PlaceOfRun(
                constant,
                members,
                shifted={item.directory: shift_sets.get(item.directory, []) for item in members},
                rivals=[[i for i in scored if (i.run, i.condition, i.test) == other] for other in theirs],
                baseline=baseline,
                detectors=detectors.get(run),
                versus=versus,
                probes=probes,
                undrawn=undrawn,
                tuned=tuned,
                apart=run in apart,
            )
        )
    found = Parallel(n_jobs=jobs, return_as="generator")(delayed(place.rows)() for place in places)
    rows = [row for some in track(found, len(places), "metrics and intervals") for row in some]
    rows += timeline_rows(timed, recipe, tag, tuned)
    return sorted((_finish(row) for row in rows), key=_order)


def write_results(rows: Sequence[Row], path: Path | str) -> None:
    """Write results.json: a JSON list, one row a line, whole or not at all."""
    lines = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False) for row in rows)
    write_text(path, f"[\n{lines}\n]\n" if rows else "[]\n")


def read_results(path: Path | str) -> list[Row]:
    """The rows of a results.json.

    Raises:
        SernetError: it is missing or damaged.
    """
    rows = read_json(path)
    if not isinstance(rows, list):
        raise SernetError(f"{path}: must be a list of rows; run the stage report again")
    for number, row in enumerate(rows):
        validate(_Row, row, f"{path}: row {number}", SernetError)
    return [dict.fromkeys(FIELDS) | row for row in rows]


class _Row(BaseModel):
    """What the fields of a row are."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    recipe: str
    tag: str | None = None
    run: str
    system: str
    versus: str | None
    detector: str | None
    seed: int | None
    fold: int | str | None
    train: str
    test: str
    condition: str
    metric: str
    value: float
    ci_low: float | None
    ci_high: float | None
    n: int = Field(ge=0)
    n_ood: int | None = Field(None, ge=0)
    n_speakers: int | None = Field(None, ge=0)


def select(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The rows whose fields have the wanted values; a tuple stands for any of them.

    >>> select([{"metric": "uar", "seed": None}, {"metric": "war", "seed": None}], metric="uar")
    [{'metric': 'uar', 'seed': None}]
    """
    return [
        row
        for row in rows
        if all(row[key] in value if isinstance(value, tuple) else row[key] == value for key, value in wanted.items())
    ]


def headline(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The rows that an experiment is quoted by: mean over seeds, and over folds where these do not stand apart."""
    return [row for row in _means(rows, **wanted) if not row["system"].endswith(SPEAKER_NORMALISED)]


def transductive(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The like of the speaker-normalised variants, which hear a test speaker's other speech first."""
    return [row for row in _means(rows, **wanted) if row["system"].endswith(SPEAKER_NORMALISED)]


def quotable(rows: Iterable[Row]) -> list[Row]:
    """The rows without what is taken over folds that stand apart: these have a mean over seeds of each fold instead."""
    rows = list(rows)
    apart = {row["run"] for row in select(rows, seed=None) if isinstance(row["fold"], int)}
    return [row for row in rows if row["run"] not in apart or isinstance(row["fold"], int) or row["fold"] == "all"]


def _means(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Means over seeds, and over folds; of each fold where these stand apart."""
    chosen = select(quotable(rows), seed=None, **wanted)
    return [row for row in chosen if row["fold"] == "mean" or isinstance(row["fold"], int)]


def _finish(row: Row) -> Row:
    """Floats to six digits, fields in a fixed set."""
    rounded = {key: round(value, 6) + 0.0 if isinstance(value, float) else value for key, value in row.items()}
    return {name: rounded[name] for name in FIELDS}


def _order(row: Row) -> tuple[tuple[bool, str, int, str], ...]:
    """Sorted by what a row is about; numbers by size, null last."""
    return tuple(
        (row[name] is None, "", row[name], "")
        if isinstance(row[name], int)
        else (row[name] is None, str(row[name]), 0, "")
        for name in SORTED_BY
    )

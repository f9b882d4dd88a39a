"""results.json: from score files to every number of an experiment, in long form, the same to the byte each time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sernet.config.recipe import SYSTEMS
from sernet.pipeline.files import read_json, write_text
from sernet.pipeline.progress import track
from sernet.report.cells import Reader, read_outputs
from sernet.report.groups import SPEAKER_NORMALISED, UNTUNED, LabelGroup, OodGroup, Row, Versus
from sernet.report.paired import against
from sernet.report.probed import ProbeGroup
from sernet.report.reliability import ConfidenceGroup, FullSpectrumGroup, shift_sets
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
    svms: Collection[str] = (),
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
    condition; ``versus`` of such a difference is `<run>/<system>`. ``svms`` names the systems in which nothing is
    random: their one seed is paired with every seed of the others.

    Raises:
        SernetError: a score file is missing, damaged, or systems (or rivals) were scored on different utterances.
    """
    groups: dict[tuple[str, ...], list[Scored]] = defaultdict(list)
    for item in scored:
        groups[(item.run, item.condition, item.train, item.test)].append(item)
    read = lru_cache(maxsize=None)(read_outputs)

    def of_group(constant: Row, members: Sequence[Scored]) -> list[Row]:
        chosen = detectors.get(constant["run"])
        if not constant["condition"].startswith("ood-"):
            found = LabelGroup(constant, members, baseline, read, versus=versus, svms=svms).rows()
            found += ConfidenceGroup(constant, members, baseline, read, chosen, versus, svms).rows()
            if constant["condition"] != "corrupted":
                found += ProbeGroup(constant, members, baseline, read, probes, versus, svms).rows()
            for rival in rivals.get(constant["run"], ()):
                place = rival, constant["condition"], constant["test"]
                theirs = [item for item in scored if (item.run, item.condition, item.test) == place]
                found += against(constant, members, theirs, read)
            return found
        found = OodGroup(constant, members, baseline, read, chosen, versus).rows()
        shifted = {item.directory: shift_sets(scored, item) for item in members}
        if constant["condition"] != "ood-shift" and any(shifted.values()):
            found += FullSpectrumGroup(constant, members, baseline, read, chosen, versus, shifted).rows()
        return found

    rows: list[Row] = []
    for key, members in track(sorted(groups.items()), len(groups), "metrics and intervals"):
        run, condition, train, test = key
        constant = {
            "recipe": recipe, "tag": tag, "run": run, "condition": condition, "train": train, "test": test,
            "versus": None, "detector": None,
        }  # fmt: skip
        rows += of_group(constant, members)
        if run in apart:
            for fold in sorted({item.fold for item in members}, key=str):
                of_fold = of_group(constant, [item for item in members if item.fold == fold])
                rows += [row | {"fold": fold} for row in of_fold if row["seed"] is None and row["fold"] == "mean"]
        elif tuned is not None:
            untuned = [item for item in members if _is_untuned(item, read, tuned)]
            # Where nobody is tuned on, their mean is the mean.
            means = of_group(constant, untuned) if 0 < len(untuned) < len(members) else []
            rows += [row | {"fold": UNTUNED} for row in means if row["seed"] is None and row["fold"] == "mean"]
    rows += timeline_rows(timed, recipe, tag, tuned)
    return sorted((_finish(row) for row in rows), key=_order)


def _is_untuned(item: Scored, read: Reader, tuned: Collection[str]) -> bool:
    """Whether a model is tested on nobody whom its settings were chosen on (of an OOD set, the ID side counts)."""
    test = item.file("test") if item.condition.startswith("ood-") else item.score_file
    return not set(tuned) & {*map(str, read(test, item.view).unit)}


def write_results(rows: Sequence[Row], path: Path | str) -> None:
    """Write results.json: a JSON list, one row a line, whole or not at all."""
    lines = ",\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False) for row in rows)
    write_text(path, f"[\n{lines}\n]\n" if rows else "[]\n")


def read_results(path: Path | str) -> list[Row]:
    """The rows of a results.json."""
    return list(read_json(path))


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

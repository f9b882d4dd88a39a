"""What is known of how an experiment's models were made, for the head of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from local.score import sets
from sernet.errors import SernetError
from sernet.experiment import Experiment
from sernet.model.trained import Settings, read_meta
from sernet.pipeline.stamps import Stamp, read_stamp
from sernet.units import Unit


def merged(units: Sequence[Unit]) -> str:
    """How many models come from other experiments (utils/merge.sh), and from which."""
    origins = [stamp.merged_from for stamp in _stamps(unit.directory / "train.json" for unit in units)]
    names = sorted({origin.partition("/")[0] for origin in origins if origin})
    number = sum(origin is not None for origin in origins)
    return f"{number} of {len(units)} models were trained in {', '.join(names)}" if names else ""


def computed(units: Sequence[Unit]) -> str:
    """Precision, threads and processor of the trainings of networks; says so where precisions are mixed."""
    found: Counter[str] = Counter()
    precisions = set()
    for unit in units:
        if (unit.directory / "model.json").exists():
            meta = Settings.model_validate(read_meta(unit.directory, Settings))
            if meta.svm is None and meta.ridge is None:
                found[str(meta.computed or "not recorded")] += 1
                precisions.add(meta.computed.precision if meta.computed else "one that was not recorded")
    if not found:
        return ""
    said = "; ".join(f"{number} models: {how}" for how, number in sorted(found.items()))
    mixed = " and ".join(sorted(precisions))
    return said + (f" (MIXED PRECISIONS, {mixed}: not one experiment in all respects)" if len(precisions) > 1 else "")


def accepted(experiment: Experiment, units: Sequence[Unit]) -> list[str]:
    """Who took over what older code had made (run.sh --accept-code), from which revision to which."""
    found: Counter[str] = Counter()
    for stamp in _stamps(_stamp_files(experiment, units)):
        found.update(f"revision {a.before} -> {a.to}, by {a.by} ({a.when})" for a in stamp.accepted)
    return [f"{said}: {number} jobs" for said, number in sorted(found.items())]


def _stamp_files(experiment: Experiment, units: Sequence[Unit]) -> Iterator[Path]:
    for name in experiment.corpora:
        yield from experiment.data(name).glob("*.json")
        yield from experiment.data(name).glob("*/features.json")
    for run in experiment.runs:
        yield experiment.folder / run.name / "folds.json"
        yield from (experiment.folder / run.name / "ood_sets").glob("*/*.json")
    for unit in units:
        yield unit.directory / "train.json"
        yield from (unit.directory / "scores" / f"{name}.json" for name in sets(experiment, unit))
        yield from (unit.directory / "ood" / "ood.json", unit.directory / "probes" / "probes.json")
        yield from (unit.directory / "timeline").glob("*.json")


def _stamps(paths: Iterator[Path]) -> Iterator[Stamp]:
    """Those that can be read: other files lie there, too, and a damaged stamp has been found stale before."""
    for path in paths:
        try:
            yield read_stamp(path)
        except SernetError:
            continue

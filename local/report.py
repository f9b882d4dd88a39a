"""Stage 7: results.json, RESULTS.md and report/index.html."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from local import timeline
from local.prepare import leaks_path
from local.provenance import accepted, computed, merged
from local.score import probe_path, probed_sets, score_path, sets
from sernet.data.leaks import said
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline import stopwatch
from sernet.pipeline.digests import of_value
from sernet.pipeline.libraries import versions
from sernet.pipeline.machine import model_name
from sernet.pipeline.options import Request
from sernet.pipeline.reading import read_json
from sernet.pipeline.revision import revision
from sernet.pipeline.stages import STAGES
from sernet.pipeline.stamps import Job
from sernet.report.encoders import contaminated, encoders
from sernet.units import Run, Unit

ENOUGH_SEEDS = 3
ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "sernet" / "report" / "templates"


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job."""
    yield [_job(experiment, request)]


def run(job: Job) -> None:
    """Write the results, the tables and the report."""
    from sernet.pipeline.files import write_text
    from sernet.report.html import write_report
    from sernet.report.markdown import results_markdown
    from sernet.report.probed import left_out
    from sernet.report.results import build_results, write_results
    from sernet.report.tables import in_order
    from sernet.score.files import Scored
    from sernet.score.timeline import Timed

    scored = [Scored.read(item) for item in job.config["scored"]]
    results, markdown, page, config = job.outputs
    probes = job.config["probes"]
    provenance = job.arguments["provenance"] | {"not probed": left_out(scored, probes)}
    shown = job.config["shown"]
    rows = build_results(
        scored,
        job.config["recipe"],
        job.config["tag"],
        detectors=job.config["detectors"],
        apart=shown["folds apart"],
        timed=[Timed(**item | {"path": Path(item["path"])}) for item in job.config["timed"]],
        tuned=job.config["tuned"],
        versus=job.config["versus"],
        probes=probes,
        rivals=job.config["rivals"],
        undrawn=job.config["undrawn"],
        jobs=job.arguments["jobs"],
    )
    write_results(rows, results)
    rows = in_order(rows, dict.fromkeys(item.run for item in scored))
    write_text(markdown, results_markdown(rows, provenance))
    write_text(config, yaml.safe_dump(job.arguments["recipe"], sort_keys=False))
    write_report(page, rows, scored, provenance, _audio(job.arguments["cuts"]))


def announce(experiment: Experiment) -> list[str]:
    """Nothing before it begins."""
    return []


def conclude(experiment: Experiment) -> list[str]:
    """The main table, and where the rest is."""
    from sernet.report.results import read_results
    from sernet.report.tables import INTERVAL, PRELIMINARY, in_order, main_table

    folder = experiment.folder
    rows = in_order(read_results(folder / "results.json"), [run.name for run in experiment.runs])
    few = preliminary(experiment)
    table = main_table(rows, few, folds_apart(experiment), undrawn(experiment))
    said = f"UAR is unweighted average recall, mean over folds and seeds; {INTERVAL}."
    said += f" Preliminary: {PRELIMINARY}." if few else ""
    return ["", table, "", said, f"tables: {folder / 'RESULTS.md'}", f"report: {folder / 'report' / 'index.html'}"]


def preliminary(experiment: Experiment) -> list[str]:
    """The runs whose figures are not to be quoted: the recipe says so, or a network has fewer than three seeds."""
    asked = set(experiment.seeds or experiment.recipe.config.seeds)
    return [run.name for run in experiment.runs if run.config.preliminary or _few_seeds(experiment, run, asked)]


def _few_seeds(experiment: Experiment, run: Run, asked: set[int]) -> bool:
    seeds = asked if run.config.seeds is None else asked & set(run.config.seeds)
    random = any(experiment.draws(system) for system in experiment.recipe.config.systems_of(run.config))
    return random and len(seeds) < ENOUGH_SEEDS


def _systems(experiment: Experiment) -> list[str]:
    return sorted({system for run in experiment.runs for system in experiment.recipe.config.systems_of(run.config)})


def undrawn(experiment: Experiment) -> list[str]:
    """The systems of the runs in which nothing is random: they have one seed."""
    return [system for system in _systems(experiment) if not experiment.draws(system)]


def decision_values(experiment: Experiment) -> list[str]:
    """The systems of the runs whose logits are a linear classifier's decision values, or hold them."""
    return [s for s in _systems(experiment) if any(experiment.linear(member) for member in experiment.fuse(s) or [s])]


def fused(experiment: Experiment) -> dict[str, str]:
    """The systems of the runs that are sums of others, in words."""
    return {
        system: " + ".join(f"{weight:g} {member}" for member, weight in members.items())
        + (", each standardised by its training logits" if experiment.recipe.config.systems[system].standardise else "")
        + (f", networks averaged over {together} seeds" if together > 1 else "")
        for system in _systems(experiment)
        if (members := experiment.fuse(system)) and (together := experiment.recipe.config.systems[system].ensemble)
    }


def folds_apart(experiment: Experiment) -> dict[str, str]:
    """The runs whose folds are reported one by one, with the reason."""
    return {run.name: run.config.folds_apart for run in experiment.runs if run.config.folds_apart}


def _job(experiment: Experiment, request: Request) -> Job:
    units = list(experiment.units())
    scored = [item for unit in units for item in _scored(experiment, unit)]
    files = [
        score_path(unit, name) for unit in units for name in sets(experiment, unit) if name not in ("train", "dev")
    ]
    systems = experiment.recipe.config.systems
    files += [unit.directory / "history.jsonl" for unit in units if systems[unit.system].network]
    for unit in units:
        ood_sets = experiment.ood_sets(unit)
        scored_by = experiment.detection(unit).scored(ood_sets)
        files += [unit.directory / "ood" / detector / f"{name}.npz" for detector, name in scored_by]
        files += [score_path(unit, "dev")] if "dev" in experiment.sets(unit) else []
        files += [
            probe_path(unit, a, n) for a in experiment.recipe.config.probes for n in probed_sets(experiment, unit)
        ]
    timed = list(_timed(experiment))
    files += [Path(item["path"]) for item in timed]
    files.append(leaks_path(experiment))
    folder = experiment.folder
    recipe = experiment.recipe.config.model_dump(mode="json", exclude={"corpora"})
    provenance = _provenance(experiment, request, units, recipe)
    shown = (
        "title",
        "config digest",
        "runs",
        "folds",
        "folds apart",
        "seeds",
        "nothing random in",
        "decision values",
        "preliminary",
        "allowed leaks",
        "computed",
        "accepted",
    )
    return Job(
        name=f"report {experiment.name}",
        script="local.report",
        stamp=folder / "report" / "report.json",
        config={
            "recipe": experiment.recipe.name,
            "tag": experiment.tag,
            "scored": scored,
            "timed": timed,
            "tuned": sorted(experiment.tuned_speakers) if experiment.recipe.config.tuned_on else None,
            "rivals": {run.name: run.config.against for run in experiment.runs if run.config.against},
            "versus": {name: system.versus for name, system in experiment.recipe.config.systems.items()},
            "undrawn": undrawn(experiment),
            "probes": experiment.recipe.config.probes,
            "detectors": {
                run.name: experiment.recipe.config.detection(run.config).detectors for run in experiment.runs
            },
            "shown": {key: provenance[key] for key in shown},
        },
        modules=("sernet.report.results", "sernet.report.markdown", "sernet.report.html", "sernet.report.probed"),
        inputs=(*files, *(TEMPLATES / f"{name}.j2" for name in ("index.html", "table.html", "style.css"))),
        outputs=(
            folder / "results.json",
            folder / "RESULTS.md",
            folder / "report" / "index.html",
            folder / "config.yaml",
        ),
        arguments={
            "jobs": request.nj if request.cmd == "local" else 1,  # of a cluster, nj counts jobs and no cores
            "provenance": provenance,
            "recipe": recipe,
            "cuts": [str(experiment.data(corpus) / "cuts.jsonl.gz") for corpus in experiment.corpora],
        },
    )


def _timed(experiment: Experiment) -> Iterator[dict[str, Any]]:
    for unit in timeline.units(experiment):
        yield {
            "run": unit.run.name,
            "system": unit.system,
            "fold": unit.fold,
            "seed": unit.seed,
            "train": unit.run.learnt_from,
            "path": str(timeline.segments_path(unit)),
        }


def _scored(experiment: Experiment, unit: Unit) -> Iterator[dict[str, Any]]:
    base = {
        "run": unit.run.name,
        "system": unit.system,
        "fold": unit.fold,
        "seed": unit.seed,
        "train": unit.run.learnt_from,
        "directory": str(unit.directory),
        "dev": "dev" in experiment.sets(unit),
    }
    for name in unit.run.tests:
        yield base | {"test": name, "condition": "cross", "set": name}
    if unit.run.joint:
        # By corpus alone: all test speakers together would be a mean over corpora, the largest first, and over classes
        # that not all of them have.
        for name, classes in (experiment.corpus_classes(unit) or {}).items():
            yield base | {"test": name, "condition": "single", "set": name, "view": [name, classes]}
    elif unit.run.folded:
        yield base | {"test": "+".join(sorted(unit.run.train)), "condition": "single", "set": "test"}
    if unit.run.folded:
        for name in experiment.ood_sets(unit):
            config = experiment.recipe.config.ood.sets[name]
            if config.split == "test":
                yield base | {"test": name, "condition": config.condition, "set": name}


def _provenance(experiment: Experiment, request: Request, units: list[Unit], recipe: dict[str, Any]) -> dict[str, Any]:
    runs = {
        run.name: f"{'+'.join(run.train)}, {run.config.protocol.label}"
        + (f", started from {run.config.start_from}" if run.config.start_from else "")
        for run in experiment.runs
    }
    return {
        "title": experiment.recipe.config.title,
        "command": request.command,
        "revision": revision(ROOT),
        "config digest": of_value([recipe, _resolved(experiment)])[:16],
        "environment": versions() | {"machine": f"{platform.system()} {platform.machine()}, {model_name()}"},
        "runs": runs,
        "folds": {run.name: " ".join(map(str, experiment.fold_numbers(run))) for run in experiment.runs},
        "folds apart": folds_apart(experiment),
        "seeds": sorted({unit.seed for unit in units}),
        "nothing random in": undrawn(experiment),
        "fused": fused(experiment),
        "decision values": decision_values(experiment),
        "contaminated": contaminated(experiment),
        "encoders": encoders(experiment),
        "merged": merged(units),
        "computed": computed(units),
        "accepted": accepted(experiment, units),
        "training time": _training_time(units),
        "stage times": _stage_times(experiment, request),
        "preliminary": preliminary(experiment),
        "allowed leaks": said(read_json(path)) if (path := leaks_path(experiment)).exists() else {},
    }


def _resolved(experiment: Experiment) -> dict[str, Any]:
    """Systems with all their defaults: a default that changes makes another experiment."""
    systems = experiment.recipe.systems.items()
    return {name: [part.model_dump(mode="json") for part in parts] for name, parts in systems}


def _training_time(units: list[Unit]) -> str:
    """From the ends of the training logs."""
    seconds = []
    for unit in units:
        log = unit.directory / "log" / "train.log"
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        found = re.search(r"# ended \(code 0\) after ([\d.]+) s", text)
        if found and "resumed after epoch" not in text:
            seconds.append(float(found.group(1)))
    if not seconds:
        return "unknown"
    return f"{len(seconds)} models, {sum(seconds) / 60:.1f} minutes in all, {median(seconds):.0f} s each (median)"


def _stage_times(experiment: Experiment, request: Request) -> str:
    """How long each stage worked when it last had something to do."""
    times = stopwatch.read(experiment.folder / stopwatch.FILE)
    shown = [f"{name} {times[name]:.0f} s" for name in (s.name for s in STAGES) if name in times and name != "report"]
    return f"{', '.join(shown)} ({request.nj} jobs at a time)" if shown else "unknown"


def _audio(cuts: list[str]) -> Callable[[str], Any]:
    """A look-up of an utterance's samples and rate; None where its audio is gone."""
    from sernet.corpus.audio import load_audio
    from sernet.corpus.utterances import read_cuts
    from sernet.errors import SernetError

    known = {item.utterance.id: item for path in cuts for item in read_cuts(Path(path))}

    def find(identity: str) -> Any:
        try:
            return load_audio(known[identity]) if identity in known else None
        except SernetError as error:
            print(f"no audio in the report for {error}")
            return None

    return find


if __name__ == "__main__":
    pipeline.main(run)

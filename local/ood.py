"""Stage 5: out-of-distribution scores of every detector, one job a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from local.score import is_made, made_path, score_path, sets
from local.train import digest
from sernet.config.base import validate
from sernet.config.ood import NETWORK_DETECTORS, OodConfig
from sernet.corpus.utterances import read_cuts
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job
from sernet.units import Unit

if TYPE_CHECKING:
    from sernet.data.dataset import Examples


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """All detectors of one model are one job; an ensemble reads the score files of the other seeds, too."""
    units = [unit for unit in experiment.units() if experiment.ood_sets(unit)]
    seeds: dict[tuple[str, str, object], list[Unit]] = defaultdict(list)
    for unit in units:
        seeds[unit.run.name, unit.system, unit.fold].append(unit)
    yield [_job(experiment, request, unit, seeds[unit.run.name, unit.system, unit.fold]) for unit in units]


def run(job: Job) -> None:
    """Run all detectors on one model's score files."""
    import torch

    from sernet.data.load import load_examples
    from sernet.ood.store import load_set
    from sernet.ood.suite import run as run_detectors
    from sernet.train.device import choose_device

    config = validate(OodConfig, job.config["ood"], job.name)

    def material(features: dict[str, str], made: dict[str, str]) -> dict[str, Examples]:
        folders = {corpus: Path(folder) for corpus, folder in features.items()}
        known = {item.utterance.id: item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")}
        found = {
            name: load_examples(folders, [known[identity] for identity in ids])
            for name, ids in job.arguments["utterances"].items()
        }
        return found | {name: load_set(Path(path)) for name, path in made.items()}

    examples = material(job.arguments["features"], job.arguments["made"])
    heard = material(job.arguments["heard"], job.arguments["heard made"]) if job.arguments["heard"] else examples
    torch.set_num_threads(1)  # whatever the shell says: a result must not hang on it
    network = set(config.detectors) & set(NETWORK_DETECTORS)
    device = choose_device(job.arguments["device"]) if network else "cpu"
    siblings = [Path(path) for path in job.arguments["siblings"]]
    directory = job.stamp.parent.parent
    run_detectors(
        config.detectors, directory, job.config["sets"], examples, config, job.config["dev"], siblings, device, heard
    )


def announce(experiment: Experiment) -> list[str]:
    """Sets that are skipped because their corpus, or their part of it, is absent; systems that hear no such set."""
    sets = experiment.recipe.config.ood.sets
    wanted = {name for run in experiment.runs for name in run.config.ood}
    absent = [name for name in sorted(wanted) if not experiment.has_utterances(name)]
    named = {s for run in experiment.runs if run.config.ood for s in experiment.recipe.config.systems_of(run.config)}
    systems = experiment.recipe.config.systems
    encoders = experiment.recipe.config.front_ends
    silent = [
        name
        for name in sorted(named)
        if any(
            linear.features not in encoders
            for part in systems[name].fuse or [name]
            if (linear := systems[part].linear) is not None
        )
    ]
    return [
        *(f"{name}: skipped, corpus {sets[name].corpus} is not there, or has nothing for it" for name in absent),
        *(f"{name}: hears functionals, which sounds do not have; not scored out of distribution" for name in silent),
    ]


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def _job(experiment: Experiment, request: Request, unit: Unit, seeds: Sequence[Unit]) -> Job:
    ood_sets = experiment.ood_sets(unit)
    there = {n: experiment.utterances(unit, n) for n in sets(experiment, unit) if n not in ood_sets}
    there |= {n: experiment.utterances(unit, n) for n in ood_sets if not is_made(experiment, n)}
    config = experiment.detection(unit)
    heard = [name for name in ood_sets if is_made(experiment, name) and config.sets[name].condition != "corrupted"]
    front_end = experiment.front_end(unit.system)
    made = {name: made_path(experiment, unit, name) for name in heard}
    folder = unit.directory / "ood"
    scores = [score_path(unit, name) for name in sets(experiment, unit)]
    if "ensemble" in config.detectors:
        scores += [score_path(other, name) for other in seeds if other != unit for name in ("test", *ood_sets)]
    network = bool(set(config.detectors) & set(NETWORK_DETECTORS))
    asks = network and front_end is not None
    model = [unit.directory / file for file in ("model.safetensors", "model.json")] if network else []
    corpora = {item.utterance.corpus for items in there.values() for item in items}
    return Job(
        name=f"ood {unit.name}",
        script="local.ood",
        stamp=folder / "ood.json",
        config={
            "ood": settings(config, exclude={"sets"}) | {"sets": _described(config, ood_sets)},
            "sets": ood_sets,
            "dev": "dev" in experiment.sets(unit),
            "utterances": {name: digest(items) for name, items in there.items()},
        },
        modules=("sernet.ood.suite", "sernet.ood.store", "sernet.data.load"),
        inputs=(*scores, *made.values(), *model),
        outputs=tuple(folder / detector / f"{name}.npz" for detector, name in config.scored(ood_sets)),
        arguments={
            "features": {corpus: str(experiment.features(corpus)) for corpus in sorted(corpora)},
            "utterances": {name: [item.utterance.id for item in items] for name, items in there.items()},
            "made": {name: str(path) for name, path in made.items()},
            # What the network hears, where that is not the FBanks by which trivial detectors go.
            "heard": {c: str(experiment.features(c, front_end)) for c in sorted(corpora)} if asks else {},
            "heard made": {n: str(made_path(experiment, unit, n, front_end)) for n in heard} if asks else {},
            "siblings": [str(other.directory) for other in seeds],
            "device": request.device,
        },
        light=not network,
        uses_gpu=network and may_use_gpu(request),
    )


def _described(config: OodConfig, names: Sequence[str]) -> dict[str, object]:
    """The sets that settings may hang on, and the corrupted ones, which some detectors leave out."""
    sets = {name: config.sets[name] for name in names}
    return {name: settings(of) for name, of in sets.items() if name in config.tune_on or of.condition == "corrupted"}


if __name__ == "__main__":
    pipeline.main(run)

"""Stage 5: out-of-distribution scores of every detector, one job a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from local.score import is_made, made_path, score_path, sets
from local.train import digest
from sernet.config.base import validate
from sernet.config.ood import OodConfig
from sernet.corpus.utterances import read_cuts
from sernet.experiment import Experiment, Unit
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request
from sernet.pipeline.stamps import Job


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """All detectors of one model are one job."""
    yield [_job(experiment, unit) for unit in experiment.units() if experiment.ood_sets(unit)]


def run(job: Job) -> None:
    """Run all detectors on one model's score files."""
    from sernet.data.load import load_examples
    from sernet.ood.store import load_set
    from sernet.ood.suite import run as run_detectors

    config = validate(OodConfig, job.config["ood"], job.name)
    folders = {corpus: Path(folder) for corpus, folder in job.arguments["features"].items()}
    known = {item.utterance.id: item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")}
    examples = {
        name: load_examples(folders, [known[identity] for identity in ids])
        for name, ids in job.arguments["utterances"].items()
    }
    examples |= {name: load_set(Path(path)) for name, path in job.arguments["made"].items()}
    directory = job.stamp.parent.parent
    run_detectors(list(config.detectors), directory, job.config["sets"], examples, config, job.config["dev"])


def announce(experiment: Experiment) -> list[str]:
    """Sets that are skipped because their corpus is not there."""
    sets = experiment.recipe.config.ood.sets
    wanted = {name for run in experiment.runs for name in run.config.ood}
    absent = [name for name in sorted(wanted) if (corpus := sets[name].corpus) and corpus not in experiment.present]
    return [f"{name}: skipped, corpus {sets[name].corpus} is not there" for name in absent]


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def _job(experiment: Experiment, unit: Unit) -> Job:
    ood_sets = experiment.ood_sets(unit)
    there = {n: experiment.utterances(unit, n) for n in sets(experiment, unit) if n not in ood_sets}
    there |= {n: experiment.utterances(unit, n) for n in ood_sets if not is_made(experiment, n)}
    made = {name: made_path(experiment, unit, name) for name in ood_sets if is_made(experiment, name)}
    config = experiment.recipe.config.ood
    folder = unit.directory / "ood"
    scores = [score_path(unit, name) for name in sets(experiment, unit)]
    corpora = {item.utterance.corpus for items in there.values() for item in items}
    return Job(
        name=f"ood {unit.name}",
        script="local.ood",
        stamp=folder / "ood.json",
        config={
            "ood": config.model_dump(mode="json", exclude={"sets": True}) | {"sets": _tuned_on(config)},
            "sets": ood_sets,
            "dev": "dev" in experiment.sets(unit),
            "utterances": {name: digest(items) for name, items in there.items()},
        },
        modules=("sernet.ood.suite", "sernet.ood.store", "sernet.data.load"),
        inputs=(*scores, *made.values()),
        outputs=tuple(folder / d / f"{name}.npz" for d in config.detectors for name in ("test", *ood_sets)),
        arguments={
            "features": {corpus: str(experiment.features(corpus)) for corpus in sorted(corpora)},
            "utterances": {name: [item.utterance.id for item in items] for name, items in there.items()},
            "made": {name: str(path) for name, path in made.items()},
        },
        light=True,
    )


def _tuned_on(config: OodConfig) -> dict[str, object]:
    """The one set that the detectors' settings may hang on."""
    if config.tune_on is None:
        return {}
    return {config.tune_on: config.sets[config.tune_on].model_dump(mode="json")}


if __name__ == "__main__":
    pipeline.main(run)

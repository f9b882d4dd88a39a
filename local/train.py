"""Stage 3: one model a (run, system, fold, seed)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.experiment import Experiment, Unit
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.digests import of_value
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.stamps import Job


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job a model."""
    yield [_job(experiment, request, unit) for unit in experiment.units()]


def run(job: Job) -> None:
    """Train one model."""
    from sernet.data.load import load_examples
    from sernet.train.device import choose_device
    from sernet.train.loop import fit

    folders = {corpus: Path(folder) for corpus, folder in job.arguments["features"].items()}
    known = {item.utterance.id: item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")}
    train, dev = ([known[i] for i in job.arguments[part]] for part in ("train", "dev"))
    fit(
        train=load_examples(folders, train),
        dev=load_examples(folders, dev) if dev else None,
        classes=job.config["classes"],
        merge=job.config["merge"],
        corpus_classes=job.config["corpus_classes"],
        model=validate(ModelConfig, job.config["model"], job.name),
        config=validate(TrainConfig, job.config["train"], job.name),
        seed=job.config["seed"],
        directory=job.stamp.parent,
        device=choose_device(job.arguments["device"]),
        identity=job.arguments["identity"],
    )


def announce(experiment: Experiment) -> list[str]:
    """Where the models go."""
    return [f"models and their logs: {experiment.folder}/<run>/<system>/<fold>/<seed>"]


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def digest(items: Sequence[Indexed], attributes: Iterable[str] = ()) -> str:
    """What is read of these utterances: labels, controlled ``attributes`` and features, wherever they lie.

    A corrected transcript must not make a model stale that never saw it.
    """
    names = ("id", "corpus", "speaker", "emotion", "duration", *sorted(attributes))
    return of_value([[*(getattr(item.utterance, name) for name in names), item.features] for item in items])


def _job(experiment: Experiment, request: Request, unit: Unit) -> Job:
    train = experiment.part(unit, "train")
    dev = experiment.part(unit, "dev") if unit.run.config.dev_speakers and unit.run.folded else []
    model, training = experiment.recipe.systems[unit.system]
    config: dict[str, Any] = {
        "model": model.model_dump(mode="json"),
        "train": training.model_dump(mode="json"),
        "classes": unit.run.config.classes,
        "merge": unit.run.config.merge,
        "corpus_classes": _corpus_classes(unit, train),
        "seed": unit.seed,
        "training utterances": digest(train, model.attributes),
        "dev utterances": digest(dev),
    }
    return Job(
        name=f"train {unit.name}",
        script="local.train",
        stamp=unit.directory / "train.json",
        config=config,
        modules=("sernet.train.loop", "sernet.data.load"),
        outputs=tuple(unit.directory / name for name in ("model.safetensors", "model.json", "history.jsonl")),
        arguments={
            "train": [item.utterance.id for item in train],
            "dev": [item.utterance.id for item in dev],
            "features": {corpus: str(experiment.features(corpus)) for corpus in unit.run.train},
            "device": request.device,
        },
        precious=True,
        uses_gpu=may_use_gpu(request),
    )


def _corpus_classes(unit: Unit, train: Sequence[Indexed]) -> dict[str, list[str]] | None:
    """The classes that each corpus has, where several are trained on; the others are masked for its utterances."""
    if len(unit.run.train) == 1:
        return None
    labels = {(item.utterance.corpus, unit.run.label(item.utterance.emotion)) for item in train}
    classes = unit.run.config.classes
    return {corpus: [name for name in classes if (corpus, name) in labels] for corpus in unit.run.train}


if __name__ == "__main__":
    pipeline.main(run)

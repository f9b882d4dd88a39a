"""Stage 3: one model a (run, system, fold, seed)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.functionals import RidgeConfig, SvmConfig
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.digests import of_value
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.reading import read_json
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job
from sernet.units import Unit


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job a model; first those that wait for no other, then networks that start from one of them.

    A fused system has none of its own.
    """
    units = [unit for unit in experiment.units() if not experiment.fuse(unit.system)]
    waiting = [unit for unit in units if experiment.start(unit) and not experiment.linear(unit.system)]
    yield [_job(experiment, request, unit) for unit in units if unit not in waiting]
    if waiting:
        yield [_job(experiment, request, unit) for unit in waiting]


def run(job: Job) -> None:
    """Train one model."""
    if job.config.keys() & {"svm", "ridge"}:
        _fit_linear(job)
        return
    from sernet.data.load import load_examples
    from sernet.train.device import choose_device
    from sernet.train.loop import fit

    folders = {corpus: Path(folder) for corpus, folder in job.arguments["features"].items()}
    known = {item.utterance.id: item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")}
    train, dev = ([known[i] for i in job.arguments[part]] for part in ("train", "dev"))
    model = validate(ModelConfig, job.config["model"], job.name)
    heard = _heard(folders)
    if heard and model.kind == "frames":
        model = model.model_copy(update={"frames": model.frames.model_copy(update={"layers": len(heard["layers"])})})
    fit(
        train=load_examples(folders, train),
        dev=load_examples(folders, dev) if dev else None,
        classes=job.config["classes"],
        merge=job.config["merge"],
        corpus_classes=job.config["corpus_classes"],
        model=model,
        config=validate(TrainConfig, job.config["train"], job.name),
        seed=job.config["seed"],
        directory=job.stamp.parent,
        device=choose_device(job.arguments["device"]),
        identity=job.arguments["identity"],
        start=Path(job.arguments["start"]) if job.arguments["start"] else None,
        frame_shift=heard.get("frame_shift"),
    )


def _heard(folders: dict[str, Path]) -> dict[str, Any]:
    """What stage 2 says of the pre-trained encoder that made the features; nothing where none did."""
    path = next(iter(folders.values())) / "front_end.json"
    found: dict[str, Any] = read_json(path) if path.exists() else {}
    return found


def _fit_linear(job: Job) -> None:
    from sernet.data.load import load_examples
    from sernet.train.linear import fit

    folders = {corpus: Path(folder) for corpus, folder in job.arguments["features"].items()}
    known = {item.utterance.id: item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")}
    train = load_examples(folders, [known[identity] for identity in job.arguments["train"]])
    linear: SvmConfig | RidgeConfig
    if "svm" in job.config:
        linear = validate(SvmConfig, job.config["svm"], job.name)
    else:
        linear = validate(RidgeConfig, job.config["ridge"], job.name)
    fit(
        train,
        job.config["classes"],
        job.config["merge"],
        job.config["corpus_classes"],
        linear,
        job.stamp.parent,
        job.arguments["identity"],
        _heard(folders).get("layers"),
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
    if linear := experiment.linear(unit.system):
        return _linear_job(experiment, unit, linear)
    name = experiment.front_end(unit.system)
    train = experiment.heard(experiment.part(unit, "train"), name)
    dev = experiment.part(unit, "dev") if unit.run.config.dev_speakers and unit.run.folded else []
    dev = experiment.heard(dev, name)
    start = experiment.start(unit)
    model, training = experiment.recipe.settings(unit.run.config, unit.system)
    config: dict[str, Any] = {
        "model": settings(model),
        "train": settings(training),
        "classes": unit.run.config.classes,
        "merge": unit.run.config.merge,
        "corpus_classes": experiment.corpus_classes(unit),
        "seed": unit.seed,
        "training utterances": digest(train, model.attributes),
        "dev utterances": digest(dev),
    }
    return Job(
        name=f"train {unit.name}",
        script="local.train",
        stamp=unit.directory / "train.json",
        config=config,
        modules=("sernet.train.loop", "sernet.data.load", *model.peer),
        inputs=tuple(start.directory / name for name in ("model.safetensors", "model.json")) if start else (),
        outputs=tuple(unit.directory / name for name in ("model.safetensors", "model.json", "history.jsonl")),
        arguments={
            "train": [item.utterance.id for item in train],
            "dev": [item.utterance.id for item in dev],
            "features": {corpus: str(experiment.features(corpus, name)) for corpus in unit.run.train},
            "device": request.device,
            "start": str(start.directory) if start else None,
        },
        precious=True,
        uses_gpu=may_use_gpu(request),
    )


def _linear_job(experiment: Experiment, unit: Unit, linear: SvmConfig | RidgeConfig) -> Job:
    heard = experiment.part(unit, "train")
    if start := experiment.start(unit):
        heard += [item for item in experiment.part(start, "train") if unit.run.label(item.utterance.emotion)]
    train = experiment.heard(heard, linear.features)
    return Job(
        name=f"train {unit.name}",
        script="local.train",
        stamp=unit.directory / "train.json",
        config={
            "svm" if isinstance(linear, SvmConfig) else "ridge": settings(linear),
            "classes": unit.run.config.classes,
            "merge": unit.run.config.merge,
            "corpus_classes": experiment.corpus_classes(unit),
            "training utterances": digest(train),
        },
        modules=("sernet.train.linear", "sernet.data.load"),
        outputs=tuple(unit.directory / name for name in ("model.safetensors", "model.json")),
        arguments={
            "train": [item.utterance.id for item in train],
            "features": {
                corpus: str(experiment.features(corpus, linear.features))
                for corpus in (*unit.run.train, *unit.run.started_on)
            },
        },
        light=True,
    )


if __name__ == "__main__":
    pipeline.main(run)

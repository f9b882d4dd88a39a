"""Stage 4: score files of every model on every test set, and the far sets that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.features import SAID, encoder_values
from local.train import digest
from sernet.config.base import validate
from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.config.ood import OodSetConfig
from sernet.corpus.utterances import read_cuts
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job
from sernet.units import Unit

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.features.front_ends import FrontEnd


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job a far set and fold, one a model and set, then the sums of fused systems and the probes of each model."""
    units = list(experiment.units())
    making = {}
    for unit in units:
        for name in experiment.ood_sets(unit):
            if is_made(experiment, name):
                job = _set_job(experiment, request, unit, name)
                making[job.name] = job
    yield list(making.values())
    fused = [unit for unit in units if experiment.fuse(unit.system)]
    of_their_own = [unit for unit in units if not experiment.fuse(unit.system)]
    yield [_score_job(experiment, request, unit, name) for unit in of_their_own for name in sets(experiment, unit)]
    if fused:
        yield [_fuse_job(experiment, unit, name) for unit in fused for name in sets(experiment, unit)]
    if experiment.recipe.config.probes:
        yield [_probe_job(experiment, unit) for unit in units]


def run(job: Job) -> None:
    """Make one far set, score one set with one model, add such scores, or probe one model's embeddings."""
    if "set" in job.config:
        _make(job)
    elif "fuse" in job.config:
        _fuse(job)
    elif "probes" in job.config:
        _probe(job)
    else:
        _score(job)


def announce(experiment: Experiment) -> list[str]:
    """Nothing before it begins."""
    return []


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def sets(experiment: Experiment, unit: Unit) -> list[str]:
    """All score sets of a unit."""
    return [*experiment.sets(unit), *experiment.ood_sets(unit)]


def is_made(experiment: Experiment, name: str) -> bool:
    """Whether an out-of-distribution set is made from samples; the others are features that are there."""
    return experiment.recipe.config.ood.sets[name].made


def made_path(experiment: Experiment, unit: Unit, name: str, front_end: str | None = None) -> Path:
    """The ark of a far set: one for all systems of a fold that hear the same ``front_end`` (None: FBanks)."""
    folder = experiment.folder / unit.run.name / "ood_sets" / (front_end or "")
    return folder / f"fold{unit.fold}" / f"{name}.ark"


def score_path(unit: Unit, name: str) -> Path:
    """scores/<set>.npz."""
    return unit.directory / "scores" / f"{name}.npz"


def probe_path(unit: Unit, attribute: str, name: str) -> Path:
    """What the probes of a model said of a set."""
    return unit.directory / "probes" / attribute / f"{name}.npz"


def probed_sets(experiment: Experiment, unit: Unit) -> list[str]:
    """The sets whose embeddings are probed: that of training, and where the unit is tested."""
    tests = unit.run.tests or unit.run.joint or ("test",)
    return [name for name in experiment.sets(unit) if name in ("train", *tests)]


def _set_job(experiment: Experiment, request: Request, unit: Unit, name: str) -> Job:
    config = experiment.recipe.config.ood.sets[name]
    front_end = experiment.front_end(unit.system)
    path = made_path(experiment, unit, name, front_end)
    values: dict[str, Any] = {"features": settings(experiment.recipe.config.fbank)}
    arguments: dict[str, Any] = {"name": name}
    if encoder := experiment.encoder(unit.system):
        place, weights = experiment.weights(encoder)
        values |= encoder_values(encoder) | {"weights": weights}
        arguments |= {"place": str(place), "device": request.device, "said": encoder.model_dump(include=SAID)}
    corpora = [*unit.run.train, *([config.corpus] if config.corpus else [])]
    # A set to tune on is made from dev speech: test speakers have no part in tuning.
    wanted = {item.utterance.id for item in experiment.part(unit, config.split)}
    return Job(
        name=f"far set {unit.run.name}/fold{unit.fold}/{name}" + (f" for {front_end}" if front_end else ""),
        script="local.score",
        stamp=path.with_suffix(".json"),
        config={
            "set": settings(config),
            **values,
            "ID utterances": sorted(wanted),
        },
        modules=(
            "sernet.ood.store",
            "sernet.corpus.utterances",
            f"sernet.features.{'encoders.extractor' if encoder else 'fbank'}",
        ),
        inputs=tuple(experiment.data(corpus) / "cuts.jsonl.gz" for corpus in corpora),
        outputs=(path, path.with_suffix(".jsonl")),
        arguments=arguments,
        light=True,
        uses_gpu=encoder is not None and may_use_gpu(request),
    )


def _make(job: Job) -> None:
    from sernet.ood.store import make_set

    config = validate(OodSetConfig, job.config["set"], job.name)
    wanted = set(job.config["ID utterances"])
    everything = [item for path in job.inputs for item in read_cuts(path)]
    inside = [item for item in everything if item.utterance.id in wanted]
    clips = [item for item in everything if item.utterance.corpus == config.corpus and config.keeps(item.utterance)]
    features: FeatureConfig | SpeechEncoderConfig = validate(FeatureConfig, job.config["features"], job.name)
    place, device = None, "cpu"
    if "encoder" in job.config:
        from sernet.train.device import choose_device

        features = validate(SpeechEncoderConfig, job.config["encoder"] | job.arguments["said"], job.name)
        place, device = Path(job.arguments["place"]), choose_device(job.arguments["device"])
    made = _front_end(features, device, place)
    count = make_set(job.arguments["name"], config, inside, clips, made, job.outputs[0])
    print(f"{count} utterances in {job.outputs[0]}")


def _score_job(experiment: Experiment, request: Request, unit: Unit, name: str) -> Job:
    made = name in experiment.recipe.config.ood.sets and is_made(experiment, name)
    items = [] if made else experiment.utterances(unit, name)
    linear = experiment.linear(unit.system)
    front_end = experiment.front_end(unit.system)
    items = experiment.heard(items, front_end)
    code = (
        ("sernet.score.linear",) if linear else ("sernet.score.infer", *experiment.recipe.systems[unit.system][0].peer)
    )
    corpora = sorted({item.utterance.corpus for item in items})
    ark = made_path(experiment, unit, name, front_end)
    model = tuple(unit.directory / file for file in ("model.safetensors", "model.json"))
    arguments: dict[str, Any] = {
        "directory": str(unit.directory),
        "device": request.device,
        "made": made,
        "utterances": [item.utterance.id for item in items],
        "features": {c: str(experiment.features(c, front_end)) for c in corpora},
        "linear": linear is not None,
    }
    return Job(
        name=f"score {unit.name}/{name}",
        script="local.score",
        stamp=score_path(unit, name).with_suffix(".json"),
        config={"utterances": digest(items)},
        modules=(*code, "sernet.score.files", "sernet.data.load"),
        inputs=(*model, *((ark, ark.with_suffix(".jsonl")) if made else ())),
        outputs=(score_path(unit, name),),
        arguments=arguments,
        light=True,
        uses_gpu=linear is None and may_use_gpu(request),
    )


def _fuse_job(experiment: Experiment, unit: Unit, name: str) -> Job:
    members = experiment.members(unit)
    standardise = experiment.recipe.config.systems[unit.system].standardise
    return Job(
        name=f"score {unit.name}/{name}",
        script="local.score",
        stamp=score_path(unit, name).with_suffix(".json"),
        # In the order of the inputs.
        config={"fuse": [(m.system, weight) for m, weight in members]} | ({"standardise": True} if standardise else {}),
        modules=("sernet.score.fusion",),
        inputs=tuple(score_path(m, n) for n in ([name, "train"] if standardise else [name]) for m, _ in members),
        outputs=(score_path(unit, name),),
        light=True,
    )


def _fuse(job: Job) -> None:
    from sernet.score.files import ScoreSet
    from sernet.score.fusion import fused, spread

    weights = [weight for _, weight in job.config["fuse"]]
    members, training = job.inputs[: len(weights)], job.inputs[len(weights) :]
    if training:
        weights = [w / spread(ScoreSet.load(path)) for w, path in zip(weights, training, strict=True)]
    scores = fused([ScoreSet.load(path) for path in members], weights)
    scores.save(job.outputs[0])
    print(f"{len(scores)} utterances in {job.outputs[0]}", flush=True)


def _probe_job(experiment: Experiment, unit: Unit) -> Job:
    attributes = experiment.recipe.config.probes
    names = probed_sets(experiment, unit)
    items = {name: experiment.part(unit, name) for name in names}
    corpora = sorted({item.utterance.corpus for some in items.values() for item in some})
    return Job(
        name=f"probes {unit.name}",
        script="local.score",
        stamp=unit.directory / "probes" / "probes.json",
        config={
            "probes": attributes,
            "sets": names,
            "utterances": {n: digest(i, attributes) for n, i in items.items()},
        },
        modules=("sernet.score.probes",),
        inputs=tuple(score_path(unit, name) for name in names),
        outputs=tuple(probe_path(unit, attribute, name) for attribute in attributes for name in names),
        arguments={"features": [str(experiment.features(corpus)) for corpus in corpora]},
        light=True,
    )


@lru_cache(maxsize=1)
def _front_end(features: FeatureConfig | SpeechEncoderConfig, device: str, place: Path | None) -> FrontEnd:
    from sernet.features.front_ends import front_end

    return front_end(features, device, place)


@lru_cache(maxsize=1)
def _model(directory: Path, device: str) -> Any:
    import torch

    from sernet.score.infer import load_model

    torch.set_num_threads(1)  # whatever the shell says: a result must not hang on it
    return load_model(directory, device)


_indexed = lru_cache(maxsize=8)(lambda folder: {i.utterance.id: i for i in read_cuts(Path(folder) / "cuts.jsonl.gz")})


def _score(job: Job) -> None:
    from sernet.data.load import load_examples
    from sernet.ood.store import load_set
    from sernet.score.files import ScoreSet

    directory = Path(job.arguments["directory"])
    if job.arguments["made"]:
        examples = load_set(job.inputs[2])
    else:
        folders = {corpus: Path(folder) for corpus, folder in job.arguments["features"].items()}
        known = {name: item for folder in job.arguments["features"].values() for name, item in _indexed(folder).items()}
        examples = load_examples(folders, [known[name] for name in job.arguments["utterances"]])
    scored = _by_classifier(directory, examples) if job.arguments["linear"] else _by_network(directory, examples, job)
    ScoreSet(**scored).save(job.outputs[0])
    print(f"{len(examples)} utterances in {job.outputs[0]}", flush=True)


def _by_network(directory: Path, examples: Examples, job: Job) -> dict[str, Any]:
    from sernet.score.infer import score
    from sernet.train.device import choose_device

    device = choose_device(job.arguments["device"])
    model, meta = _model(directory, device)
    return score(model, meta, examples, device)


def _by_classifier(directory: Path, examples: Examples) -> dict[str, Any]:
    from sernet.score.linear import score

    return score(directory, examples)


def _probe(job: Job) -> None:
    from sernet.score.files import ScoreSet
    from sernet.score.probes import probe

    known = {name: item.utterance for folder in job.arguments["features"] for name, item in _indexed(folder).items()}
    scores = {name: ScoreSet.load(path) for name, path in zip(job.config["sets"], job.inputs, strict=True)}
    for path in job.outputs:
        attribute, name = path.parent.name, path.stem
        ids = scores["train"].utt_id.tolist() + scores[name].utt_id.tolist()
        values = {identity: value for identity in ids if (value := getattr(known[identity], attribute))}
        said = probe(attribute, scores["train"], scores[name] if name != "train" else None, values)
        said.save(path)
        print(f"{attribute}, {name}: {len(said)} utterances read" + (f"; {said.note}" if said.note else ""), flush=True)


if __name__ == "__main__":
    pipeline.main(run)

"""Stage 2: FBank arks and feats.scp, cuts that carry features; functionals and pre-trained encoders where asked for."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.encoders import ENCODER_BLOCK, SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.config.functionals import HOW_TO_GET, FunctionalsConfig
from sernet.corpus.utterances import read_cuts
from sernet.errors import SernetError
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job

Settings = FeatureConfig | FunctionalsConfig | SpeechEncoderConfig
KINDS: dict[str, type[Settings]] = {
    "features": FeatureConfig,
    "functionals": FunctionalsConfig,
    "encoder": SpeechEncoderConfig,
}
SAID = {"model", "licence", "trained_on", "contaminated", "download"}
"""Of an encoder's configuration: where its files lie and what is said of them, which changes no number."""
HOURS = 2.0
"""Of speech, for which a process that computes FBanks takes about as long as for its start: no more are started."""
OUTPUTS = ("feats.ark", "feats.scp", "utt2num_frames", "utt2spk", "cuts.jsonl.gz")


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """The splits of each corpus whose features are stale, then their merging."""
    merging = [
        _merge_job(experiment, request, name, config)
        for name in experiment.corpora
        for config in _settings(experiment, name)
    ]
    stale = [job for job in merging if reason(job)]
    if any("functionals" in job.config for job in stale) and not find_spec("opensmile"):
        raise SernetError(HOW_TO_GET)
    split = {job.name: _split_jobs(request, job) for job in stale}
    yield [job for jobs in split.values() for job in jobs]
    yield [_merging(job, split[job.name]) if job.name in split else job for job in merging]


def run(job: Job) -> None:
    """Extract one split, or merge those of one corpus."""
    from sernet.corpus.kaldi_dir import complete
    from sernet.features.extraction import extract_split, merge

    (kind,) = job.config.keys() & KINDS.keys()
    config: Settings = validate(KINDS[kind], job.config[kind] | job.arguments.get("said", {}), job.name)
    if "first" in job.config:
        from sernet.features.front_ends import front_end

        place = Path(job.arguments["place"]) if job.arguments.get("place") else None
        made = front_end(config, _device(job) if kind == "encoder" else "cpu", place)
        first, last = job.config["first"], job.config["last"]
        extract_split(job.inputs[0], first, last, made, Path(job.arguments["out"]), job.arguments["identity"])
        return
    splits = [Path(split) for split in job.arguments["splits"]]
    folder = job.outputs[0].parent
    merge(job.inputs[0], splits, config, folder)
    complete(job.inputs[0].parent, folder)
    for split in folder.glob("split*"):
        shutil.rmtree(split)


def _device(job: Job) -> str:
    from sernet.train.device import choose_device

    return choose_device(job.arguments["device"])


def announce(experiment: Experiment) -> list[str]:
    """Which pre-trained encoders are heard, under which licence, and how much disk their features take at most."""
    lines = []
    for name in sorted({name for corpus in experiment.corpora for name in experiment.front_ends(corpus)}):
        if config := experiment.recipe.config.front_ends.get(name):
            about = config.about
            lines.append(f"{name}: {about.title}, licence {about.licence}; trained on {about.trained_on}")
            corpora = [corpus for corpus in experiment.corpora if name in experiment.front_ends(corpus)]
            for corpus, why in about.contaminated.items():
                if corpus in corpora:
                    lines.append(f"  CONTAMINATED: {corpus}: {why}; its figures are no test")
            lines.append(f"  about {_disk(experiment, config, corpora)} of disk for {', '.join(corpora)}")
    return lines


def _disk(experiment: Experiment, config: SpeechEncoderConfig, corpora: list[str]) -> str:
    from sernet.features.encoders.folder import shape

    layers, dimensions, rate = shape(config)
    items = [item.utterance for corpus in corpora for item in read_cuts(experiment.data(corpus) / "cuts.jsonl.gz")]
    frames = 2 * len(items) if config.keep == "statistics" else rate * sum(item.duration for item in items)
    size = frames * layers * dimensions * (4 if config.stored == "float32" else 2)
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def encoder_values(config: SpeechEncoderConfig) -> dict[str, Any]:
    """What a job that runs an encoder reads of its configuration."""
    return {"encoder": settings(config, exclude=SAID)}


def _settings(experiment: Experiment, name: str) -> list[Settings]:
    """The FBanks of a corpus, and what else its systems hear."""
    config = experiment.recipe.config
    found: list[Settings] = [config.fbank]
    for wanted in experiment.front_ends(name):
        if wanted in config.front_ends:
            found.append(config.front_ends[wanted])
        else:
            values = {"features": wanted, "sample_rate": config.fbank.sample_rate}
            found.append(validate(FunctionalsConfig, values, f"functionals of {name}"))
    return found


def _merge_job(experiment: Experiment, request: Request, name: str, config: Settings) -> Job:
    from sernet.features.front_ends import module

    folder = experiment.features(name, config.name)
    (kind,) = (kind for kind, of in KINDS.items() if isinstance(config, of))
    arguments: dict[str, Any] = {"device": request.device}
    values: dict[str, Any] = {kind: settings(config)}
    if isinstance(config, SpeechEncoderConfig):
        place, weights = experiment.weights(config)
        arguments["place"] = str(place)
        values, arguments["said"] = encoder_values(config) | {"weights": weights}, config.model_dump(include=SAID)
    return Job(
        name=f"features {name}" if isinstance(config, FeatureConfig) else f"{config.name} of {name}",
        script="local.features",
        stamp=folder / "features.json",
        config=values,
        modules=("sernet.features.extraction", module(config)),
        inputs=(experiment.data(name) / "cuts.jsonl.gz",),
        outputs=tuple(folder / file for file in (*OUTPUTS, *(["front_end.json"] if kind == "encoder" else []))),
        arguments=arguments,
        light=True,
    )


def _merging(job: Job, splits: Sequence[Job]) -> Job:
    return replace(job, arguments=job.arguments | {"splits": [split.arguments["out"] for split in splits]})


def _split_jobs(request: Request, merging: Job) -> list[Job]:
    items = read_cuts(merging.inputs[0])
    total, number = len(items), request.nj
    if "features" in merging.config:
        hours = sum(item.utterance.duration for item in items) / 3600
        number = min(number, math.ceil(hours / HOURS) or 1)
    splits = [merging.stamp.parent / f"split{number}" / str(index + 1) for index in range(number)]
    block = ENCODER_BLOCK if "encoder" in merging.config else 1  # what is encoded together is in one split
    edges = [min(round(total * n / len(splits) / block) * block, total) for n in range(len(splits))] + [total]
    return [
        Job(
            name=f"{merging.name}, split {number + 1} of {len(splits)}",
            script="local.features",
            stamp=split.with_suffix(".json"),
            config=merging.config | {"first": edges[number], "last": edges[number + 1]},
            modules=merging.modules,
            inputs=merging.inputs,
            outputs=(split.with_suffix(".ark"), split.with_suffix(".jsonl")),
            arguments=merging.arguments | {"out": str(split)},
            light=True,
            uses_gpu="encoder" in merging.config and merging.arguments["device"] != "cpu",
        )
        for number, split in enumerate(splits)
    ]


if __name__ == "__main__":
    pipeline.main(run)

"""Stage 2: FBank arks and feats.scp, cuts that carry features; functionals where a system asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.features import FeatureConfig
from sernet.config.functionals import HOW_TO_GET, FunctionalsConfig
from sernet.corpus.utterances import read_cuts
from sernet.errors import SernetError
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request
from sernet.pipeline.stamps import Job

Settings = FeatureConfig | FunctionalsConfig
OUTPUTS = ("feats.ark", "feats.scp", "utt2num_frames", "utt2spk", "cuts.jsonl.gz")


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """The splits of each corpus whose features are stale, then their merging."""
    merging = [
        _merge_job(experiment, request, name, config)
        for name in experiment.corpora
        for config in _settings(experiment, name)
    ]
    if any("functionals" in job.config and reason(job) for job in merging) and not find_spec("opensmile"):
        raise SernetError(HOW_TO_GET)
    yield [split for job in merging if reason(job) for split in _split_jobs(experiment, job)]
    yield merging


def run(job: Job) -> None:
    """Extract one split, or merge those of one corpus."""
    from sernet.corpus.kaldi_dir import complete
    from sernet.features.extraction import extract_split, merge

    config: Settings
    extract: Callable[..., Any]
    if "functionals" in job.config:
        from sernet.features import functionals

        config, extract = validate(FunctionalsConfig, job.config["functionals"], job.name), functionals.extract_cut
    else:
        from sernet.features import fbank

        config, extract = validate(FeatureConfig, job.config["features"], job.name), fbank.extract_cut
    if "first" in job.config:
        out = Path(job.arguments["out"])
        identity = job.arguments["identity"]
        extract_split(job.inputs[0], job.config["first"], job.config["last"], config, out, identity, extract)
        return
    splits = [Path(split) for split in job.arguments["splits"]]
    folder = job.outputs[0].parent
    merge(job.inputs[0], splits, config, folder)
    complete(job.inputs[0].parent, folder)
    for split in folder.glob("split*"):
        shutil.rmtree(split)


def announce(experiment: Experiment) -> list[str]:
    """Nothing before it begins."""
    return []


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


def _settings(experiment: Experiment, name: str) -> list[Settings]:
    """The FBanks of a corpus, and the functionals that its systems ask for."""
    fbank = experiment.recipe.config.features
    wanted = [{"features": features, "sample_rate": fbank.sample_rate} for features in experiment.functionals(name)]
    return [fbank, *(validate(FunctionalsConfig, config, f"functionals of {name}") for config in wanted)]


def _merge_job(experiment: Experiment, request: Request, name: str, config: FeatureConfig | FunctionalsConfig) -> Job:
    folder = experiment.features(name, config.name)
    splits = [str(folder / f"split{request.nj}" / str(number + 1)) for number in range(request.nj)]
    is_fbank = isinstance(config, FeatureConfig)
    return Job(
        name=f"features {name}" if is_fbank else f"{config.name} of {name}",
        script="local.features",
        stamp=folder / "features.json",
        config={"features" if is_fbank else "functionals": config.model_dump(mode="json")},
        modules=("sernet.features.extraction", *(() if is_fbank else ("sernet.features.functionals",))),
        inputs=(experiment.data(name) / "cuts.jsonl.gz",),
        outputs=tuple(folder / file for file in OUTPUTS),
        arguments={"splits": splits},
        light=True,
    )


def _split_jobs(experiment: Experiment, merging: Job) -> list[Job]:
    total = len(read_cuts(merging.inputs[0]))
    splits = [Path(split) for split in merging.arguments["splits"]]
    edges = [round(total * number / len(splits)) for number in range(len(splits) + 1)]
    return [
        Job(
            name=f"{merging.name}, split {number + 1} of {len(splits)}",
            script="local.features",
            stamp=split.with_suffix(".json"),
            config=merging.config | {"first": edges[number], "last": edges[number + 1]},
            modules=merging.modules,
            inputs=merging.inputs,
            outputs=(split.with_suffix(".ark"), split.with_suffix(".jsonl")),
            arguments={"out": str(split)},
            light=True,
        )
        for number, split in enumerate(splits)
    ]


if __name__ == "__main__":
    pipeline.main(run)

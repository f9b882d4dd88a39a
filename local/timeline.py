"""Stage 6: emotion over time, for recipes that ask for it: recordings, windows, settings, segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sernet.config.base import validate
from sernet.config.features import FeatureConfig
from sernet.config.timeline import TimelineConfig, TuneConfig
from sernet.corpus.utterances import read_cuts
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.digests import of_value
from sernet.pipeline.files import write_json
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.reading import read_json
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job
from sernet.timeline import models
from sernet.timeline.models import segments_path, set_path
from sernet.timeline.models import tested as units
from sernet.units import Unit

DECODING = ("sernet.timeline.annotate", "sernet.timeline.store", "sernet.ood.over_time")

__all__ = ["segments_path", "units"]


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """Joined recordings by fold, windows by model, the settings on dev speakers, segments by model."""
    if experiment.recipe.config.timeline is None:
        yield []
        return
    trained, tested, tuned_on = models.fine_tuned(experiment), units(experiment), models.tuned_on(experiment)
    parts = [(unit, "dev") for unit in tuned_on] + [(unit, "test") for unit in tested]
    if experiment.recipe.config.timeline.reject.detector:
        parts += [(unit, "train") for unit in [*tuned_on, *tested]]  # what scores of known speech are like
    sets = [_set_job(experiment, unit, part) for unit, part in [*parts, *((unit, "train") for unit in trained)]]
    yield list({job.name: job for job in sets}.values())
    yield [_sequence_job(experiment, unit) for unit in trained]
    yield [_windows_job(experiment, request, unit, part) for unit, part in parts]
    yield [_tune_job(experiment, unit) for unit in tuned_on]
    yield [_segments_job(experiment, unit, tuned_on) for unit in tested]


def run(job: Job) -> None:
    """Do one job of any of the kinds."""
    kinds = {"set": _make, "sequence": _fine_tune, "windows": _look, "tune": _tune, "segments": _segment}
    kinds[job.arguments["kind"]](job)


def announce(experiment: Experiment) -> list[str]:
    """The decoder and why, or that nothing is to be done."""
    config = experiment.recipe.config.timeline
    if config is None:
        return ["this recipe does not ask for it"]
    from sernet.timeline.decode import choose

    decoder = choose(config.decoder)
    return [f"decoder: {decoder.name} ({decoder.why})"]


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say: the report has the figures."""
    return []


def _config(experiment: Experiment, *names: str) -> dict[str, Any]:
    """The parts of the recipe's `timeline` that a job reads."""
    assert experiment.recipe.config.timeline is not None
    return settings(experiment.recipe.config.timeline, include=set(names))


def _set_job(experiment: Experiment, unit: Unit, part: str) -> Job:
    path = set_path(experiment, unit, part)
    plans = models.plans(experiment, unit, part)
    wanted = [[p.id, p.speaker, p.pattern, [list(piece) for piece in p.pieces]] for p in plans]
    return Job(
        name=f"recordings {unit.run.name}/fold{unit.fold}/{part}",
        script="local.timeline",
        stamp=path.with_suffix(".json"),
        config={
            "features": settings(experiment.recipe.config.fbank),
            "recordings": of_value(wanted),
        },
        modules=("sernet.timeline.store", "sernet.corpus.utterances"),
        inputs=tuple(experiment.data(corpus) / "cuts.jsonl.gz" for corpus in unit.run.train),
        outputs=(path, path.with_suffix(".jsonl")),
        arguments={"kind": "set", "plans": wanted},
        light=True,
    )


def _make(job: Job) -> None:
    from sernet.timeline.made import Plan
    from sernet.timeline.store import make

    items = {item.utterance.id: item for path in job.inputs for item in read_cuts(path)}
    plans = [
        Plan(identity, speaker, pattern, tuple((piece[0], piece[1]) for piece in pieces))
        for identity, speaker, pattern, pieces in job.arguments["plans"]
    ]
    features = validate(FeatureConfig, job.config["features"], job.name)
    print(f"{make(plans, items, features, job.outputs[0])} recordings in {job.outputs[0]}")


def _sequence_job(experiment: Experiment, unit: Unit) -> Job:
    ark, out = set_path(experiment, unit, "train"), models.sequence_folder(unit)
    kept = ("classes", "quiet", "merge", "window_seconds", "normalise", "sequence")
    return Job(
        name=f"sequence {unit.name}",
        script="local.timeline",
        stamp=out / "train.json",
        config={"timeline": _config(experiment, *kept)},
        modules=("sernet.train.sequence",),
        inputs=(unit.directory / "model.safetensors", unit.directory / "model.json", ark, ark.with_suffix(".jsonl")),
        outputs=(out / "model.safetensors", out / "model.json"),
        arguments={"kind": "sequence", **_config(experiment, "runs")},
    )


def _fine_tune(job: Job) -> None:
    from sernet.train.sequence import here_or_by_k2

    here_or_by_k2(
        {
            "directory": str(job.inputs[0].parent),
            "ark": str(job.inputs[2]),
            "out": str(job.outputs[0].parent),
            "identity": job.arguments["identity"],
            "timeline": job.config["timeline"] | {"runs": job.arguments["runs"]},
        }
    )


def _windows_job(experiment: Experiment, request: Request, unit: Unit, part: str) -> Job:
    path = unit.directory / "timeline" / f"windows-{part}.npz"
    ark = set_path(experiment, unit, part)
    model = tuple(unit.directory / file for file in ("model.safetensors", "model.json"))
    return Job(
        name=f"windows {unit.name}/{part}",
        script="local.timeline",
        stamp=path.with_suffix(".json"),
        config=_config(experiment, "window_seconds", "hop_seconds", "normalise")
        | {"frame_shift": experiment.recipe.config.fbank.frame_shift},
        modules=("sernet.score.over_time",),
        inputs=(*model, ark, ark.with_suffix(".jsonl")),
        outputs=(path,),
        arguments={"kind": "windows", "directory": str(unit.directory), "device": request.device},
        light=True,
        uses_gpu=may_use_gpu(request),
    )


def _look(job: Job) -> None:
    from sernet.score.over_time import look_at_all
    from sernet.timeline.store import save_windows
    from sernet.train.device import choose_device

    config, device = job.config, choose_device(job.arguments["device"])
    sizes = config["frame_shift"], config["window_seconds"], config["hop_seconds"]
    found = look_at_all(Path(job.arguments["directory"]), job.inputs[2], *sizes, config["normalise"], device)
    save_windows(job.outputs[0], found)
    print(f"{sum(len(item.level) for item in found)} windows of {len(found)} recordings in {job.outputs[0]}")


def _decoding(experiment: Experiment, unit: Unit, part: str, kind: str) -> dict[str, Any]:
    """What the jobs that label windows have in common: fields of `Job`."""
    config = experiment.recipe.config.timeline
    assert config is not None
    detector = config.reject.detector
    folder = unit.directory / "timeline"
    known = (unit.directory / "scores" / "train.npz", folder / "windows-train.npz") if detector else ()
    ark = set_path(experiment, unit, part)
    labels = [unit.run.label(item.utterance.emotion) for item in experiment.part(unit, "train")]
    return {
        "script": "local.timeline",
        "config": {
            "timeline": settings(config, exclude={"decoder", "runs", "tune", "sequence"}),
            "options": experiment.recipe.config.ood.options.get(detector, {}) if detector else {},
            "train": {name: labels.count(name) for name in config.classes},
            "balanced": "class" in experiment.recipe.settings(unit.run.config, models.trained_system(unit))[1].balance,
        },
        "inputs": (
            unit.directory / "model.json",
            folder / f"windows-{part}.npz",
            ark.with_suffix(".jsonl"),
            *known,
        ),
        "arguments": {"kind": kind, "decoder": config.decoder, "runs": config.runs},
        "light": True,
    }


def _setting(job: Job) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Setting, windows, outlier scores and recordings of a job that labels windows."""
    from sernet.timeline.annotate import setting_of
    from sernet.timeline.store import load_windows, read_index

    config = validate(TimelineConfig, job.config["timeline"] | {"runs": job.arguments["runs"]}, job.name)
    windows = load_windows(job.inputs[1])
    known, outliers = None, [None] * len(windows)
    if config.reject.detector:
        from sernet.ood.over_time import outlier_scores
        from sernet.score.files import ScoreSet

        detector, options, train = config.reject.detector, job.config["options"], ScoreSet.load(job.inputs[3])
        outliers = outlier_scores(detector, options, train, windows)  # type: ignore[assignment]
        known = np.concatenate(outlier_scores(detector, options, train, load_windows(job.inputs[4])))
    classes = read_json(job.inputs[0])["classes"]
    setting = setting_of(config, classes, job.config["train"], job.config["balanced"], known)
    return setting, windows, outliers, read_index(job.inputs[2])


def _tune_job(experiment: Experiment, unit: Unit) -> Job:
    common = _decoding(experiment, unit, "dev", "tune")
    folder = unit.directory / "timeline"
    return Job(
        name=f"tune {unit.name}",
        stamp=folder / "tune.json",
        modules=("sernet.timeline.tune", *DECODING),
        outputs=(folder / "tuned.json",),
        **common | {"config": common["config"] | _config(experiment, "tune")},
    )


def _tune(job: Job) -> None:
    from sernet.timeline.tune import tune

    setting, windows, outliers, recordings = _setting(job)
    grid = validate(TuneConfig, job.config["tune"], job.name)
    chosen, tried = tune(windows, [item.reference for item in recordings], outliers, setting, grid)
    speakers = sorted({item.speaker for item in recordings})
    write_json(job.outputs[0], {"chosen": chosen, "tried": tried, "speakers": speakers, "recordings": len(recordings)})
    print(f"chosen on {len(recordings)} recordings of {', '.join(speakers)}: {chosen}")


def _segments_job(experiment: Experiment, unit: Unit, tuned_on: list[Unit]) -> Job:
    common = _decoding(experiment, unit, "test", "segments")
    like = [u for u in tuned_on if (u.system, u.seed) == (unit.system, unit.seed)]
    tuned = tuple(u.directory / "timeline" / "tuned.json" for u in like)
    arguments = common["arguments"] | {"tuned": str(tuned[0]) if tuned else None}
    return Job(
        name=f"segments {unit.name}",
        stamp=segments_path(unit).with_name("timeline.json"),
        modules=("sernet.timeline.account", "sernet.timeline.tune", *DECODING),
        outputs=(segments_path(unit),),
        **common | {"inputs": common["inputs"] + tuned, "arguments": arguments},
    )


def _segment(job: Job) -> None:
    from sernet.timeline.account import account
    from sernet.timeline.decode import choose
    from sernet.timeline.tune import with_settings

    setting, windows, outliers, recordings = _setting(job)
    if tuned := job.arguments["tuned"]:
        setting = replace(setting, config=with_settings(setting.config, read_json(tuned)["chosen"]))
    decoder = choose(job.arguments["decoder"])
    print(f"decoder: {decoder.name} ({decoder.why})")
    write_json(job.outputs[0], account(recordings, windows, setting, decoder, outliers))
    print(f"{len(recordings)} recordings in {job.outputs[0]}")


if __name__ == "__main__":
    pipeline.main(run)

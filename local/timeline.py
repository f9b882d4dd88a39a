"""Stage 6: emotion over time, for recipes that ask for it: recordings, windows, settings, segments."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.features import FeatureConfig
from sernet.config.timeline import TimelineConfig
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.errors import SernetError
from sernet.experiment import Experiment, Unit
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.digests import of_value
from sernet.pipeline.files import read_json, write_json
from sernet.pipeline.options import Request, may_use_gpu
from sernet.pipeline.stamps import Job

SEQUENCE = "-sequence"
"""Behind a system's name: its models, fine-tuned by the sequence objective."""


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """Joined recordings by fold, windows by model, the settings on dev speakers, segments by model."""
    config = experiment.recipe.config.timeline
    if config is None:
        yield []
        return
    trained = [*_of_run(experiment, config.runs), *_tuned_on(experiment, trained=True)] if config.sequence else []
    tested = units(experiment)
    tuned_on = _tuned_on(experiment)
    parts = [(unit, "dev") for unit in tuned_on] + [(unit, "test") for unit in tested]
    sets = {}
    for unit, part in [*parts, *((unit, "train") for unit in trained)]:
        job = _set_job(experiment, unit, part)
        sets[job.name] = job
    yield list(sets.values())
    yield [_sequence_job(experiment, unit) for unit in trained]
    yield [_windows_job(experiment, request, unit, part) for unit, part in parts]
    yield [_tune_job(experiment, unit) for unit in tuned_on]
    yield [_segments_job(experiment, unit) for unit in tested]


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


def units(experiment: Experiment) -> list[Unit]:
    """The models that are measured over time: the trained ones and, where asked for, those fine-tuned to localise."""
    config = experiment.recipe.config.timeline
    return [] if config is None else _with_sequence(experiment, _of_run(experiment, config.runs))


def segments_path(unit: Unit) -> Path:
    """timeline/segments.json of a model: segments and errors of every recording by every method."""
    return unit.directory / "timeline" / "segments.json"


def _of_run(experiment: Experiment, names: list[str]) -> list[Unit]:
    return [unit for unit in experiment.units() if unit.run.name in names]


def _tuned_on(experiment: Experiment, trained: bool = False) -> list[Unit]:
    """The models whose dev speakers the settings are chosen on; ``trained``: without the fine-tuned ones."""
    config = experiment.recipe.config.timeline
    if config is None or config.tune is None:
        return []
    found = [unit for unit in _of_run(experiment, [config.tune.run]) if unit.fold == config.tune.fold]
    return found if trained else _with_sequence(experiment, found)


def _with_sequence(experiment: Experiment, found: list[Unit]) -> list[Unit]:
    """The same and, where asked for, their fine-tuned twins, which are models of a system of their own."""
    config = experiment.recipe.config.timeline
    if config is None or config.sequence is None:
        return found
    return found + [
        replace(unit, system=unit.system + SEQUENCE, directory=unit.directory / "timeline" / "sequence")
        for unit in found
    ]


def _config(experiment: Experiment, *names: str) -> dict[str, Any]:
    """The parts of the recipe's `timeline` that a job reads."""
    assert experiment.recipe.config.timeline is not None
    return experiment.recipe.config.timeline.model_dump(mode="json", include=set(names))


def _set_path(experiment: Experiment, unit: Unit, part: str) -> Path:
    """The ark of a fold's recordings: one for all systems and seeds."""
    return experiment.folder / unit.run.name / "timeline_sets" / f"fold{unit.fold}" / f"{part}.ark"


def _set_job(experiment: Experiment, unit: Unit, part: str) -> Job:
    from sernet.timeline.made import plan

    config = experiment.recipe.config.timeline
    assert config is not None
    clips: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in experiment.part(unit, part):
        label = unit.run.label(item.utterance.emotion)
        if label is not None and label in config.classes and item.utterance.speaker:
            clips[item.utterance.speaker].append((item.utterance.id, label))
    plans = [[p.id, p.speaker, p.pattern, [list(piece) for piece in p.pieces]] for p in plan(clips, config.quiet)]
    path = _set_path(experiment, unit, part)
    return Job(
        name=f"recordings {unit.run.name}/fold{unit.fold}/{part}",
        script="local.timeline",
        stamp=path.with_suffix(".json"),
        config={
            "features": experiment.recipe.config.features.model_dump(mode="json"),
            "recordings": of_value(plans),
        },
        modules=("sernet.timeline.store",),
        inputs=tuple(experiment.data(corpus) / "cuts.jsonl.gz" for corpus in unit.run.train),
        outputs=(path, path.with_suffix(".jsonl")),
        arguments={"kind": "set", "plans": plans},
        light=True,
    )


def _make(job: Job) -> None:
    from sernet.timeline.made import Plan
    from sernet.timeline.store import make

    items: dict[str, Indexed] = {item.utterance.id: item for path in job.inputs for item in read_cuts(path)}
    plans = [
        Plan(identity, speaker, pattern, tuple((piece[0], piece[1]) for piece in pieces))
        for identity, speaker, pattern, pieces in job.arguments["plans"]
    ]
    features = validate(FeatureConfig, job.config["features"], job.name)
    print(f"{make(plans, items, features, job.outputs[0])} recordings in {job.outputs[0]}")


def _sequence_job(experiment: Experiment, unit: Unit) -> Job:
    config = experiment.recipe.config.timeline
    assert config is not None
    ark = _set_path(experiment, unit, "train")
    out = unit.directory / "timeline" / "sequence"
    kept = {"classes", "quiet", "merge", "window_seconds", "normalise", "sequence"}
    return Job(
        name=f"sequence {unit.name}",
        script="local.timeline",
        stamp=out / "train.json",
        config={"timeline": config.model_dump(mode="json", include=kept)},
        modules=("sernet.train.sequence",),
        inputs=(unit.directory / "model.safetensors", unit.directory / "model.json", ark, ark.with_suffix(".jsonl")),
        outputs=(out / "model.safetensors", out / "model.json"),
        arguments={"kind": "sequence", "runs": config.runs},
    )


def _fine_tune(job: Job) -> None:
    """Here or, where the objective is to go through k2 and that is elsewhere, in k2's own environment."""
    from sernet.timeline import decode

    task = {
        "directory": str(job.inputs[0].parent),
        "ark": str(job.inputs[2]),
        "out": str(job.outputs[0].parent),
        "identity": job.arguments["identity"],
        "timeline": job.config["timeline"] | {"runs": job.arguments["runs"]},
    }
    through = decode.choose(job.config["timeline"]["sequence"]["through"])
    print(f"objective through {through.name} ({through.why})", flush=True)
    if through.python is None:
        from sernet.train.sequence import main

        main(task)
        return
    path = job.outputs[0].with_name("task.json")
    write_json(path, task)
    command = [str(through.python), "-m", "sernet.train.sequence", str(path)]
    code = subprocess.run(command, env=decode.k2_environment()).returncode
    path.unlink()
    if code:
        raise SernetError(
            f"fine-tuning through k2 failed; the log above says why: {' '.join(command)} ended with {code}"
        )


def _windows_job(experiment: Experiment, request: Request, unit: Unit, part: str) -> Job:
    path = unit.directory / "timeline" / f"windows-{part}.npz"
    ark = _set_path(experiment, unit, part)
    model = tuple(unit.directory / file for file in ("model.safetensors", "model.json"))
    return Job(
        name=f"windows {unit.name}/{part}",
        script="local.timeline",
        stamp=path.with_suffix(".json"),
        config=_config(experiment, "window_seconds", "hop_seconds", "normalise")
        | {"frame_shift": experiment.recipe.config.features.frame_shift},
        modules=("sernet.timeline.windows", "sernet.timeline.store", "sernet.score.infer"),
        inputs=(*model, ark, ark.with_suffix(".jsonl")),
        outputs=(path,),
        arguments={"kind": "windows", "directory": str(unit.directory), "device": request.device},
        light=True,
        uses_gpu=may_use_gpu(request),
    )


def _look(job: Job) -> None:
    import torch

    from sernet.features import ark
    from sernet.pipeline.progress import track
    from sernet.score.infer import front_end, load_model
    from sernet.timeline.store import read_index, save_windows
    from sernet.timeline.windows import look
    from sernet.train.device import choose_device

    torch.set_num_threads(1)  # whatever the shell says: a result must not hang on it
    device = choose_device(job.arguments["device"])
    model, meta = load_model(Path(job.arguments["directory"]), device)
    path, config, prepare = job.inputs[2], job.config, front_end(meta)
    found = []
    for item in track(read_index(path), description="windows"):
        features = ark.read(path, item.offset)
        seconds, hop = config["window_seconds"], config["hop_seconds"]
        found.append(
            look(
                model,
                prepare,
                features,
                config["frame_shift"],
                seconds,
                hop,
                device,
                item.duration,
                config["normalise"],
            )
        )
    save_windows(job.outputs[0], found)
    print(f"{sum(len(item.level) for item in found)} windows of {len(found)} recordings in {job.outputs[0]}")


def _decoding(experiment: Experiment, unit: Unit, part: str, kind: str) -> dict[str, Any]:
    """What the jobs that label windows have in common: fields of `Job`."""
    config = experiment.recipe.config.timeline
    assert config is not None
    detector = config.reject.detector
    scores = (unit.directory / "scores" / "train.npz",) if detector else ()
    ark = _set_path(experiment, unit, part)
    labels = [unit.run.label(item.utterance.emotion) for item in experiment.part(unit, "train")]
    return {
        "script": "local.timeline",
        "config": {
            "timeline": config.model_dump(mode="json", exclude={"decoder", "runs", "tune", "sequence"}),
            "options": experiment.recipe.config.ood.options.get(detector, {}) if detector else {},
            "train": {name: labels.count(name) for name in config.classes},
            "balanced": "class" in experiment.recipe.systems[unit.system.removesuffix(SEQUENCE)][1].balance,
        },
        "inputs": (
            unit.directory / "model.json",
            unit.directory / "timeline" / f"windows-{part}.npz",
            ark.with_suffix(".jsonl"),
            *scores,
        ),
        "arguments": {"kind": kind, "decoder": config.decoder, "runs": config.runs},
        "light": True,
    }


def _setting(job: Job) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """Setting, windows, outlier scores and recordings of a job that labels windows."""
    from sernet.timeline.annotate import Setting
    from sernet.timeline.store import load_windows, read_index

    raw = job.config["timeline"] | {"runs": job.arguments["runs"]}
    config = validate(TimelineConfig, raw, job.name)
    windows = load_windows(job.inputs[1])
    prior = tuple(count / sum(job.config["train"].values()) for count in job.config["train"].values())
    known, outliers = None, [None] * len(windows)
    if config.reject.detector:
        from sernet.ood.over_time import outlier_scores
        from sernet.score.files import ScoreSet

        train = ScoreSet.load(job.inputs[3])
        known, outliers = outlier_scores(config.reject.detector, job.config["options"], train, windows)  # type: ignore[assignment]
    classes = tuple(read_json(job.inputs[0])["classes"])
    implied = () if job.config["balanced"] else prior
    return Setting(config, classes, prior, implied, known), windows, outliers, read_index(job.inputs[2])


def _tune_job(experiment: Experiment, unit: Unit) -> Job:
    common = _decoding(experiment, unit, "dev", "tune")
    folder = unit.directory / "timeline"
    return Job(
        name=f"tune {unit.name}",
        stamp=folder / "tune.json",
        modules=("sernet.timeline.tune", "sernet.timeline.store", "sernet.ood.over_time"),
        outputs=(folder / "tuned.json",),
        **common | {"config": common["config"] | _config(experiment, "tune")},
    )


def _tune(job: Job) -> None:
    from sernet.config.timeline import TuneConfig
    from sernet.timeline.tune import tune

    setting, windows, outliers, recordings = _setting(job)
    grid = validate(TuneConfig, job.config["tune"], job.name)
    chosen, tried = tune(windows, [item.reference for item in recordings], outliers, setting, grid)
    speakers = sorted({item.speaker for item in recordings})
    write_json(job.outputs[0], {"chosen": chosen, "tried": tried, "speakers": speakers, "recordings": len(recordings)})
    print(f"chosen on {len(recordings)} recordings of {', '.join(speakers)}: {chosen}")


def _segments_job(experiment: Experiment, unit: Unit) -> Job:
    common = _decoding(experiment, unit, "test", "segments")
    like = [u for u in _tuned_on(experiment) if (u.system, u.seed) == (unit.system, unit.seed)]
    tuned = tuple(u.directory / "timeline" / "tuned.json" for u in like)
    arguments = common["arguments"] | {"tuned": str(tuned[0]) if tuned else None}
    return Job(
        name=f"segments {unit.name}",
        stamp=segments_path(unit).with_name("timeline.json"),
        modules=("sernet.timeline.tune", "sernet.timeline.store", "sernet.ood.over_time", "sernet.timeline.decode"),
        outputs=(segments_path(unit),),
        **common | {"inputs": common["inputs"] + tuned, "arguments": arguments},
    )


def _segment(job: Job) -> None:
    from sernet.timeline.annotate import BASELINES, by_baseline, by_hmm
    from sernet.timeline.decode import choose
    from sernet.timeline.eder import compare
    from sernet.timeline.tune import with_settings

    setting, windows, outliers, recordings = _setting(job)
    tuned = job.arguments["tuned"]
    if tuned:
        setting = replace(setting, config=with_settings(setting.config, read_json(tuned)["chosen"]))
    decoder = choose(job.arguments["decoder"])
    print(f"decoder: {decoder.name} ({decoder.why})")
    found = {"hmm": [item.segments for item in by_hmm(windows, setting, decoder, outliers)]}
    found |= {name: by_baseline(name, windows, setting, outliers) for name in BASELINES}
    write_json(
        job.outputs[0],
        {
            "quiet": setting.config.quiet,
            "recordings": [
                {
                    "id": item.id,
                    "speaker": item.speaker,
                    "pattern": item.pattern,
                    "duration": item.duration,
                    "reference": [segment[:3] for segment in item.reference],
                    "segments": {name: segments[number] for name, segments in found.items()},
                    "errors": {
                        name: compare(item.reference, segments[number], item.duration, setting.config.quiet)
                        for name, segments in found.items()
                    },
                }
                for number, item in enumerate(recordings)
            ],
        },
    )
    print(f"{len(recordings)} recordings in {job.outputs[0]}")


if __name__ == "__main__":
    pipeline.main(run)

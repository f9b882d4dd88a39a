"""`sernet timeline`: emotion over time in long recordings, by a trained model directory or a bundle."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sernet.errors import SernetError, UsageError, reason, shown

if TYPE_CHECKING:
    from sernet.config.features import FeatureConfig
    from sernet.config.timeline import TimelineConfig
    from sernet.score.files import ScoreSet
    from sernet.timeline.annotate import Setting
    from sernet.timeline.segments import Segment
    from sernet.timeline.windows import Windows

PIECE = 60.0
"""Seconds whose FBanks are computed at a time: what bounds the memory."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("model", metavar="MODEL", help="a trained model's folder (exp/.../seed<s>), or a bundle")
    add("files", metavar="FILE", nargs="+", help="recordings of any length, format and rate that soundfile reads")
    add(
        "--decoder",
        choices=("auto", "k2", "torch"),
        default="auto",
        help="k2 where it is, else torch: the same results",
    )
    add("--format", choices=("json", "rttm", "textgrid"), default="json", help="of the segments")
    add("--out", metavar="DIR", help="one file a recording in DIR; default: all to standard output")
    add("--plot", metavar="DIR", help="also a picture of each recording, its waveform above its segments")
    add("--reference", metavar="RTTM", help="what the segments should be: also print the mean EDER and its parts")
    add("--n-best", metavar="N", type=int, default=0, help="with json: the N best segmentations, with their scores")
    add("--classes", metavar="A,B,...", help="of the model's classes, those to tell apart; default: all")
    add("--window", metavar="S", type=float, help="seconds that the model sees at a time")
    add("--hop", metavar="S", type=float, help="seconds between windows")
    add("--switch-penalty", metavar="X", type=float, help="taken off at each change of label, in nats")
    add("--minimum", metavar="S", type=float, help="shortest segment in seconds")
    add("--normalise", choices=("train", "recording"), help="whose mean is taken off (default: recording)")
    add("--below-db", metavar="X", type=float, help="this far under the speech level a stretch is as likely no speech")
    add(
        "--detector",
        metavar="NAME",
        help="an outlier detector whose score rejects windows, too (a folder of an "
        "experiment whose timeline.reject.detector names one)",
    )
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")


def run(options: argparse.Namespace) -> int:
    """Segment every recording; one that cannot be read is said, and the others are done all the same."""
    from sernet.pipeline.progress import track
    from sernet.timeline import formats
    from sernet.timeline.decode import choose
    from sernet.timeline.eder import Errors, compare
    from sernet.train.device import choose_device

    if options.minimum is not None and options.minimum < 0:
        raise UsageError("--minimum: seconds, 0 or more")
    if options.n_best < 0 or (options.n_best and options.format != "json"):
        raise UsageError("--n-best is a number of segmentations, and goes with --format json")
    names = [Path(file).stem for file in options.files]
    if (options.out or options.plot or options.reference) and len(set(names)) < len(names):
        raise UsageError("--out, --plot and --reference tell recordings by their names, and two have the same one")
    model = _load(Path(options.model), choose_device(options.device))
    config = _config(options, model.classes)
    known = _known(model, options.detector) if options.detector else None
    decoder = choose(options.decoder)
    print(f"decoder: {decoder.name} ({decoder.why})", file=sys.stderr)
    references = formats.read_rttm(Path(options.reference)) if options.reference else None
    failures, errors = 0, []
    for file in track(options.files, description="timeline"):
        try:
            done = _one(Path(file), options, model, config, decoder, known)
            if references is not None:
                wanted = _reference(references, Path(file))
                errors.append(compare(wanted, done.segments, done.duration, config.quiet))
        except Exception as error:  # whatever one recording raises, the others are done
            failures += 1
            print(f"{shown(file)}: {reason(error)}", file=sys.stderr)
        else:
            _write(Path(file), options, done)
    if errors:
        parts = {name: [getattr(e, name) / e.duration for e in errors] for name in Errors._fields[:4]}
        told = ", ".join(f"{name.replace('_', ' ')} {np.mean(values):.3f}" for name, values in parts.items())
        print(f"EDER {np.mean([e.eder for e in errors]):.3f} ({told}), {len(errors)} recordings", file=sys.stderr)
    if failures:
        print(f"{failures} of {len(options.files)} recordings could not be done", file=sys.stderr)
    return 1 if failures else 0


@dataclass
class _Done:
    """What was found in a recording, as it is to be written; ``picture``: what `formats.draw` draws."""

    text: str
    segments: list[Segment]
    duration: float
    picture: tuple[Any, Any, Any, Any, Any] | None
    hop: float


@dataclass
class _Model:
    """A network with what is needed to use it.

    Args:
        counts: training utterances of each class; empty: not known.
        balanced: whether classes counted alike in training.
        train: its score file of the training speech, where there is one.
    """

    network: Any
    front_end: Any
    features: Any
    classes: list[str]
    counts: dict[str, int]
    balanced: bool
    train: Path | None
    device: str


@dataclass
class _Known:
    """A detector, the scores it was fitted on, and its scores of windows of the training speech, ``(windows,)``."""

    detector: str
    train: ScoreSet
    usual: np.ndarray

    def score(self, recordings: Sequence[Windows]) -> list[np.ndarray]:
        """The outlier score of each window."""
        from sernet.ood.over_time import outlier_scores

        return outlier_scores(self.detector, {}, self.train, recordings)


def _known(model: _Model, detector: str) -> _Known:
    from sernet.score.files import ScoreSet
    from sernet.timeline.store import load_windows

    windows = model.train.parents[1] / "timeline" / "windows-train.npz" if model.train else None
    if model.train is None or windows is None or not windows.exists():
        raise UsageError(
            "--detector needs a trained model's folder with the scores of windows of its training speech, which tell "
            "what is usual: stage timeline of a recipe whose timeline.reject.detector names a detector"
        )
    known = _Known(detector, ScoreSet.load(model.train), np.empty(0))
    known.usual = np.concatenate(known.score(load_windows(windows)))
    return known


def _load(folder: Path, device: str) -> _Model:
    if (folder / "bundle.json").exists():
        return _of_bundle(folder, device)
    if not (folder / "model.json").exists():
        raise UsageError(f"{folder} is neither a trained model (model.json) nor a bundle (bundle.json)")
    from sernet.score.files import ScoreSet
    from sernet.score.infer import front_end, load_model

    network, meta = load_model(folder, device)
    if meta["model"]["kind"] == "frames":
        raise SernetError(f"{folder}: the network hears a pre-trained encoder's frames; a timeline is made of FBanks")
    train = folder / "scores" / "train.npz"
    classes, counts = list(meta["classes"]), {}
    if train.exists():
        labels = ScoreSet.load(train).label.tolist()
        counts = {name: labels.count(number) for number, name in enumerate(classes)}
    features = _features_of(folder, meta)
    balanced = "class" in meta["train"]["balance"]
    known = train if train.exists() else None
    return _Model(network, front_end(meta), features, classes, counts, balanced, known, device)


def _features_of(folder: Path, meta: Mapping[str, Any]) -> FeatureConfig:
    """The features that the model in ``folder`` was trained on: its experiment's or, where that is not told, ours."""
    from sernet.config.base import validate
    from sernet.config.features import FeatureConfig
    from sernet.config.yaml_reading import read_yaml

    own = {name: meta[name] for name in ("bins", "frame_shift")}
    for parent in folder.resolve().parents[:6]:  # exp/<recipe>/<run>/<system>/<fold>/<seed>/timeline/sequence
        path = parent / "config.yaml"
        if (parent / "stages.json").exists() and path.exists():
            return validate(FeatureConfig, read_yaml(path)["features"] | own, str(path))
    print(f"features: no experiment's config.yaml above {folder}; those of the defaults are taken", file=sys.stderr)
    return FeatureConfig(**own)


def _of_bundle(folder: Path, device: str) -> _Model:
    from sernet.bundle.engine import recogniser
    from sernet.bundle.format import read
    from sernet.data.dataset import FrontEnd
    from sernet.model.sernet import to_device

    bundle = read(folder)
    contents, statistics = bundle.contents, bundle.statistics
    network = recogniser(bundle).network
    normalise = FrontEnd(contents.front_end.normalise, None, statistics["front_end/mean"], statistics["front_end/std"])
    return _Model(
        to_device(network, device).eval(), normalise, contents.features, list(contents.classes), {}, True, None, device
    )


def _config(options: argparse.Namespace, classes: list[str]) -> TimelineConfig:
    from sernet.config.base import validate
    from sernet.config.timeline import TimelineConfig

    chosen = options.classes.split(",") if options.classes else classes
    if strangers := [name for name in chosen if name not in classes]:
        raise UsageError(f"--classes: the model does not know {', '.join(strangers)}; it knows {', '.join(classes)}")
    quiet = [name for name in ("neutral", "calm") if name in chosen] or chosen[:1]
    raw: dict[str, Any] = {"runs": ["command"], "classes": chosen, "quiet": quiet, "hmm": {}, "reject": {}}
    for place, key, value in (
        (raw, "window_seconds", options.window),
        (raw, "hop_seconds", options.hop),
        (raw, "normalise", options.normalise),
        (raw["hmm"], "switch_penalty", options.switch_penalty),
        (raw["hmm"], "minimum_seconds", options.minimum),
        (raw["reject"], "below_db", options.below_db),
        (raw["reject"], "detector", options.detector),
    ):
        if value is not None:
            place[key] = value
    return validate(TimelineConfig, raw, "options")


def _setting(model: _Model, config: TimelineConfig, known: np.ndarray | None) -> Setting:
    from sernet.timeline.annotate import setting_of

    counts = {name: model.counts.get(name, 0) for name in config.classes}
    if min(counts.values()) == 0:  # not known: all alike
        counts = dict.fromkeys(config.classes, 1)
    return setting_of(config, model.classes, counts, model.balanced, known)


def _one(
    file: Path, options: argparse.Namespace, model: _Model, config: TimelineConfig, decoder: Any, known: _Known | None
) -> _Done:
    """What is found in one recording."""
    from sernet.timeline import formats
    from sernet.timeline.annotate import by_hmm
    from sernet.timeline.windows import look

    samples, rate = _read(file)
    features = _features(samples, rate, model)
    duration, shift = len(samples) / rate, model.features.frame_shift
    windows = look(
        model.network,
        model.front_end,
        features,
        shift,
        config.window_seconds,
        config.hop_seconds,
        model.device,
        duration,
        config.normalise,
    )
    setting = _setting(model, config, known.usual if known else None)
    outlier = known.score([windows])[0] if known else None
    (found,) = by_hmm([windows], setting, decoder, [outlier], options.n_best)
    if options.format == "rttm":
        text = formats.rttm(shown(file.stem), found.segments)
    elif options.format == "textgrid":
        text = formats.textgrid(found.segments, duration)
    else:
        text = formats.as_json(str(file), found.segments, duration, found.alternatives)
    # Names that are not UTF-8 become escapes of JSON, as in predictions.
    text = text.encode("utf-8", "backslashreplace").decode()
    picture = (samples, rate, found.segments, setting.labels, found.decoded.posterior) if options.plot else None
    return _Done(text, list(found.segments), duration, picture, config.hop_seconds)


def _write(file: Path, options: argparse.Namespace, done: _Done) -> None:
    """Put what was found where the user wants it."""
    from sernet.pipeline.files import write_text
    from sernet.timeline import formats

    if options.out:
        ending = {"rttm": "rttm", "textgrid": "TextGrid", "json": "json"}[options.format]
        write_text(Path(options.out) / f"{file.stem}.{ending}", done.text)
    else:
        sys.stdout.write(done.text)
        sys.stdout.flush()
    if done.picture:
        formats.draw(Path(options.plot) / f"{file.stem}.png", shown(file.name), *done.picture, done.hop)


def _reference(references: Mapping[str, list[Segment]], file: Path) -> list[Segment]:
    from sernet.timeline.formats import rttm_name

    name = rttm_name(shown(file.stem))
    if name not in references:
        raise SernetError("the file of --reference does not name it")
    return references[name]


def _read(file: Path) -> tuple[np.ndarray, int]:
    """The mean of a recording's channels, and its rate."""
    from sernet.bundle.audio import pieces

    notes: list[str] = []
    read = list(pieces(str(file), notes=notes))
    for note in notes:
        print(f"{shown(str(file))}: {note}", file=sys.stderr)
    return np.concatenate([samples for samples, _ in read]), read[0][1]


def _features(samples: np.ndarray, rate: int, model: _Model) -> np.ndarray:
    """FBanks of the whole recording, computed piece by piece."""
    from sernet.audio.resample import resample
    from sernet.features.fbank import extract

    wanted = model.features.sample_rate
    samples = resample(samples, rate, wanted)
    shift = round(model.features.frame_shift * wanted)
    size = round(PIECE / model.features.frame_shift) * shift
    pieces = [samples[at : at + size] for at in range(0, len(samples), size)]
    if len(pieces) > 1 and len(pieces[-1]) < 10 * shift:  # too little for frames of its own
        pieces[-2:] = [np.concatenate(pieces[-2:])]
    if len(pieces[0]) < 3 * shift:
        raise SernetError(f"lasts {len(samples) / wanted:.3f} s, which is too short")
    return np.concatenate([extract(piece, model.features) for piece in pieces])

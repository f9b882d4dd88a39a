"""What trainings and measurements leave: scores, models, checkpoints, folds, results, references over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import yaml
from fuzz.kinds import kind
from fuzz.mutations import in_arrays, in_bytes, in_json, in_lines, in_tensors, in_yaml, packed
from fuzz.survival import Case, file_case

from made_experiment import make_experiment
from score_sets import random_set
from sernet.config.functionals import RidgeConfig
from sernet.data.protocols import Fold, Groups, read_folds, write_folds
from sernet.model.linear import LinearClassifier
from sernet.pipeline.files import write_json, write_text
from sernet.report.compare import as_text, compare, open_all
from sernet.report.markdown import results_markdown
from sernet.report.results import build_results, write_results
from sernet.score import intervals
from sernet.score.files import ScoreSet, load_detector_scores
from sernet.score.infer import load_model
from sernet.score.probes import Reading
from sernet.timeline.formats import read_rttm
from sernet.train import checkpoint
from sernet.train.linear import fit as fit_linear
from sernet.train.loop import fit
from speech import CLASSES, CONFIG, MODEL, examples
from utils.publish import publish


def _same(scores: ScoreSet) -> bytes:
    return b"".join(np.asarray(value).tobytes() for value in asdict(scores).values())


@kind("score and detector npz", 900)
def scores(folder: Path) -> Sequence[Case]:
    path, detector, probe = folder / "test.npz", folder / "msp.npz", folder / "speaker.npz"
    random_set(12, 0, scale=15.0).save(path)
    np.savez(detector, utt_id=np.array(["a", "bb"]), score=np.array([0.5, 1.5]))
    text = np.array(["a", "b"])
    Reading(text, text, text, text, text, "a note").save(probe)
    return [
        file_case(path, in_arrays, lambda: ScoreSet.load(path) and None),
        file_case(path, in_bytes, lambda: _same(ScoreSet.load(path)), exact=True),
        file_case(detector, in_arrays, lambda: load_detector_scores(detector) and None),
        file_case(detector, in_bytes, lambda: [a.tolist() for a in load_detector_scores(detector)], exact=True),
        file_case(probe, in_arrays, lambda: Reading.load(probe) and None),
    ]


def _equal(found: tuple[dict[str, torch.Tensor], object]) -> str:
    return repr([(name, value.tolist()) for name, value in found[0].items()]) + repr(found[1])


@kind("checkpoints, model.json, model.safetensors", 800)
def models(folder: Path) -> Sequence[Case]:
    path = folder / "checkpoint.safetensors"
    tensors = {"model/x": torch.arange(6.0).reshape(2, 3), "best/y": torch.tensor(3), "z": torch.tensor([True, False])}
    checkpoint.save(path, tensors, {"identity": "x", "history": [{"epoch": 1, "loss": 0.5}]})
    network, linear = folder / "network", folder / "linear"
    fit(examples(12), None, CLASSES, {}, None, MODEL, CONFIG.model_copy(update={"epochs": 1}), 0, network, "cpu", "x")
    spoken = examples(12)
    spoken.features[:] = [matrix.mean(0, keepdims=True) for matrix in spoken.features]
    fit_linear(spoken, CLASSES, {}, None, RidgeConfig(features="egemaps"), linear, "x")
    return [
        file_case(path, in_tensors, lambda: _equal(checkpoint.load(path)), exact=True),
        file_case(network / "model.json", in_json, lambda: load_model(network) and None, named=("model.safetensors",)),
        file_case(network / "model.safetensors", in_tensors, lambda: load_model(network) and None),
        file_case(
            linear / "model.json", in_json, lambda: LinearClassifier.load(linear) and None, named=("model.safe",)
        ),
        file_case(linear / "model.safetensors", in_tensors, lambda: LinearClassifier.load(linear) and None),
    ]


@kind("folds of a run", 200)
def folds(folder: Path) -> Sequence[Case]:
    path = folder / "folds.json"
    made = [Fold(("a", "b"), ("c",), ("d",)), Fold(("c", "d"), ("a",), ("b",), ("b-1",))]
    write_json(path, write_folds("key", Groups("source", [["d"], ["b"]], [["c"], ["a"]]), made))
    return [file_case(path, in_json, lambda: read_folds(path) and None)]


@kind("results.json, config.yaml, predictions (compare)", 600)
def results(folder: Path) -> Sequence[Case]:
    experiments = []
    with mock.patch.object(intervals.resample, "__defaults__", ((), 20)):
        for name, epochs in (("one", 50), ("two", 60)):
            experiment = folder / "exp" / name
            made = make_experiment(
                experiment, corpora=("mini_en",), systems=("am",), speakers=4, takes=1, detectors=("msp",)
            )
            made = [item for item in made if item.condition != "cross"]
            rows = build_results(made, name)
            write_results(rows, experiment / "results.json")
            write_text(experiment / "RESULTS.md", results_markdown(rows, {"command": "bash run.sh", "revision": "ab"}))
            systems = {"am": {"description": "", "model": {}, "train": {}}}
            write_text(experiment / "config.yaml", yaml.safe_dump({"title": name, "systems": systems, "seeds": [0]}))
            for item in made:
                write_json(item.directory / "model.json", {"model": {"embedding": 8}, "train": {"epochs": epochs}})
            plain = [asdict(item) | {"directory": str(item.directory)} for item in made]
            write_json(experiment / "report" / "report.json", {"config": {"scored": plain}})
            experiments.append(experiment)
        published = folder / "egs" / "one"
        publish(experiments[0], published)

    def shown(*of: Path) -> None:
        with mock.patch.object(intervals.resample, "__defaults__", ((), 20)):
            as_text(compare(open_all(of)))

    def both() -> None:
        shown(*experiments)

    first = experiments[0]
    model = next(first.glob("*/*/*/*/model.json"))
    predictions = next(published.glob("predictions/*.tsv.gz"))
    named = (str(first), "compar")
    return [
        file_case(first / "results.json", in_json, both, named=named),
        file_case(first / "results.json", in_json, both, named=named),
        file_case(first / "config.yaml", in_yaml, both),
        file_case(first / "RESULTS.md", in_lines, both),
        file_case(model, in_json, both),
        file_case(predictions, packed(in_lines), lambda: shown(published, experiments[1])),
    ]


@kind("RTTM", 200)
def rttm(folder: Path) -> Sequence[Case]:
    path = folder / "reference.rttm"
    lines = [
        f"SPEAKER call 1 {start:.3f} 1.500 <NA> <NA> {emotion} 0.9 <NA>\n"
        for start, emotion in ((0, "anger"), (2, "x"))
    ]
    path.write_text("".join(lines))
    return [file_case(path, in_lines, lambda: read_rttm(path) and None)]

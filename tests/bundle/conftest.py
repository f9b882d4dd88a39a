"""A tiny model, trained on sounds that lie on disk, in a folder laid out as an experiment, and bundles of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

import tiny
from sernet.bundle import export
from sernet.bundle.source import find
from sernet.config.features import FeatureConfig
from sernet.config.functionals import RidgeConfig
from sernet.config.model import EncoderConfig, ModelConfig
from sernet.config.training import TrainConfig
from sernet.data.dataset import Examples, Utterance
from sernet.draws import generator
from sernet.features.fbank import extract
from sernet.score import linear
from sernet.score.files import ScoreSet
from sernet.score.fusion import fused
from sernet.score.infer import load_model, score
from sernet.train.linear import fit as fit_linear
from sernet.train.loop import fit

RATE = 16000
CLASSES = ["anger", "neutral"]
FEATURES = FeatureConfig(bins=20)
MODEL = ModelConfig(
    encoder=EncoderConfig(stem_channels=2, channels=[4, 8], strides=[(2, 2), (1, 2)], attention=4),
    embedding=8,
    window_seconds=0.4,
)
TRAINING = TrainConfig(epochs=3, batch_size=8, crop_seconds=0.4, tensorboard=False)
SYSTEMS = {
    "am": {"model": {}, "ridge": None, "fuse": {}},
    "egemaps-ridge": {"ridge": {"features": "egemaps"}},
    "both": {"fuse": {"am": 1.0, "egemaps-ridge": 4.0}},
    "twice": {"fuse": {"am": 1.0}, "ensemble": 2},
    "standard": {"fuse": {"am": 1.0, "egemaps-ridge": 1.0}, "standardise": True},
    "networks": {"fuse": {"am": 1.0, "baseline": 1.0}},
    "ridges": {"fuse": {"egemaps-ridge": 1.0, "compare-ridge": 1.0}},
    "untrained": {"fuse": {"am": 1.0, "compare-ridge": 1.0}},
    "compare-ridge": {"ridge": {"features": "compare"}},
    "baseline": {},
}
PARTS = {"train": range(16), "dev": range(16, 22), "test": range(22, 30)}


def sound(number: int) -> np.ndarray:
    """0.3 to 0.8 s of noise, which trembles where it is angry."""
    draws = generator("bundle", number)
    samples = 0.1 * draws.standard_normal(4800 + 1600 * (number % 6))
    trembling = np.sign(np.sin(np.arange(len(samples)) / 400)) if number % 2 == 0 else 1.0
    return np.asarray(samples * (1 + 0.9 * trembling), dtype=np.float32)


@pytest.fixture(scope="session")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See `trained`."""
    return trained(tmp_path_factory.mktemp("work"))


def trained(work: Path) -> Path:
    """exp/tiny with one model, its scores on train, dev and test, and the sounds beside it in wav/."""
    folder = work / "exp" / "tiny"
    model_folder = folder / "single" / "am" / "fold0" / "seed0"
    (folder / "wav").mkdir(parents=True)
    parts = {}
    for name, numbers in PARTS.items():
        utterances, features = [], []
        for number in numbers:
            samples = sound(number)
            soundfile.write(folder / "wav" / f"u{number:02d}.wav", samples, RATE, subtype="FLOAT")
            emotion = CLASSES[number % 2]
            utterances.append(
                Utterance(f"u{number:02d}", "tiny", f"{name}{number % 3}", emotion, duration=len(samples) / RATE)
            )
            features.append(extract(samples, FEATURES))
        parts[name] = Examples(utterances, features)
    fit(parts["train"], None, CLASSES, {}, None, MODEL, TRAINING, 0, model_folder, "cpu", "x")
    model, meta = load_model(model_folder)
    for name, examples in parts.items():
        ScoreSet(**score(model, meta, examples)).save(model_folder / "scores" / f"{name}.npz")
    (folder / "config.yaml").write_text(yaml.safe_dump({"features": FEATURES.model_dump(mode="json")}))
    egs = folder.parents[1] / "egs" / "tiny"
    egs.mkdir(parents=True)
    (egs / "corpus.yaml").write_text(yaml.safe_dump(tiny.RAW))
    return folder


@pytest.fixture(scope="session")
def exported(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Exports the model of `experiment`; the options are `export`'s."""

    def make(**options: Any) -> Path:
        target = tmp_path_factory.mktemp("bundles") / "bundle"
        nothing: dict[str, str | None] = {}
        export.export(find(experiment, nothing), target, egs=experiment.parents[1] / "egs", **options)
        return target

    return make


@pytest.fixture(scope="session")
def bundle(exported: Callable[..., Path]) -> Path:
    """One with everything by default."""
    return exported()


@pytest.fixture(scope="session")
def joint(experiment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment with a model of three classes and two corpora: `tiny` never gave fear. With a results.json."""
    folder = tmp_path_factory.mktemp("joint") / "exp" / "joint"
    model_folder = folder / "joint" / "am" / "fold0" / "seed0"
    parts = {}
    for name, numbers in PARTS.items():
        utterances, features = [], []
        for number in numbers:
            corpus = ("tiny", "other")[number // 2 % 2]
            classes = CLASSES if corpus == "tiny" else [*CLASSES, "fear"]
            emotion = classes[number % len(classes)]
            utterances.append(
                Utterance(
                    f"u{number:02d}",
                    corpus,
                    f"{corpus}-{name}{number % 3}",
                    emotion,
                    duration=len(sound(number)) / RATE,
                )
            )
            features.append(extract(sound(number), FEATURES))
        parts[name] = Examples(utterances, features)
    given = {"tiny": CLASSES, "other": [*CLASSES, "fear"]}
    fit(parts["train"], None, [*CLASSES, "fear"], {}, given, MODEL, TRAINING, 0, model_folder, "cpu", "x")
    model, meta = load_model(model_folder)
    for name, examples in parts.items():
        ScoreSet(**score(model, meta, examples)).save(model_folder / "scores" / f"{name}.npz")
    (folder / "config.yaml").write_text((experiment / "config.yaml").read_text())
    places = {"recipe": "joint", "run": "joint", "system": "am", "train": "other+tiny", "condition": "single"}
    figures = {"metric": "uar", "value": 0.75, "ci_low": None, "ci_high": None, "n": 4, "n_speakers": 2}
    nothing = {"versus": None, "detector": None, "fold": 0, "seed": 0}
    rows = [places | figures | nothing | {"test": corpus} for corpus in given]
    rows.append(rows[0] | {"condition": "ood-far", "test": "noise", "metric": "auroc", "detector": "mahalanobis"})
    (folder / "results.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture(scope="session")
def summed(experiment: Path) -> Callable[[Path, Callable[[np.ndarray], np.ndarray]], Path]:
    """Makes a copy of `experiment` whose network a ridge regression is added to, on what a function makes of sounds."""

    def make(folder: Path, functionals: Callable[[np.ndarray], np.ndarray]) -> Path:
        shutil.copytree(experiment, folder)
        config = yaml.safe_load((folder / "config.yaml").read_text())
        (folder / "config.yaml").write_text(yaml.safe_dump(config | {"systems": SYSTEMS}))
        parts = {}
        for name, numbers in PARTS.items():
            spoken = [Utterance(f"u{n:02d}", "tiny", f"{name}{n % 3}", CLASSES[n % 2], duration=1.0) for n in numbers]
            parts[name] = Examples(spoken, [functionals(sound(n)) for n in numbers])
        network, ridge, both = (folder / "single" / s / "fold0" / "seed0" for s in ("am", "egemaps-ridge", "both"))
        fit_linear(parts["train"], CLASSES, {}, None, RidgeConfig(features="egemaps"), ridge, "ridge")
        for name in ("dev", "test"):
            members = ScoreSet.load(network / "scores" / f"{name}.npz"), ScoreSet(**linear.score(ridge, parts[name]))
            members[1].save(ridge / "scores" / f"{name}.npz")
            fused(members, [1.0, 4.0]).save(both / "scores" / f"{name}.npz")
        return folder

    return make

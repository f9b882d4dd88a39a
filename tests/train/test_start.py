"""A training that begins with another's model: what it takes over, what begins anew, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import speech
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.errors import SernetError
from sernet.model.sernet import SerNet
from sernet.train import loop
from sernet.train.batches import TrainingData
from sernet.train.loop import fit
from sernet.train.start import begin
from sernet.train.trainer import Trainer

WIDER = ["calm", "neutral", "anger"]
"""One class more than the model that is started from, and in another order."""
STILL = speech.CONFIG.model_copy(update={"peak_lr": 1e-12, "weight_decay": 0.0, "epochs": 1})


def train(
    directory: Path, classes: list[str], config: TrainConfig = speech.CONFIG, start: Path | None = None
) -> dict[str, torch.Tensor]:
    directory.mkdir(exist_ok=True)
    merge = {} if "calm" in classes else {"calm": "neutral"}
    fit(speech.examples(), None, classes, merge, None, speech.MODEL, config, 0, directory, "cpu", "x", start)
    return load_file(directory / "model.safetensors")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("first")
    train(directory, speech.CLASSES)
    return directory


def test_all_that_is_learnt_is_taken_over_and_a_class_by_its_name(first: Path, tmp_path: Path) -> None:
    learnt, started, anew = (
        load_file(first / "model.safetensors"),
        *(train(tmp_path / name, WIDER, STILL, start) for name, start in (("started", first), ("anew", None))),
    )
    for name, value in learnt.items():
        if name == "head.weight":
            torch.testing.assert_close(started[name][[2, 1]], value, atol=1e-6, rtol=0)
            torch.testing.assert_close(started[name][0], anew[name][0], atol=1e-6, rtol=0)
        elif "running" not in name and "num_batches" not in name:
            torch.testing.assert_close(started[name], value, atol=1e-6, rtol=0)
    assert json.loads((tmp_path / "started" / "model.json").read_text())["corpora"] == ["one", "two"]


def test_killed_and_resumed_it_is_the_same_to_the_bit(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = train(tmp_path / "undisturbed", WIDER, start=first)
    step, calls = Trainer.step, []

    def stop(*arguments, **keywords):  # type: ignore[no-untyped-def]
        calls.append(None)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return step(*arguments, **keywords)

    monkeypatch.setattr(loop.Trainer, "step", stop)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", WIDER, start=first)
    monkeypatch.undo()
    resumed = train(tmp_path / "killed", WIDER, start=first)
    assert all(torch.equal(value, resumed[name]) for name, value in undisturbed.items())


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"embedding": 16}, "embedding.weight has shape .*give both the same model"),
        ({"encoder": {"channels": [4], "strides": [[2, 2]]}}, "another kind of network"),
    ],
)
def test_another_network_is_refused(first: Path, model: dict[str, object], said: str) -> None:
    config = ModelConfig.model_validate(speech.MODEL.model_dump() | {"attributes": {}})
    config = ModelConfig.model_validate(config.model_dump() | {k: v for k, v in model.items() if k != "encoder"})
    if "encoder" in model:
        encoder = config.encoder.model_dump() | model["encoder"]  # type: ignore[operator]
        config = ModelConfig.model_validate(config.model_dump() | {"encoder": encoder})
    data = TrainingData(speech.examples(), WIDER, {}, None, config, speech.CONFIG, 0)
    trainer = Trainer(data, len(WIDER), config, speech.CONFIG, 0, "cpu")
    assert isinstance(trainer.model, SerNet)
    with pytest.raises(SernetError, match=said):
        begin(trainer, first, WIDER)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SernetError, match=r"nowhere/model.json is missing"):
        train(tmp_path / "new", WIDER, start=tmp_path / "nowhere")

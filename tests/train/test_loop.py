"""Training: the same weights again, resumed or not; what is refused; what is written."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import speech
from sernet.config.model import HeadConfig
from sernet.config.training import TrainConfig
from sernet.errors import SernetError
from sernet.score.infer import load_model, score
from sernet.train import loop
from sernet.train.loop import fit
from sernet.train.trainer import Trainer, learning_rate, mean_recall

MERGE = {"calm": "neutral"}


def train(directory, model=speech.MODEL, config=speech.CONFIG, data=None, dev=None, identity="x", corpus_classes=None):
    data = speech.examples() if data is None else data
    fit(data, dev, speech.CLASSES, MERGE, corpus_classes, model, config, 0, Path(directory), "cpu", identity)
    return {path.name: path.read_bytes() for path in Path(directory).iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return train(tmp_path_factory.mktemp("undisturbed"))


def test_leaves_a_model_and_a_history_and_no_checkpoint(undisturbed):
    assert set(undisturbed) == {"model.safetensors", "model.json", "history.jsonl"}
    history = [json.loads(line) for line in undisturbed["history.jsonl"].splitlines()]
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]
    assert "corpus_correlation" in history[0]
    assert "language_loss" not in history[0]
    assert "language" in json.loads(undisturbed["model.json"])["notes"][0]


def test_the_precision_that_was_used_is_recorded_and_makes_another_training(tmp_path):
    found = {}
    for precision in ("float32", "bf16"):
        config = speech.CONFIG.model_copy(update={"precision": precision, "epochs": 1})
        found[precision] = json.loads(train(tmp_path / precision, config=config)["model.json"])
        assert found[precision]["computed"]["precision"] == precision
        assert found[precision]["computed"]["threads"] == config.threads
    assert found["float32"]["identity"] != found["bf16"]["identity"]


def test_training_twice_gives_the_same_bytes(undisturbed, tmp_path):
    assert train(tmp_path) == undisturbed


def test_the_order_of_the_utterances_and_the_global_generators_do_not_matter(undisturbed, tmp_path):
    data = speech.examples()
    torch.manual_seed(7)
    np.random.seed(7)
    before = torch.get_rng_state()
    found = train(tmp_path, data=data)
    assert torch.equal(before, torch.get_rng_state())
    assert found["model.safetensors"] == undisturbed["model.safetensors"]


@pytest.mark.parametrize("broken", ["checkpoint.save", "write_text", "write_json", "Trainer.step"])
def test_stopped_anywhere_and_resumed_gives_the_same_bytes(undisturbed, tmp_path, monkeypatch, broken):
    owner, name = (getattr(loop, broken.split(".")[0]), broken.split(".")[1]) if "." in broken else (loop, broken)
    original, calls = getattr(owner, name), []

    def stop(*arguments, **keywords):
        calls.append(None)
        if len(calls) == {"write_json": 1, "Trainer.step": 8}.get(broken, 2):
            raise KeyboardInterrupt
        return original(*arguments, **keywords)

    monkeypatch.setattr(owner, name, stop)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path)
    monkeypatch.undo()
    assert (tmp_path / "checkpoint.safetensors").exists()
    assert train(tmp_path) == undisturbed


def test_killed_and_resumed_gives_the_same_bytes(undisturbed, tmp_path):
    """SIGKILL in the middle of the third epoch, in a process of its own."""
    code = f"""
import os, signal, sys
sys.path[:0] = {[str(Path(__file__).parents[1])]!r}
from train import test_loop
from sernet.train.trainer import Trainer
original, calls = Trainer.step, []
def step(self, *arguments):
    calls.append(None)
    if len(calls) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(self, *arguments)
Trainer.step = step
test_loop.train({str(tmp_path)!r})
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.run([sys.executable, "-c", code], check=False, env=environment, capture_output=True, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert (tmp_path / "checkpoint.safetensors").exists()
    assert train(tmp_path) == undisturbed


def test_a_checkpoint_of_another_training_is_discarded_and_that_is_said(undisturbed, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(loop, "_finish", lambda *_: None)
    train(tmp_path, identity="another", config=speech.CONFIG.model_copy(update={"epochs": 1}))
    monkeypatch.undo()
    assert train(tmp_path) == undisturbed
    assert "starting over" in capsys.readouterr().out


def test_a_broken_checkpoint_is_named(tmp_path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"nonsense")
    with pytest.raises(SernetError, match=r"checkpoint\.safetensors"):
        train(tmp_path)


def test_it_learns_and_scores_what_it_has_learnt(tmp_path):
    augment = {"time_masks": 0, "frequency_masks": 0}
    config = TrainConfig(epochs=20, batch_size=8, crop_seconds=None, peak_lr=1e-2, tensorboard=False, augment=augment)
    for kind in ("am", "softmax"):
        directory = tmp_path / kind
        model = speech.MODEL.model_copy(update={"head": HeadConfig(kind=kind), "attributes": {}})
        train(directory, model=model, config=config)
        network, meta = load_model(directory)
        scores = score(network, meta, speech.examples(48))
        told = scores["logits"].argmax(1) == scores["label"]
        assert told.mean() > 0.9
        expected = scores["scale"] * scores["cosine"]
        if kind == "softmax":
            assert scores["scale"] == 1.0
            expected = scores["embedding"] @ scores["weight"].T + scores["bias"]
        np.testing.assert_allclose(scores["logits"], expected, atol=1e-4)


def test_dev_selects_the_best_epoch(tmp_path):
    config = speech.CONFIG.model_copy(update={"select": "dev"})
    files = train(tmp_path, config=config, dev=speech.examples(12))
    uar = [json.loads(line)["dev_uar"] for line in files["history.jsonl"].splitlines()]
    chosen = json.loads(files["model.json"])["epoch"]
    assert uar[chosen - 1] == max(uar)
    model, meta = load_model(tmp_path)
    scores = score(model, meta, speech.examples(12))
    assert mean_recall(scores["label"], scores["logits"].argmax(1)) == pytest.approx(max(uar))
    with pytest.raises(SernetError, match="no dev"):
        train(tmp_path / "none", config=config)


@pytest.mark.parametrize("select", ["last", "dev"])
def test_the_model_is_the_running_average_of_the_weights(tmp_path, monkeypatch, select):
    """Against float64: after each step it is d old + (1 - d) new, where d = min(ema, (1 + step) / (10 + step))."""
    config = speech.CONFIG.model_copy(update={"select": select, "ema": 0.9})
    averages, raw, original = [], {}, Trainer.step

    def step(self, batch, number):
        if not averages:
            averages.append({name: value.double().clone() for name, value in self.model.state_dict().items()})
        measured = original(self, batch, number)
        decay = min(0.9, (1 + number) / (10 + number))
        raw.update({name: value.double().clone() for name, value in self.model.state_dict().items()})
        averages.append({name: decay * value + (1 - decay) * raw[name] for name, value in averages[-1].items()})
        return measured

    monkeypatch.setattr(Trainer, "step", step)
    train(tmp_path, config=config, dev=speech.examples(12))
    model, meta = load_model(tmp_path)
    steps = (len(averages) - 1) // config.epochs
    expected = averages[steps * meta["epoch"]]
    saved = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    assert len(saved) > 20
    for name, value in saved.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-4, atol=1e-5, err_msg=name)
    assert not torch.allclose(saved["head.weight"].double(), raw["head.weight"], rtol=1e-4, atol=1e-5)


def test_classes_that_a_corpus_lacks_are_masked(tmp_path):
    data = speech.examples()
    data = data.where(lambda u: u.corpus == "one" or u.emotion == "anger")
    train(tmp_path, data=data, corpus_classes={"one": ["anger", "neutral"], "two": ["anger"]})
    with pytest.raises(SernetError, match="two is said not to have"):
        train(tmp_path / "wrong", corpus_classes={"one": ["anger", "neutral"], "two": ["anger"]})


def test_a_loss_that_is_not_finite_names_epoch_and_utterances(tmp_path, monkeypatch):
    monkeypatch.setattr(Trainer, "emotion_loss", lambda self, embedding, batch: embedding.sum() * float("nan"))
    with pytest.raises(SernetError, match=r"epoch 1; utterances: .*u\d"):
        train(tmp_path)


def test_features_that_are_not_finite_are_named(tmp_path):
    data = speech.examples()
    data.features[6][3, 3] = np.nan
    with pytest.raises(SernetError, match="u6: features"):
        train(tmp_path, data=data)


def test_nothing_to_train_on_is_said(tmp_path):
    with pytest.raises(SernetError, match="no training utterance"):
        train(tmp_path, data=speech.examples().where(lambda u: u.id == "none"))


def test_tensorboard_is_written(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(tmp_path, config=speech.CONFIG.model_copy(update={"tensorboard": True, "epochs": 2}))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2]


def test_learning_rate_rises_to_its_peak_and_falls():
    rates = [learning_rate(step, 100, 1.0, 0.25) for step in range(100)]
    assert rates[0] == pytest.approx(0.04)
    assert rates[25] == pytest.approx(1.0)
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)
    assert rates[-1] < 0.002


def test_mean_recall_is_scikit_learns_balanced_accuracy():
    from sklearn.metrics import balanced_accuracy_score

    draws = np.random.default_rng(0)
    label, predicted = draws.choice([0, 2, 3], 50), draws.choice([0, 2, 3], 50)
    assert mean_recall(label, predicted) == pytest.approx(balanced_accuracy_score(label, predicted))

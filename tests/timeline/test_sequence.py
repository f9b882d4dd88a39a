"""Fine-tuning by the sequence objective, from utterance labels alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import speech
from sernet.config.timeline import SequenceConfig, TimelineConfig
from sernet.data.dataset import FrontEnd
from sernet.score.infer import front_end, load_model
from sernet.timeline.annotate import Setting
from sernet.timeline.baselines import argmax
from sernet.timeline.windows import look
from sernet.train.loop import fit as train
from sernet.train.sequence import Labelled, emit, fit

CONFIG = TimelineConfig(runs=["x"], classes=["neutral", "anger"], window_seconds=0.4, hop_seconds=0.1)
SEQUENCE = SequenceConfig(epochs=6, batch_size=4, hop_seconds=0.2, lr=2e-3)
SETTING = Setting(CONFIG, ("anger", "neutral"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    train(speech.examples(), None, speech.CLASSES, {}, None, speech.MODEL, speech.CONFIG, 0, directory, "cpu", "x")
    return directory


def _recordings(count: int) -> list[Labelled]:
    """Anger in the middle (see `speech`), neutral around it; or neutral alone."""
    found = []
    for number in range(count):
        matrix = np.random.default_rng(number).normal(size=(240, 20)).astype(np.float32)
        if number % 3:
            stripes = np.arange(80, 160)
            matrix[stripes[stripes // 5 % 2 == 0], :10] += 4.0
        found.append(Labelled(f"r{number}", matrix, "anger" if number % 3 else "neutral"))
    return found


def test_learns_where_from_what(trained: Path) -> None:
    model, meta = load_model(trained)
    whole = front_end(meta)
    prepare = FrontEnd("global", None, whole.mean, whole.std)
    means = fit(model, prepare, _recordings(24), SETTING, SEQUENCE, 0.01, seed=0)
    assert means[-1] < 0.5 * means[0] and means[-1] < 0.3
    windows = look(model, whole, _recordings(26)[-1].features, 0.01, 0.4, 0.1)
    found = argmax(windows.logits)
    assert (found[10:14] == 0).all() and (found[:4] == 1).all() and (found[-4:] == 1).all()


def test_the_same_seed_gives_the_same_weights(trained: Path) -> None:
    results = []
    for seed in (1, 1, 2):
        model, meta = load_model(trained)
        whole = front_end(meta)
        few = SEQUENCE.model_copy(update={"epochs": 1})
        fit(model, FrontEnd("global", None, whole.mean, whole.std), _recordings(8), SETTING, few, 0.01, seed)
        results.append(model.embedding.weight.detach().numpy().copy())
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])


def test_windows_of_a_recording_are_whole_and_follow_the_phase(trained: Path) -> None:
    model, _ = load_model(trained)
    inputs = [np.zeros((100, 20), dtype=np.float32), np.zeros((30, 20), dtype=np.float32)]
    for phase, numbers in ((0.0, [4, 1]), (0.99, [3, 1])):
        emission, lengths = emit(model, inputs, [phase, phase], SETTING, 0.2, 0.01)
        assert lengths.tolist() == numbers and emission.shape == (2, numbers[0], 2)

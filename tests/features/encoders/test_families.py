"""Each family of encoders gives transformers' own hidden states, alone and in company."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.encoders.conftest import KINDS, buzz
from sernet.config.encoders import SpeechEncoderConfig
from sernet.errors import SernetError
from sernet.features.encoders.load import load

Get = Callable[[str], tuple[Path, Any, Any]]


def _config(folder: Path, **more: Any) -> SpeechEncoderConfig:
    return SpeechEncoderConfig.model_validate({"kind": "encoder", "model": str(folder)} | more)


def _theirs(kind: str, model: Any, extractor: Any, samples: np.ndarray) -> np.ndarray:
    """Hidden states (layers, frames, dimensions) as transformers gives them for one utterance."""
    import torch

    with torch.no_grad():
        if kind == "whisper":
            given = extractor(samples, sampling_rate=16000, padding="do_not_pad", return_tensors="pt")["input_features"]
            states = model.encoder(given, output_hidden_states=True).hidden_states
        else:
            given = extractor(samples, sampling_rate=16000, return_tensors="pt")
            values = given["input_features" if kind == "w2v-bert" else "input_values"]
            states = model(values, output_hidden_states=True).hidden_states
    return torch.cat(states).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_all_layers_are_those_of_transformers(kind: str, tiny_encoder: Get) -> None:
    folder, model, extractor = tiny_encoder(kind)
    samples = buzz(2.0)  # the tiny Whisper's full window: transformers takes no other
    expected = _theirs(kind, model, extractor, samples)
    encoder = load(_config(folder))
    assert encoder.layers == [0, 1, 2, 3] and encoder.dimensions == 16
    (found,) = encoder.encode([samples])
    assert found.shape == expected.shape
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_above_the_highest_layer_are_left_out_and_change_nothing(kind: str, tiny_encoder: Get) -> None:
    folder, model, extractor = tiny_encoder(kind)
    samples = buzz(2.0, 1)
    expected = _theirs(kind, model, extractor, samples)
    part = load(_config(folder, layers=[1, 2]))
    assert np.allclose(part.encode([samples])[0], expected[1:3], atol=1e-5)
    assert part.parameters < load(_config(folder)).parameters


@pytest.mark.parametrize("kind", KINDS)
def test_company_of_other_lengths_changes_no_utterance(kind: str, tiny_encoder: Get) -> None:
    encoder = load(_config(tiny_encoder(kind)[0]))
    batch = [buzz(0.61, 2), buzz(1.9, 3), buzz(1.003, 4)]
    for alone, found in zip(batch, encoder.encode(batch), strict=True):
        (expected,) = encoder.encode([alone])
        assert found.shape == expected.shape
        assert np.allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_is_close_and_what_is_too_short_is_refused(kind: str, tiny_encoder: Get) -> None:
    folder = tiny_encoder(kind)[0]
    samples = buzz(1.5, 5)
    (exact,), (rough,) = (load(_config(folder, precision=p)).encode([samples]) for p in ("float32", "bf16"))
    assert np.corrcoef(exact.ravel(), rough.ravel())[0, 1] > 0.9
    with pytest.raises(SernetError, match="too short"):
        load(_config(folder)).encode([samples[:100]])


def test_a_layer_that_is_not_there_and_a_model_of_another_kind_are_named(tiny_encoder: Get, tmp_path: Path) -> None:
    with pytest.raises(SernetError, match="layer 7 of an encoder of 3 blocks"):
        load(_config(tiny_encoder("whisper")[0], layers=[7]))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(SernetError, match="'bert' is no encoder that sernet knows; it knows whisper, wav2vec2"):
        load(_config(tmp_path))


@pytest.mark.slow
def test_real_whisper_is_that_of_transformers_in_its_full_window(encoders: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    place = encoders / "whisper-base"
    if not place.is_dir():
        pytest.skip("no whisper-base among the encoders")
    samples = np.concatenate([buzz(6.0, seed) for seed in range(5)])
    model = transformers.WhisperModel.from_pretrained(place, dtype="float32")
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(place)
    expected = _theirs("whisper", model, extractor, samples)[[2, 3, 6]]
    (found,) = load(_config(place, layers=[2, 3, 6])).encode([samples])
    assert found.shape == expected.shape == (3, 1500, 512)
    assert np.allclose(found, expected, atol=1e-3)

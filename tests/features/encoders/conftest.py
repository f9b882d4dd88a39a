"""Tiny encoders with random weights, saved as the Hugging Face hub has them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

RATE = 16000


def buzz(seconds: float, seed: int = 0) -> np.ndarray:
    """A voice-like sound, float32 (n,) at 16 kHz."""
    draws = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * (110 + 10 * seed) * k * t) / k for k in range(1, 8))
    return np.asarray(0.1 * tone * (1 + np.sin(5 * t)) + 0.01 * draws.standard_normal(len(t)), dtype=np.float32)


def _waveform(name: str, **more: Any) -> Any:
    import transformers

    sizes = {
        "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 24,
        "conv_dim": (16, 16, 16), "conv_kernel": (10, 8, 4), "conv_stride": (8, 5, 8), "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
    }  # fmt: skip
    if name == "Data2VecAudio":
        sizes |= {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 5}
    return getattr(transformers, f"{name}Config")(**sizes | more)


def _configs() -> dict[str, Callable[[], tuple[Any, Any]]]:
    import transformers as t

    def whisper() -> tuple[Any, Any]:
        config = t.WhisperConfig(
            d_model=16, encoder_layers=3, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
            encoder_ffn_dim=24, decoder_ffn_dim=24, vocab_size=12, max_source_positions=100, pad_token_id=0,
            bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
        )  # fmt: skip
        return t.WhisperModel(config), t.WhisperFeatureExtractor(chunk_length=2)

    def waveform(name: str, normalise: bool, **more: Any) -> Callable[[], tuple[Any, Any]]:
        def make() -> tuple[Any, Any]:
            extractor = t.Wav2Vec2FeatureExtractor(do_normalize=normalise, return_attention_mask=normalise)
            return getattr(t, f"{name}Model")(_waveform(name, **more)), extractor

        return make

    def w2v_bert() -> tuple[Any, Any]:
        config = t.Wav2Vec2BertConfig(
            hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24,
            feature_projection_input_dim=160, conv_depthwise_kernel_size=5, left_max_position_embeddings=4,
            right_max_position_embeddings=2,
        )  # fmt: skip
        return t.Wav2Vec2BertModel(config), t.SeamlessM4TFeatureExtractor()

    stable = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
    return {
        "whisper": whisper,
        "wav2vec2-group": waveform("Wav2Vec2", False),
        "wav2vec2-stable": waveform("Wav2Vec2", True, **stable),
        "hubert-group": waveform("Hubert", False),
        "hubert-stable": waveform("Hubert", True, **stable),
        "wavlm-group": waveform("WavLM", False),
        "wavlm-stable": waveform("WavLM", True, **stable),
        "data2vec-audio": waveform("Data2VecAudio", True),
        "w2v-bert": w2v_bert,
    }


KINDS = (
    "whisper", "wav2vec2-group", "wav2vec2-stable", "hubert-group", "hubert-stable", "wavlm-group", "wavlm-stable",
    "data2vec-audio", "w2v-bert",
)  # fmt: skip


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Any, Any]]:
    """By name: the folder of a tiny random encoder, the model and its feature extractor; made once."""
    pytest.importorskip("transformers", reason="transformers is not installed (requirements-encoders.txt)")
    import torch

    made: dict[str, tuple[Path, Any, Any]] = {}

    def get(name: str) -> tuple[Path, Any, Any]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            torch.manual_seed(0)
            model, extractor = _configs()[name]()
            model.eval().save_pretrained(folder)
            extractor.save_pretrained(folder)
            made[name] = folder, model, extractor
        return made[name]

    return get

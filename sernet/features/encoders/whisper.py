"""Whisper's encoder (Radford et al. 2022) without its 30 seconds: an utterance costs what it is long."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from sernet.errors import SernetError
from sernet.features.encoders.base import read_weights

PREFIXES = ("model.encoder.", "encoder.", "")


class Whisper:
    """The encoder of a Whisper model up to its highest wanted layer.

    Whisper was trained on speech padded to 30 s. Here the table of positions is cut to the utterance instead: the
    hidden states differ from those with padding, cost a tenth, and recognise emotion (egs/encoders). Loudness is lost:
    the log-mel is normalised by its own maximum.
    """

    hop = 320

    def __init__(self, folder: Path, layers: list[int] | None, device: str = "cpu", bf16: bool = False) -> None:
        from transformers import WhisperConfig, WhisperFeatureExtractor
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        config = WhisperConfig.from_pretrained(folder, local_files_only=True)
        blocks = config.encoder_layers
        self.layers = chosen(layers, blocks, folder)
        self.highest = max(self.layers)
        self.final_norm = self.highest == blocks
        config.encoder_layers = self.highest
        encoder: Any = WhisperEncoder(config)
        encoder.load_state_dict(_of_encoder(read_weights(folder), encoder.state_dict(), folder))
        self.device, self.dtype = device, torch.bfloat16 if bf16 else torch.float32
        self.model = encoder.to(device=device, dtype=self.dtype).eval()
        self.mel = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
        self.longest = config.max_source_positions
        self.dimensions = config.d_model
        self.parameters = sum(p.numel() for p in encoder.parameters()) - (0 if self.final_norm else 2 * self.dimensions)

    @torch.no_grad()
    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `SpeechEncoder.encode`; at most 30 s each."""
        mels = [self._log_mel(samples) for samples in batch]
        frames = torch.tensor([mel.shape[1] for mel in mels])
        mel = torch.stack([functional.pad(one, (0, int(frames.max()) - one.shape[1])) for one in mels])
        mel = mel.to(device=self.device, dtype=self.dtype)
        positions = (frames + 1) // 2
        alike = bool((frames == frames[0]).all())
        x = functional.gelu(self.model.conv1(mel))
        if not alike:  # alone, the second convolution would read zeros beyond the end
            x = x * _real(frames, x.shape[2], self.device)[:, None]
        x = functional.gelu(self.model.conv2(x)).transpose(1, 2)
        x = x + self.model.embed_positions.weight[: x.shape[1]]
        mask = None
        if not alike:
            real = _real(positions, x.shape[1], self.device)
            mask = torch.zeros(real.shape, dtype=x.dtype, device=self.device).masked_fill(~real, float("-inf"))
            mask = mask[:, None, None, :].expand(-1, 1, x.shape[1], -1)
        states = {0: x}
        for number, block in enumerate(self.model.layers, 1):
            x = block(x, mask)
            x = x[0] if isinstance(x, tuple) else x
            states[number] = x
        if self.final_norm:
            states[self.highest] = self.model.layer_norm(x)
        found = torch.stack([states[layer] for layer in self.layers], dim=1).float().cpu().numpy()
        return [one[:, :length] for one, length in zip(found, positions.tolist(), strict=True)]

    def _log_mel(self, samples: np.ndarray) -> torch.Tensor:
        if len(samples) < self.mel.n_fft:
            raise SernetError(f"{len(samples) / 16000:.3f} s are too short for Whisper: at least 0.025 s")
        if len(samples) > 2 * self.longest * self.mel.hop_length:
            raise ValueError("longer than the table of positions; cut it into windows")
        mel = self.mel(samples, sampling_rate=16000, padding="do_not_pad", truncation=False, return_tensors="np")
        return torch.from_numpy(np.asarray(mel["input_features"][0], dtype=np.float32))


def _real(lengths: torch.Tensor, size: int, device: str) -> torch.Tensor:
    return (torch.arange(size) < lengths[:, None]).to(device)


def chosen(layers: list[int] | None, blocks: int, folder: Path) -> list[int]:
    chosen = list(range(blocks + 1)) if layers is None else layers
    if max(chosen) > blocks:
        raise SernetError(f"{folder}: layer {max(chosen)} of an encoder of {blocks} blocks; layers are 0 to {blocks}")
    return chosen


def _of_encoder(weights: dict[str, Any], wanted: dict[str, Any], folder: Path) -> dict[str, Any]:
    for prefix in PREFIXES:
        if all(prefix + name in weights for name in wanted):
            return {name: weights[prefix + name] for name in wanted}
    missing = [name for name in wanted if not any(prefix + name in weights for prefix in PREFIXES)]
    raise SernetError(f"{folder}: the weights lack {len(missing)} tensors of Whisper's encoder, {missing[:1]} first")

"""w2v-BERT 2.0, whose conformer hears log-mels, two frames at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sernet.errors import SernetError
from sernet.features.encoders.whisper import chosen


class W2vBert:
    """The model up to its highest wanted layer."""

    hop = 320

    def __init__(self, folder: Path, layers: list[int] | None, device: str = "cpu", bf16: bool = False) -> None:
        from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2BertConfig, Wav2Vec2BertModel

        config = Wav2Vec2BertConfig.from_pretrained(folder, local_files_only=True)
        blocks = config.num_hidden_layers
        self.layers = chosen(layers, blocks, folder)
        model: Any = Wav2Vec2BertModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
        if max(self.layers) < blocks:
            model.encoder.layers = model.encoder.layers[: max(self.layers)]
        self.device, self.dtype = device, torch.bfloat16 if bf16 else torch.float32
        self.model = model.to(device=device, dtype=self.dtype).eval()
        self.prepare = SeamlessM4TFeatureExtractor.from_pretrained(folder, local_files_only=True)
        self.dimensions = config.hidden_size
        self.parameters = sum(p.numel() for p in model.parameters())

    @torch.no_grad()
    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `SpeechEncoder.encode`."""
        if min(len(samples) for samples in batch) < 800:
            raise SernetError("less than 0.05 s is too short for w2v-BERT's first frame")
        given = self.prepare(list(batch), sampling_rate=16000, padding=True, return_tensors="pt")
        mask = given["attention_mask"]
        frames = mask.sum(1).tolist()
        states = self.model(
            given["input_features"].to(device=self.device, dtype=self.dtype),
            attention_mask=None if len(batch) == 1 else mask.to(self.device),
            output_hidden_states=True,
        ).hidden_states
        found = torch.stack([states[layer] for layer in self.layers], dim=1).float().cpu().numpy()
        return [one[:, :length] for one, length in zip(found, frames, strict=True)]

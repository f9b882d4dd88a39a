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
    """The model up to its highest wanted layer. It hears one utterance at a time: padding would change the others."""

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
        self.device, self.bf16 = device, bf16
        self.model = model.to(device).eval()
        self.prepare = SeamlessM4TFeatureExtractor.from_pretrained(folder, local_files_only=True)
        self.dimensions = config.hidden_size
        self.parameters = sum(p.numel() for p in model.parameters())

    @torch.no_grad()
    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `SpeechEncoder.encode`."""
        return [self._one(samples) for samples in batch]

    def _one(self, samples: np.ndarray) -> np.ndarray:
        if len(samples) < 800:
            raise SernetError("less than 0.05 s is too short for w2v-BERT's first frame")
        given = self.prepare(samples, sampling_rate=16000, return_tensors="pt")["input_features"]
        with torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16, enabled=self.bf16):
            states = self.model(given.to(self.device), output_hidden_states=True).hidden_states
        found: np.ndarray = torch.cat([states[layer] for layer in self.layers]).float().cpu().numpy()
        return found

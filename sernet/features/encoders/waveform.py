"""Encoders of the wav2vec 2.0 kind, which hear samples: wav2vec 2.0, HuBERT, WavLM, data2vec audio."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from sernet.errors import SernetError
from sernet.features.encoders.whisper import chosen


class Waveform:
    """One of them, up to its highest wanted layer.

    Where the convolutions are normalised over time (`feat_extract_norm: group`), padding would change an utterance:
    such models hear one utterance at a time.
    """

    def __init__(self, folder: Path, layers: list[int] | None, device: str = "cpu", bf16: bool = False) -> None:
        from transformers import AutoConfig, AutoFeatureExtractor, AutoModel

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        blocks = config.num_hidden_layers
        self.layers = chosen(layers, blocks, folder)
        highest = max(self.layers)
        model: Any = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=torch.float32)
        if highest < blocks:
            model.encoder.layers = model.encoder.layers[:highest]
            if getattr(config, "do_stable_layer_norm", False):  # the norm behind the last block is none of block k's
                model.encoder.layer_norm = nn.Identity()
        self.device, self.bf16 = device, bf16
        self.model = model.to(device).eval()
        self.prepare = AutoFeatureExtractor.from_pretrained(folder, local_files_only=True)
        self.one_by_one = getattr(config, "feat_extract_norm", "group") == "group"
        self.hop = int(np.prod(config.conv_stride))
        self.dimensions = config.hidden_size
        self.parameters = sum(p.numel() for p in model.parameters())

    @torch.no_grad()
    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `SpeechEncoder.encode`."""
        if self.one_by_one and len(batch) > 1:
            return [self.encode([samples])[0] for samples in batch]
        lengths = torch.tensor([len(samples) for samples in batch])
        frames = self.model._get_feat_extract_output_lengths(lengths)
        if int(frames.min()) < 1:
            raise SernetError(f"{int(lengths.min()) / 16000:.3f} s are too short for this encoder's first frame")
        given = self.prepare(
            list(batch), sampling_rate=16000, padding=True, return_attention_mask=True, return_tensors="pt"
        )
        mask = None if self.one_by_one or len(batch) == 1 else given["attention_mask"].to(self.device)
        values = given["input_values"].to(self.device)
        # Norms over time need float32: only products of matrices become bfloat16.
        with torch.autocast(torch.device(self.device).type, dtype=torch.bfloat16, enabled=self.bf16):
            states = self.model(values, attention_mask=mask, output_hidden_states=True).hidden_states
        found = torch.stack([states[layer] for layer in self.layers], dim=1).float().cpu().numpy()
        return [one[:, :length] for one, length in zip(found, frames.tolist(), strict=True)]

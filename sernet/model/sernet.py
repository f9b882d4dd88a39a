"""MSAC-SERNet without its attribute heads, which training alone needs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import ModelConfig
from sernet.model.encoder import Encoder
from sernet.model.margin import emotion_head
from sernet.model.pooling import AttentiveStatistics


def parts(config: ModelConfig, bins: int) -> tuple[Any, Any, int]:
    """Encoder, pooling and the size of the pooled vector of the network that ``config`` names.

    A peer's module is imported by name, so that a change in it makes no other network's training stale.
    """
    if config.kind == "sernet":
        encoder = Encoder(config.encoder, bins)
        return encoder, AttentiveStatistics(encoder.features, config.encoder.attention), 2 * encoder.features
    module = import_module(config.peer[0])
    encoder, pooling = module.parts(config.frames, bins) if config.kind == "frames" else module.parts(bins)
    return encoder, pooling, pooling.pooled


class SerNet(nn.Module):
    """Encoder, attentive statistics, embedding, emotion head; or those of a peer (`sernet.model.peers`).

    Args:
        config: sizes and head.
        bins: filters of the input.
        classes: number of emotions.
    """

    def __init__(self, config: ModelConfig, bins: int, classes: int) -> None:
        super().__init__()
        self.encoder, self.pooling, self.pooled = parts(config, bins)
        self.norm = nn.BatchNorm1d(self.pooled)
        self.embedding = nn.Linear(self.pooled, config.embedding)
        self.head = emotion_head(config.head, config.embedding, classes)

    def forward(self, x: Tensor, lengths: Tensor | None = None, dropout: Tensor | None = None) -> Tensor:
        """The embeddings (batch, dim) of normalised log energies (batch, frames, bins).

        ``lengths`` (batch,) counts real frames, None: nothing is padded. ``dropout`` (batch, pooled) multiplies the
        pooled statistics in training; it comes from outside because it is drawn for each utterance.
        """
        x, lengths = self.encoder(x, lengths)
        with torch.autocast(x.device.type, enabled=False):
            pooled = self.norm(self.pooling(x.float(), lengths))
            if dropout is not None:
                pooled = pooled * dropout
            return self.embedding(pooled)

    def logits(self, embedding: Tensor) -> Tensor:
        """Logits (batch, classes) without margin."""
        return self.head(embedding)


def to_device(model: SerNet, device: str) -> SerNet:
    """``model`` on ``device``, its kernels in the memory order that convolutions are fastest with."""
    return model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]


def windows(matrix: np.ndarray, length: int | None) -> list[np.ndarray]:
    """Stretches of ``length`` frames of ``matrix`` (frames, bins), evenly from its start to its end.

    They start at most a quarter of their length apart. An utterance no longer than one is its only window, as is any
    with ``length`` None.
    """
    spare = 0 if length is None else len(matrix) - length
    if length is None or spare <= 0:
        return [matrix]
    count = -(-4 * spare // length) + 1
    return [matrix[start : start + length] for start in np.linspace(0, spare, count).round().astype(int)]


def embed(
    model: SerNet, inputs: Sequence[np.ndarray], device: str, window: int | None = None, batch_frames: int = 20000
) -> np.ndarray:
    """The embeddings, float32 (utterances, dim), of normalised inputs, each (frames, bins), in float32.

    With ``window`` (frames) an utterance's is the mean over its windows: the network then sees the lengths that it
    was trained on. Batches are made by length and masked, so company changes a result by rounding alone.
    ``batch_frames`` bounds the frames of a batch, padding included.
    """
    pieces = [windows(matrix, window) for matrix in inputs]
    found = _embed([piece for of in pieces for piece in of], model, device, batch_frames)
    ends = np.cumsum([len(of) for of in pieces])
    return np.stack([found[end - len(of) : end].mean(0) for of, end in zip(pieces, ends, strict=True)])


@torch.no_grad()
def _embed(inputs: list[np.ndarray], model: SerNet, device: str, batch_frames: int) -> np.ndarray:
    model.eval()
    order = sorted(range(len(inputs)), key=lambda index: len(inputs[index]))
    result = np.zeros((len(inputs), model.embedding.out_features), dtype=np.float32)
    batch: list[int] = []
    for place, index in enumerate(order):
        batch.append(index)
        following = order[place + 1] if place + 1 < len(order) else None
        if following is None or (len(batch) + 1) * len(inputs[following]) > batch_frames:
            lengths = torch.tensor([len(inputs[i]) for i in batch], device=device)
            padded = nn.utils.rnn.pad_sequence([torch.from_numpy(inputs[i]) for i in batch], batch_first=True)
            same = bool((lengths == lengths[0]).all())
            result[batch] = model(padded.to(device), None if same else lengths).float().cpu().numpy()
            batch = []
    return result


@torch.no_grad()
def classify(model: SerNet, embedding: np.ndarray, device: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits and cosines to the weight rows, both float32 (utterances, classes), of embeddings (utterances, dim)."""
    x = torch.from_numpy(embedding).to(device)
    similarity = functional.linear(functional.normalize(x), functional.normalize(model.head.weight))
    return model.head(x).float().cpu().numpy(), similarity.float().cpu().numpy()

"""ECAPA-TDNN: Desplanques, Thienpondt and Demuynck 2020, with 512 channels.

"ECAPA-TDNN: emphasized channel attention, propagation and aggregation in TDNN based speaker verification", Interspeech,
figures 1 and 2: SE-Res2Blocks with dilations 2, 3, 4, each fed with the sum of all layers before it, their outputs
joined in one layer, and attentive statistics whose attention sees the utterance's plain statistics (section 3.1). What
differs: FBanks in place of MFCCs, and no normalisation after the embedding (AM-softmax does its own).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.model.encoder import MaskedBatchNorm, frame_mask

CHANNELS = 512
JOINED = 1536
SCALE = 8
BOTTLENECK = 128
DILATIONS = (2, 3, 4)


def parts(bins: int) -> tuple[Encoder, ContextAttention]:
    """Encoder and pooling for input of ``bins`` filters."""
    encoder = Encoder(bins)
    return encoder, ContextAttention(encoder.features)


class Layer(nn.Module):
    """Convolution over time, ReLU, batch normalisation; the masked end is zero again."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(inputs, outputs, kernel, dilation=dilation, padding=dilation * (kernel // 2))
        self.norm = MaskedBatchNorm(outputs)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, inputs, frames) -> (batch, outputs, frames)."""
        y = self.norm(functional.relu(self.convolution(x))[..., None], mask)[..., 0]
        return y if mask is None else y * mask[..., 0].to(y.dtype)


class Block(nn.Module):
    """An SE-Res2Block (figure 1): of ``SCALE`` groups of channels each is convolved with the one before it added."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        width = channels // SCALE
        self.first, self.last = Layer(channels, channels), Layer(channels, channels)
        self.middle = nn.ModuleList(Layer(width, width, 3, dilation) for _ in range(SCALE - 1))
        self.squeeze, self.excite = nn.Linear(channels, BOTTLENECK), nn.Linear(BOTTLENECK, channels)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, channels, frames) -> the same shape."""
        untouched, *groups = self.first(x, mask).chunk(SCALE, dim=1)
        done = [untouched]
        for number, (layer, group) in enumerate(zip(self.middle, groups, strict=True)):
            done.append(layer(group + done[-1] if number else group, mask))
        y = self.last(torch.cat(done, dim=1), mask)
        mean = y.mean(2) if mask is None else y.sum(2) / mask.sum(2)[..., 0].to(y.dtype)
        weight = torch.sigmoid(self.excite(functional.relu(self.squeeze(mean))))
        return x + y * weight[..., None]


class Encoder(nn.Module):
    """All layers before the pooling (figure 2)."""

    features = JOINED

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.stem = Layer(bins, CHANNELS, 5)
        self.blocks = nn.ModuleList(Block(CHANNELS, dilation) for dilation in DILATIONS)
        self.join = nn.Conv1d(CHANNELS * len(DILATIONS), JOINED, 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, bins) -> (batch, features, frames), and ``lengths`` as they are; None: nothing is padded."""
        mask = frame_mask(lengths, x.shape[1])
        x = x.transpose(1, 2)
        total = self.stem(x if mask is None else x * mask[..., 0], mask)
        outputs = []
        for block in self.blocks:
            outputs.append(block(total, mask))
            total = total + outputs[-1]
        return functional.relu(self.join(torch.cat(outputs, dim=1))), lengths


class ContextAttention(nn.Module):
    """Channel- and context-dependent statistics pooling (section 3.1, equations 1 to 4)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.pooled = 2 * features
        self.hidden = nn.Conv1d(3 * features, BOTTLENECK, 1)
        self.score = nn.Conv1d(BOTTLENECK, features, 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, features, frames) -> (batch, 2 features); frames from ``lengths`` on have no weight."""
        mask = frame_mask(lengths, x.shape[2])
        real = torch.ones_like(x[:, :1]) if mask is None else mask[..., 0]
        context = [part.expand_as(x) for part in _statistics(x, real / real.sum(2, keepdim=True))]
        score = self.score(torch.tanh(self.hidden(torch.cat([x, *context], dim=1))))
        weight = torch.softmax(score.masked_fill(real == 0, float("-inf")), dim=2)
        return torch.cat(_statistics(x, weight), dim=1)[..., 0]


def _statistics(x: Tensor, weight: Tensor) -> list[Tensor]:
    """Weighted mean and standard deviation over time, each (batch, features, 1)."""
    mean = (weight * x).sum(2, keepdim=True)
    variance = (weight * (x - mean).square()).sum(2, keepdim=True)
    return [mean, variance.clamp(min=1e-5).sqrt()]

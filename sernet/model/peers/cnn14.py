"""PANNs' CNN14 from scratch: Kong, Cao, Iqbal, Wang, Wang and Plumbley 2020.

"PANNs: large-scale pretrained audio neural networks for audio pattern recognition", IEEE/ACM TASLP 28, table I: six
blocks of two 3 x 3 convolutions, 64 to 2048 channels, the mean over frequency, then the maximum plus the mean over
time. Theirs is trained on AudioSet; this one sees nothing but the recipe's speech. What differs: our FBanks (80
filters, not 64) and front end instead of batch normalisation of each filter, edges kept in pooling so that short
utterances pass, the embedding without ReLU, and dropout of the pooled vector alone (`model.dropout`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.model.encoder import MaskedBatchNorm, frame_mask, masked, strided

CHANNELS = (64, 128, 256, 512, 1024, 2048)


def parts(bins: int) -> tuple[Encoder, MaximumAndMean]:
    """Encoder and pooling; it takes any number of ``bins``."""
    return Encoder(), MaximumAndMean(Encoder.features)


class Block(nn.Module):
    """Two convolutions, each with batch normalisation and ReLU."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm, self.second_norm = MaskedBatchNorm(channels), MaskedBatchNorm(channels)
        for convolution in (self.first, self.second):
            nn.init.xavier_uniform_(convolution.weight)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, inputs, frames, bins) -> (batch, channels, frames, bins)."""
        for convolution, norm in ((self.first, self.first_norm), (self.second, self.second_norm)):
            x = masked(functional.relu(norm(convolution(x), mask)), mask)
        return x


class Encoder(nn.Module):
    """The blocks, halving time and frequency after all but the last."""

    features = CHANNELS[-1]

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(inputs, channels) for inputs, channels in zip((1, *CHANNELS), CHANNELS, strict=False)
        )

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, bins) -> (batch, features, frames / 32), and the lengths in those frames.

        ``lengths`` (batch,) counts real frames; None: nothing is padded.
        """
        mask = frame_mask(lengths, x.shape[1])
        x = masked(x[:, None], mask)
        for block in self.blocks:
            if block is not self.blocks[0]:
                x, lengths = _halve(x, mask), strided(lengths, 2)
                mask = frame_mask(lengths, x.shape[2])
            x = block(x, mask)
        return x.mean(3), lengths


def _halve(x: Tensor, mask: Tensor | None) -> Tensor:
    """Means over 2 x 2, of real frames alone; a frame or bin that is left over stands for itself."""
    halved = functional.avg_pool2d(x, 2, ceil_mode=True)
    if mask is None:
        return halved
    # Padding holds zeros: the share of real frames in each mean is all that is wrong with it.
    share = functional.avg_pool2d(mask, (2, 1), ceil_mode=True)
    return halved / share.clamp(min=0.5).to(halved.dtype)


class MaximumAndMean(nn.Module):
    """The maximum plus the mean over time."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.pooled = features

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, features, frames) -> (batch, features); frames from ``lengths`` on do not count."""
        if lengths is None:
            return x.amax(2) + x.mean(2)
        real = (torch.arange(x.shape[2], device=x.device) < lengths[:, None])[:, None]
        mean = (x * real).sum(2) / lengths[:, None].to(x.dtype)
        return x.masked_fill(~real, float("-inf")).amax(2) + mean

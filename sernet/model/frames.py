"""MSAC-SERNet on the frames of a pre-trained encoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import FramesConfig
from sernet.model.encoder import frame_mask, masked
from sernet.model.pooling import AttentiveStatistics


def parts(config: FramesConfig, bins: int) -> tuple[Frames, Pooling]:
    """Encoder and pooling for frames of ``bins`` values, which are `config.layers` layers side by side."""
    return Frames(config, bins), Pooling(config)


class Pooling(AttentiveStatistics):
    """Attentive statistics of the projected frames."""

    def __init__(self, config: FramesConfig) -> None:
        super().__init__(config.projection, config.attention)
        self.pooled = 2 * config.projection


class Block(nn.Module):
    """A residual convolution over time with layer normalisation first; our design."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.convolution = nn.Conv1d(channels, channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, frames, channels) -> the same; ``mask`` (batch, frames, 1) is 0 on padding."""
        y = masked(self.norm(x), mask)
        y = functional.gelu(self.convolution(y.transpose(1, 2)).transpose(1, 2))
        return masked(x + y, mask)


class Frames(nn.Module):
    """A learnt sum of layers (softmax weights, as in ELMo and SUPERB), a projection and convolutions over time.

    Peters et al. 2018 ("Deep contextualized word representations") and Yang et al. 2021 ("SUPERB") sum layers so. Each
    layer has been normalised by its training statistics before (`FrontEnd`, "global").
    """

    def __init__(self, config: FramesConfig, bins: int) -> None:
        super().__init__()
        if bins % config.layers:
            raise ValueError(f"{bins} values are not {config.layers} layers")
        self.layers, self.features = config.layers, config.projection
        self.weight = nn.Parameter(torch.zeros(config.layers))
        self.projection = nn.Linear(bins // config.layers, config.projection)
        self.blocks = nn.ModuleList(Block(config.projection, config.kernel) for _ in range(config.blocks))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, layers x dimensions) -> (batch, features, frames), and ``lengths`` as they came."""
        mask = frame_mask(lengths, x.shape[1])
        mask = None if mask is None else mask[:, 0]
        x = torch.einsum("bfld,l->bfd", x.unflatten(2, (self.layers, -1)), functional.softmax(self.weight, dim=0))
        x = masked(self.projection(x), mask)
        for block in self.blocks:
            x = block(x, mask)
        return x.transpose(1, 2), lengths

"""The convolutional encoder. Padding is masked everywhere, so it never changes an utterance's result.

Time goes into passes over memory: what nobody reads again is overwritten. Behind the first kernels maps are turned,
(batch, channels, bins, frames): oneDNN's convolutions are faster where the last side is the long one. Weights are kept
as (time, frequency). Figures: egs/ablation/STUDIES.md.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import EncoderConfig

ONEDNN_BLOCK = 16
"""With fewer input channels the kernel's gradient of a strided 1 x 1 convolution is written beyond its memory
(uxlfoundation/oneDNN#6035)."""


def frame_mask(lengths: Tensor | None, frames: int) -> Tensor | None:
    """1 on an utterance's frames and 0 on padding, (batch, 1, frames, 1); None where nothing is padded."""
    if lengths is None:
        return None
    return (torch.arange(frames, device=lengths.device) < lengths[:, None]).float()[:, None, :, None]


def strided(lengths: Tensor | None, stride: int) -> Tensor | None:
    """Lengths after a convolution of odd kernel, half of it padded, with that ``stride``."""
    return None if lengths is None else torch.div(lengths + stride - 1, stride, rounding_mode="floor")


def masked(x: Tensor, mask: Tensor | None) -> Tensor:
    """``x`` with zeros on padding; ``mask`` fits it."""
    return x if mask is None else x * mask.to(x.dtype)


class MaskedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation whose statistics leave padding out."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:  # type: ignore[override]
        """Normalise (batch, channels, frames, bins), or the like turned; ``mask`` fits it."""
        if mask is None or not self.training:
            return super().forward(x)
        real = x.to(self.weight.dtype)
        count = mask.sum() * (x[0, 0].numel() // mask[0].numel())
        mean = (real * mask).sum((0, 2, 3)) / count
        variance = ((real - mean[:, None, None]).square() * mask).sum((0, 2, 3)) / count
        with torch.no_grad():
            momentum = self.momentum or 0.0
            self.running_mean.lerp_(mean, momentum)  # type: ignore[union-attr]
            self.running_var.lerp_(variance * count / (count - 1), momentum)  # type: ignore[union-attr]
            self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return (real * scale[:, None, None] + shift[:, None, None]).to(x.dtype)


class Stem(nn.Module):
    """Parallel first kernels, long in time (prosody) and long in frequency (formants), side by side; our design.

    Both are laid into one square kernel, zero elsewhere: one convolution and one tensor instead of two and their
    joint copy, which is where the time went.
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.stride, self.spare, long = config.stem_stride, (config.stem_kernel - 3) // 2, config.stem_kernel
        self.padding = long // 2
        self.time = nn.Parameter(torch.empty(config.stem_channels, 1, long, 3))
        self.frequency = nn.Parameter(torch.empty(config.stem_channels, 1, 3, long))
        for kernel in (self.time, self.frequency):
            nn.init.kaiming_uniform_(kernel, a=math.sqrt(5))  # as nn.Conv2d
        self.norm = MaskedBatchNorm(2 * config.stem_channels)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, frames, bins) -> (batch, 2 channels, bins', frames'), strided; ``mask`` is the output's."""
        across, along = (self.spare, self.spare, 0, 0), (0, 0, self.spare, self.spare)
        kernel = torch.cat([functional.pad(self.time, across), functional.pad(self.frequency, along)])
        x = self.convolve(x, kernel)
        return masked(functional.relu(self.norm(x, mask), inplace=True), mask)

    def convolve(self, x: Tensor, kernel: Tensor) -> Tensor:
        """The strided convolution of one channel, as one without stride of a channel for each place in a stride."""
        down, over = self.stride
        rows, columns = ((size + stride - 1) // stride for size, stride in zip(x.shape[1:], self.stride, strict=True))
        tall, wide = (-(-kernel.shape[2] // stride) for stride in self.stride)
        height, width = (rows + tall - 1) * down, (columns + wide - 1) * over
        below, right = (size - have - self.padding for size, have in zip((height, width), x.shape[1:], strict=True))
        x = functional.pad(x, (self.padding, right, self.padding, below))
        x = x.reshape(-1, height // down, down, width // over, over).permute(0, 3, 1, 2, 4).flatten(3)
        kernel = functional.pad(kernel, (0, wide * over - kernel.shape[3], 0, tall * down - kernel.shape[2]))
        kernel = kernel.reshape(-1, tall, down, wide, over).permute(0, 2, 4, 3, 1).flatten(1, 2)
        return functional.conv2d(x.permute(0, 3, 1, 2), kernel)


class Convolution(nn.Conv2d):
    """On turned maps, (batch, channels, bins, frames); weight and stride are (time, frequency)."""

    def forward(self, x: Tensor) -> Tensor:
        """Strided and padded as `nn.Conv2d` would."""
        stride = self.stride[::-1]
        learnt = self.weight.requires_grad and torch.is_grad_enabled()
        if learnt and self.kernel_size == (1, 1) and self.in_channels < ONEDNN_BLOCK:
            x, stride = x[:, :, :: stride[0], :: stride[1]], (1, 1)
        return functional.conv2d(x, self.weight.transpose(2, 3), None, stride, self.padding[::-1])


class Block(nn.Module):
    """A residual block (He et al. 2016) whose channels are weighted by their means over the utterance.

    The weighting is squeeze-excitation (Hu et al. 2018). Splitting the second convolution for several receptive fields
    (Res2Net) cost more time than it saved and won nothing: egs/ablation/STUDIES.md.
    """

    def __init__(self, inputs: int, channels: int, stride: tuple[int, int], squeeze: int) -> None:
        super().__init__()
        self.first = Convolution(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.first_norm = MaskedBatchNorm(channels)
        self.second = Convolution(channels, channels, 3, padding=1, bias=False)
        self.second_norm = MaskedBatchNorm(channels)
        self.squeeze = nn.Linear(channels, max(channels // squeeze, 1))
        self.excite = nn.Linear(max(channels // squeeze, 1), channels)
        self.skip: Convolution | None = None
        if inputs != channels or tuple(stride) != (1, 1):
            self.skip = Convolution(inputs, channels, 1, stride=stride, bias=False)
            self.skip_norm = MaskedBatchNorm(channels)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(batch, inputs, bins, frames) -> (batch, channels, bins, frames), strided; ``mask`` is the output's."""
        y = masked(functional.relu(self.first_norm(self.first(x), mask), inplace=True), mask)
        y = masked(self.second_norm(self.second(y), mask), mask)
        places = y.permute(0, 2, 3, 1).flatten(1, 2)  # as they lie in memory, so that the gradient does, too
        mean = places.mean(1) if mask is None else places.sum(1) / (mask.sum((2, 3)) * y.shape[2]).to(y.dtype)
        weight = torch.sigmoid(self.excite(functional.relu(self.squeeze(mean))))
        skip = x if self.skip is None else masked(self.skip_norm(self.skip(x), mask), mask)
        return functional.relu((y * weight[:, :, None, None]).add_(skip), inplace=True)


class Encoder(nn.Module):
    """Stem and blocks."""

    def __init__(self, config: EncoderConfig, bins: int) -> None:
        super().__init__()
        self.strides = [config.stem_stride, *(tuple(stride) for stride in config.strides)]
        self.stem = Stem(config)
        inputs, blocks = 2 * config.stem_channels, []
        for channels, stride in zip(config.channels, config.strides, strict=True):
            blocks.append(Block(inputs, channels, stride, config.squeeze))
            inputs = channels
        self.blocks = nn.ModuleList(blocks)
        for _, across in self.strides:
            bins = (bins + across - 1) // across
        self.features = inputs * bins

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, bins) -> (batch, features, frames'), and the lengths in those frames.

        ``lengths`` (batch,) counts real frames; None: nothing is padded.
        """
        frames = x.shape[1]
        x = x if lengths is None else x * (torch.arange(frames, device=x.device) < lengths[:, None])[:, :, None]
        for layer, (stride, _) in zip([self.stem, *self.blocks], self.strides, strict=True):
            frames, lengths = (frames + stride - 1) // stride, strided(lengths, stride)
            mask = frame_mask(lengths, frames)
            x = layer(x, None if mask is None else mask.transpose(2, 3))
        if x.requires_grad:  # the gradient comes back in another order of memory, which all layers would wait for
            x.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
        return x.flatten(1, 2), lengths

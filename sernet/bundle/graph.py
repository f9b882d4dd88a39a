"""From samples to an embedding in one torch module: torch runs it, and it becomes the ONNX graph."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.features import FeatureConfig
from sernet.data.dataset import SPEECH_DB
from sernet.model.sernet import SerNet

PREEMPHASIS = 0.97
WINDOW_POWER = 0.85
"""Kaldi's `povey` window is a Hann window to this power."""
ENERGY_FLOOR = float(np.finfo(np.float32).eps)


class FilterBank(nn.Module):
    """The FBank of `sernet.features.fbank` for a batch of recordings of one length: Lhotse's operations, in its order.

    Args:
        config: frames; no dither, edges mirrored.
        filters: (frequencies, bins), the mel filters; frequencies are those of the FFT, from 0 to half the rate.
    """

    def __init__(self, config: FeatureConfig, filters: Tensor) -> None:
        super().__init__()
        self.length = int(config.frame_length * config.sample_rate)
        self.shift = int(config.frame_shift * config.sample_rate)
        self.size = 2 * (len(filters) - 1)
        self.filters: Tensor
        self.window: Tensor
        self.register_buffer("filters", filters)
        self.register_buffer("window", torch.hann_window(self.length, periodic=False).pow(WINDOW_POWER))

    def forward(self, samples: Tensor) -> Tensor:
        """Natural-log energies (batch, frames, bins) of samples (batch, n) within +-1, n at least one frame."""
        return (self.power(self.mirrored(samples)) @ self.filters).clamp(min=ENERGY_FLOOR).log()

    def mirrored(self, samples: Tensor) -> Tensor:
        """``samples`` with so much of both ends mirrored that (n + shift / 2) // shift frames fit, as in Lhotse."""
        left = (self.length - self.shift) // 2
        right = self.length - left - self.shift + self.shift // 2
        return torch.cat([samples[:, :left].flip(1), samples, samples[:, -right:].flip(1)], dim=1)

    def power(self, samples: Tensor) -> Tensor:
        """Power spectra (batch, frames, frequencies) of mirrored samples."""
        return self.transform(samples.unfold(1, self.length, self.shift)).abs().square()

    def transform(self, frames: Tensor) -> Tensor:
        """Spectra (..., frequencies) of frames (..., length): offset taken off, emphasised, windowed."""
        frames = frames - frames.mean(-1, keepdim=True)
        before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
        return torch.fft.rfft((frames - PREEMPHASIS * before) * self.window, n=self.size)


class ConvolutionalFilterBank(FilterBank):
    """The same as one convolution, for ONNX, whose Fourier transform is slow.

    Offset removal, pre-emphasis, window and transform are linear. In float32 this is closer to a float64 FBank than
    the original is; the two differ by some 1e-4, in rare faint bins by 2e-3.
    """

    def __init__(self, config: FeatureConfig, filters: Tensor) -> None:
        used = torch.nonzero(filters.any(1)).flatten()
        super().__init__(config, filters)
        spectrum = self.transform(torch.eye(self.length, dtype=torch.float64))[:, used]
        self.kernel: Tensor
        self.register_buffer("kernel", torch.cat([spectrum.real, spectrum.imag], dim=1).T[:, None].float())
        self.filters = filters[used]

    def power(self, samples: Tensor) -> Tensor:
        """Power spectra (batch, frames, frequencies that the filters use) of mirrored samples."""
        spectrum = functional.conv1d(samples[:, None], self.kernel, stride=self.shift).transpose(1, 2)
        real, imaginary = spectrum.chunk(2, dim=2)
        return real.square() + imaginary.square()


class Windows(nn.Module):
    """Normalises log energies and cuts them into windows, as `FrontEnd` and `sernet.model.sernet.windows` do.

    Args:
        mean: (bins,), taken off; None: each recording's own.
        std: (bins,), divided by.
        window: frames of a window; None: whole recordings.
        speech: a recording's own mean is that of its speech.
    """

    def __init__(self, mean: Tensor | None, std: Tensor, window: int | None, speech: bool = False) -> None:
        super().__init__()
        self.window, self.speech = window, speech
        self.mean: Tensor | None
        self.std: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, energies: Tensor) -> Tensor:
        """(batch, frames, bins) -> (batch, windows, length, bins); a recording no longer than one is its only one."""
        x = (energies - (self._own_mean(energies) if self.mean is None else self.mean)) / self.std
        if self.window is None:
            return x[:, None]
        length = torch.sym_min(x.shape[1], self.window)
        spare = x.shape[1] - length
        count = (4 * spare + self.window - 1) // self.window + 1
        # numpy's linspace from 0 to spare, in numpy's arithmetic: halves are rounded alike.
        step = torch.full((1,), spare, dtype=torch.float64) / torch.full((1,), torch.sym_max(count - 1, 1))
        starts = (torch.arange(count, dtype=torch.float64) * step).round().long().to(x.device)
        return x[:, starts[:, None] + torch.arange(length, device=x.device)]

    def _own_mean(self, energies: Tensor) -> Tensor:
        if not self.speech:
            return energies.mean(1, keepdim=True)
        # The twin in torch of `sernet.audio.activity.loud_energies`.
        level = energies.double().logsumexp(2)
        loud = level >= level.amax(1, keepdim=True) - SPEECH_DB * math.log(10) / 10
        weight = loud.to(energies.dtype)[:, :, None]
        return (energies * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True)


class Recogniser(nn.Module):
    """FBank, windows, network, head: what a score file holds of a recording."""

    def __init__(self, bank: FilterBank, windows: Windows, network: SerNet) -> None:
        super().__init__()
        self.bank, self.windows, self.network = bank, windows, network

    def forward(self, samples: Tensor) -> Tensor:
        """Embeddings (batch, dim), means over windows, of samples (batch, n) of the model's rate."""
        return self.embed(self.bank(samples))

    def embed(self, energies: Tensor) -> Tensor:
        """Embeddings (batch, dim) of natural-log energies (batch, frames, bins)."""
        windows = self.windows(energies)
        return self.network(windows.flatten(0, 1)).unflatten(0, windows.shape[:2]).mean(1)

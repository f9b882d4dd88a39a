"""FBanks by Lhotse's extractor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from lhotse import Fbank, FbankConfig

from sernet.config.features import FeatureConfig
from sernet.errors import SernetError

PREEMPHASIS = 0.97


@lru_cache(maxsize=4)
def extractor(config: FeatureConfig) -> Fbank:
    """Lhotse's FBank with our settings: no dither, one frame a shift (`snip_edges` off)."""
    return Fbank(
        FbankConfig(
            sampling_rate=config.sample_rate,
            num_filters=config.bins,
            frame_length=config.frame_length,
            frame_shift=config.frame_shift,
            low_freq=config.low_freq,
            high_freq=config.high_freq,
            torchaudio_compatible_mel_scale=config.torchaudio_compatible_mel_scale,
            dither=0.0,
            snip_edges=False,
            device="cpu",
        )
    )


def extract(samples: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """FBanks (frames, bins), natural-log energies, of ``samples`` (n,), float32 within +-1 at `config.sample_rate`.

    What Lhotse's extractor gives, to the bit, in three quarters of its time.

    Raises:
        SernetError: the samples are too few to be mirrored at their ends.
    """
    bank = extractor(config).extractor
    frames = _frames(torch.from_numpy(samples), bank.wav2win._length, bank.wav2win._shift)
    frames = frames - frames.mean(dim=1, keepdim=True)
    emphasised = frames.new_zeros(len(frames), bank.fft_length)
    used = emphasised[:, : frames.shape[1]]
    torch.mul(frames[:, :1], -PREEMPHASIS, out=used[:, :1])
    torch.mul(frames[:, :-1], -PREEMPHASIS, out=used[:, 1:])
    used.add_(frames).mul_(bank.wav2win._window)
    # The square of the rounded magnitude: the sum of the squared parts would be other bits.
    energies = torch.fft.rfft(emphasised).abs().square_() @ bank._fb
    return np.asarray(torch.maximum(energies, bank._eps).log_().numpy())


def _frames(samples: torch.Tensor, length: int, shift: int) -> torch.Tensor:
    """Frames (frames, length), one each ``shift`` samples, with both ends of the samples mirrored."""
    count = (len(samples) + shift // 2) // shift
    left = (length - shift) // 2
    right = max(0, (count - 1) * shift + length - left - len(samples))
    if max(left, right) > len(samples):
        raise SernetError(f"{len(samples)} samples are too few for a frame of {length}")
    mirrored = [samples[:left].flip(0), samples, samples[len(samples) - right :].flip(0)]
    return torch.cat(mirrored).unfold(0, length, shift)[:count]


class FbankFrontEnd:
    """See `sernet.features.front_ends.FrontEnd`."""

    block = 1

    def __init__(self, config: FeatureConfig, device: str = "cpu", place: Path | None = None) -> None:
        self.config = config
        self.sample_rate, self.bins = config.sample_rate, config.bins
        self.frame_shift = config.frame_shift

    def __call__(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features (frames, bins) of each utterance of a batch."""
        return [extract(samples, self.config) for samples in batch]

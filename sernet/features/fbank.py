"""FBanks by Lhotse's extractor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from lhotse import Fbank, FbankConfig

from sernet.config.features import FeatureConfig


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
    """FBanks (frames, bins), natural-log energies, of ``samples`` (n,), float32 within +-1 at `config.sample_rate`."""
    return np.ascontiguousarray(extractor(config).extract(samples, config.sample_rate), dtype=np.float32)


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

"""FBanks by Lhotse's extractor."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from lhotse import Fbank, FbankConfig
from lhotse.cut import MonoCut

from sernet.audio.reading import read
from sernet.audio.resample import resample
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


def load(cut: MonoCut, sample_rate: int) -> np.ndarray:
    """Samples (n,) of a cut at ``sample_rate`` Hz, of its own channel.

    Raises:
        SernetError: they cannot be read.
    """
    samples, rate = read(cut.recording.sources[0].source, cut.channel, cut.start, cut.duration)
    return resample(samples, rate, sample_rate)


def extract_cut(cut: MonoCut, config: FeatureConfig) -> np.ndarray:
    """FBanks (frames, bins) of a cut of any rate; its own channel alone is read."""
    return extract(load(cut, config.sample_rate), config)

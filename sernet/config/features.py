"""How FBanks are computed and stored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sernet.audio.rates import HIGHEST, LOWEST
from sernet.config.base import Strict


class FeatureConfig(Strict):
    """Log-mel filter bank energies, computed by Lhotse's `Fbank` (Kaldi's definition, natural logarithm, +-1 scale).

    Kaldi's own scale (16-bit integers) adds 2 ln 32768 to every value.
    """

    name: str = Field("fbank80", pattern=r"^[A-Za-z0-9_-]+$", description="folder below data/<corpus>/")
    sample_rate: int = Field(16000, ge=LOWEST, le=HIGHEST, description="Hz; other rates are resampled")
    bins: int = Field(80, gt=0, le=4096, description="mel filters")
    frame_length: float = Field(0.025, gt=0, le=60, description="seconds")
    frame_shift: float = Field(0.010, gt=0, le=60, description="seconds")
    low_freq: float = Field(20.0, ge=0, description="Hz, lower edge of the first filter")
    high_freq: float = Field(-400.0, description="Hz, upper edge of the last filter; negative: below Nyquist")
    torchaudio_compatible_mel_scale: bool = Field(
        True, description="the filters of Kaldi and torchaudio; false gives Lhotse's own, up to 0.79 different"
    )
    storage: Literal["float32", "int16"] = Field(
        "float32", description="float32 is exact, int16 (Kaldi's 2-byte compression) is within 1e-3 at half the size"
    )

"""Functionals of an utterance by openSMILE, which is not a dependency: its licence is for research and private use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sernet.config.functionals import HOW_TO_GET, FunctionalsConfig
from sernet.errors import SernetError
from sernet.features.speech import brought_forward


@lru_cache(maxsize=2)
def smile(features: str) -> Any:
    """openSMILE for "egemaps" (v02, Eyben et al. 2016) or "compare" (ComParE 2016, Schuller et al. 2016).

    Raises:
        SernetError: it is not installed; says how to get it, and its licence.
    """
    try:
        import opensmile  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise SernetError(HOW_TO_GET) from error
    sets = {"egemaps": opensmile.FeatureSet.eGeMAPSv02, "compare": opensmile.FeatureSet.ComParE_2016}
    return opensmile.Smile(feature_set=sets[features], feature_level=opensmile.FeatureLevel.Functionals, num_workers=1)


def extract(samples: np.ndarray, config: FunctionalsConfig) -> np.ndarray:
    """Functionals (1, values), float32, of ``samples`` (n,), float32 within +-1 at `config.sample_rate`.

    Raises:
        SernetError: openSMILE is not installed, or the utterance is too short for its contours.
    """
    features, _, part = config.features.partition("-")
    if part:
        samples = brought_forward(samples, config.sample_rate, channel=part == "cut")
    values = np.asarray(smile(features)(samples, config.sample_rate), dtype=np.float32).reshape(1, -1)
    if values.shape[1] != config.bins or not np.isfinite(values).all():
        raise SernetError(f"{len(samples) / config.sample_rate:.3f} s are too short for openSMILE's {config.features}")
    return values


class FunctionalsFrontEnd:
    """See `sernet.features.front_ends.FrontEnd`."""

    block = 1

    def __init__(self, config: FunctionalsConfig, device: str = "cpu", place: Path | None = None) -> None:
        self.config = config
        self.sample_rate, self.bins = config.sample_rate, config.bins
        self.frame_shift = config.frame_shift

    def __call__(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features (frames, bins) of each utterance of a batch."""
        return [extract(samples, self.config) for samples in batch]

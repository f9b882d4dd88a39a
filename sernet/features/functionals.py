"""Functionals of an utterance by openSMILE, which is not a dependency: its licence is for research and private use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from lhotse.cut import MonoCut

from sernet.config.functionals import HOW_TO_GET, FunctionalsConfig
from sernet.errors import SernetError
from sernet.features.fbank import load
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


def extract_cut(cut: MonoCut, config: FunctionalsConfig) -> np.ndarray:
    """Functionals (1, values) of a cut of any rate; its own channel alone is read."""
    return extract(load(cut, config.sample_rate), config)

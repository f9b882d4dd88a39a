"""The front ends: what turns the samples of an utterance into features.

A new one is a class in a module of its own, a configuration, and a line in `CLASSES`. The modules are imported by name,
so that a change in one makes no other's features stale.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from lhotse.cut import MonoCut

from sernet.audio.reading import read
from sernet.audio.resample import resample
from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.config.functionals import FunctionalsConfig
from sernet.errors import SernetError

Settings = FeatureConfig | FunctionalsConfig | SpeechEncoderConfig
CLASSES: dict[type[Settings], tuple[str, str]] = {
    FeatureConfig: ("sernet.features.fbank", "FbankFrontEnd"),
    FunctionalsConfig: ("sernet.features.functionals", "FunctionalsFrontEnd"),
    SpeechEncoderConfig: ("sernet.features.encoders.extractor", "EncoderFrontEnd"),
}


class FrontEnd(Protocol):
    """Features of utterances."""

    config: Settings
    block: int
    """Utterances that are computed together."""
    sample_rate: int
    """Hz, of the samples that it takes."""
    bins: int
    """Values of a frame."""
    frame_shift: float | None
    """Seconds from one frame to the next; None: one frame for the whole utterance."""

    def __call__(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features float32 (frames, bins) of each of ``batch``, samples (n,) within +-1 at `sample_rate`."""
        ...


def module(config: Settings) -> str:
    """The module that computes these features."""
    return CLASSES[type(config)][0]


def front_end(config: Settings, device: str = "cpu", place: Path | None = None) -> FrontEnd:
    """The front end that ``config`` describes; ``place``: the folder of a pre-trained encoder, where it is known.

    Raises:
        SernetError: what it needs is not installed or not there.
    """
    name, kind = CLASSES[type(config)]
    found: FrontEnd = getattr(import_module(name), kind)(config, device=device, place=place)
    return found


def load(cut: MonoCut, sample_rate: int) -> np.ndarray:
    """Samples (n,) of a cut at ``sample_rate`` Hz, of its own channel.

    Raises:
        SernetError: they cannot be read.
    """
    samples, rate = read(cut.recording.sources[0].source, cut.channel, cut.start, cut.duration)
    return resample(samples, rate, sample_rate)


def of_cuts(made: FrontEnd, cuts: Sequence[MonoCut]) -> list[np.ndarray]:
    """Features of cuts of any rate; only a cut's own channel is read.

    Raises:
        SernetError: audio that could be read in stage 1 no longer can, or is too short; names the utterance.
    """
    samples = []
    for cut in cuts:
        try:
            samples.append(load(cut, made.sample_rate))
        except Exception as error:
            raise SernetError(f"{cut.id}: no features of {cut.recording.sources[0].source}: {error}") from error
    try:
        return made(samples)
    except Exception as error:
        if len(cuts) == 1:
            raise SernetError(f"{cuts[0].id}: no features of {cuts[0].recording.sources[0].source}: {error}") from error
    return [matrix for cut in cuts for matrix in of_cuts(made, [cut])]  # one by one: which of them is it?

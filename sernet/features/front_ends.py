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

from sernet.audio.resample import resample
from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.config.functionals import FunctionalsConfig
from sernet.corpus.audio import load_audio
from sernet.corpus.utterances import Indexed
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


def load(item: Indexed, sample_rate: int) -> np.ndarray:
    """Samples (n,) of an utterance of stage 1 at ``sample_rate`` Hz.

    Raises:
        SernetError: they cannot be read; names the utterance and the file.
    """
    return resample(*load_audio(item), sample_rate)


def of_utterances(made: FrontEnd, items: Sequence[Indexed]) -> list[np.ndarray]:
    """Features of utterances of stage 1, of any rate.

    Raises:
        SernetError: audio that could be read in stage 1 no longer can, or is too short; names the utterance.
    """
    samples = [load(item, made.sample_rate) for item in items]
    try:
        return made(samples)
    except Exception as error:
        if len(items) == 1:
            where = items[0].source.path if items[0].source else "it"
            raise SernetError(f"{items[0].utterance.id}: no features of {where}: {error}") from error
    return [matrix for item in items for matrix in of_utterances(made, [item])]  # one by one: which of them is it?

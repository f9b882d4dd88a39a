"""Functionals of a whole utterance and the linear classifiers on them: the classical systems of the field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sernet.audio.rates import HIGHEST, LOWEST
from sernet.config.base import Strict

HOW_TO_GET = (
    "openSMILE, which computes functionals, is not installed: pip install opensmile==2.6.0 "
    "(its licence allows research, education and private use, nothing commercial)"
)
SIZES = {"egemaps": 88, "compare": 6373, "compare-cut": 6373, "compare-speech": 6373}

FunctionalsName = Literal["egemaps", "compare", "compare-cut", "compare-speech"]
WHICH = (
    "eGeMAPS v02 (88 values), ComParE 2016 (6,373), or ComParE without what the recording brings: compare-cut hears "
    "neither silence at the ends nor level, compare-speech no long-term spectrum either"
)


HEARD = f"{WHICH}; or the name of a front end with statistics (front_ends)"


class FunctionalsConfig(Strict):
    """What openSMILE computes of an utterance: one frame in the place of FBanks' many."""

    features: FunctionalsName = Field(description=WHICH)
    sample_rate: int = Field(16000, ge=LOWEST, le=HIGHEST, description="Hz; other rates are resampled, as for FBanks")
    storage: Literal["float32"] = "float32"
    frame_shift: None = Field(None, description="there is one frame, as long as the utterance")

    @property
    def name(self) -> str:
        """The folder below data/<corpus>/."""
        return self.features

    @property
    def bins(self) -> int:
        """How many values an utterance has."""
        return SIZES[self.features]


class SvmConfig(Strict):
    """A linear SVM on standardised functionals."""

    features: str = Field(description=HEARD)
    c: float = Field(gt=0, description="cost of an error, the larger the less regularised; classes are balanced")


class RidgeConfig(Strict):
    """Ridge regression to the classes on standardised functionals, each weighed by what emotion explains of it.

    A value's weight is the deviation of its class means, which is the root of its correlation ratio with emotion: most
    of thousands of functionals say little of it, and a plain penalty treats them all alike. Our design.
    """

    features: str = Field(description=HEARD)
    clip: float = Field(2.0, gt=0, description="standardised values beyond this are cut to it")
    strength: Annotated[float, Field(gt=0)] | list[Annotated[float, Field(gt=0)]] = Field(
        1.0,
        description="of the penalty, in mean squared lengths of weighed utterances; several: the best is chosen on "
        "training speakers, each group held out in turn",
    )
    layers: list[list[int]] | None = Field(
        None,
        min_length=1,
        description="of a pre-trained encoder: sets of layers, the best of which is chosen likewise; null: all",
    )
    balance: list[Literal["corpus", "class", "speaker"]] = Field(
        ["class"], description="weight the errors so that groups by these count alike, as `train.balance` does"
    )

"""Systems: what is trained or added up in a run."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from sernet.config.base import Name, Strict
from sernet.config.functionals import RidgeConfig, SvmConfig

SYSTEMS: dict[str, dict[str, Any]] = {
    "baseline": {"description": "the same CNN with plain softmax", "model": {"head": {"kind": "softmax"}}},
    "am": {"description": "additive-margin softmax", "model": {"head": {"kind": "am"}}},
    "msac": {
        "description": "additive-margin softmax and multiple speech attribute control",
        "versus": ["am"],
        "model": {
            "head": {"kind": "am"},
            "attributes": {
                "gender": {"control": "assist", "weight": 0.3},
                "speaker": {"control": "suppress", "weight": 0.3},
                "corpus": {"control": "suppress", "weight": 0.3},
                "language": {"control": "suppress", "weight": 0.3},
            },
        },
    },
}
"""The systems of every recipe; a recipe's own `systems` are laid over them."""

FRAMES: dict[str, Any] = {
    "model": {"kind": "frames", "input": {"normalise": "global"}, "window_seconds": None},
    "train": {"crop_seconds": 1.5, "augment": {"frequency_warp": 0, "frequency_masks": 0}},
}
"""What differs from the defaults where a network hears a pre-trained encoder's frames: they are no log energies."""


def _listed(value: object) -> object:
    """One name may stand without its brackets."""
    return [value] if isinstance(value, str) else value


class SystemConfig(Strict):
    """A system: what it changes in the recipe's `model` and `train`, a linear classifier, or the sum of others."""

    description: str = ""
    versus: Annotated[list[Name], BeforeValidator(_listed)] = Field(
        default_factory=list, description="the systems that it is compared with besides the baseline"
    )
    features: str | None = Field(
        None, description="the front end that the network hears (front_ends); null: the recipe's `features`"
    )
    model: dict[str, Any] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)
    svm: SvmConfig | None = Field(None, description="a linear SVM on functionals in the place of a network")
    ridge: RidgeConfig | None = Field(None, description="ridge regression on weighed functionals in its place")
    fuse: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="other systems of the same runs, and the weights that their logits are added with; nothing is "
        "trained",
    )
    standardise: bool = Field(
        False,
        description="with fuse: each system's logits are first divided by their deviation over its own training "
        "utterances, so that a weight of 1 means the same for all",
    )
    ensemble: int = Field(
        1, ge=1, description="with fuse: of each network so many seeds that follow each other, averaged"
    )

    @property
    def network(self) -> bool:
        """Whether it is a network of its own."""
        return self.linear is None and not self.fuse

    @property
    def linear(self) -> SvmConfig | RidgeConfig | None:
        """The linear classifier on functionals that it is, if it is one."""
        return self.svm or self.ridge

    @model_validator(mode="after")
    def _one(self) -> SystemConfig:
        if self.svm and self.ridge:
            raise ValueError("a system is svm or ridge, not both")
        own = self.model or self.train or self.features
        if self.linear and own:
            kind = "svm" if self.svm else "ridge"
            raise ValueError(f"a system with {kind} has no network; leave features, model and train out")
        if self.fuse and (self.linear or own):
            raise ValueError("a system with fuse is made of others; leave svm, ridge, features, model and train out")
        if len(self.fuse) == 1 and self.ensemble == 1:
            raise ValueError("fuse needs two systems or more, or an ensemble of several seeds")
        if self.standardise and not self.fuse:
            raise ValueError("standardise is about the systems that fuse names; give fuse")
        if self.ensemble > 1 and not self.fuse:
            raise ValueError("ensemble averages the systems that fuse names; give fuse")
        return self

"""Which detectors run, and the out-of-distribution sets they are tested on."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field, model_validator

from sernet.config.base import Strict

DetectorName = Literal[
    "msp",
    "max_logit",
    "max_cosine",
    "entropy",
    "energy",
    "gen",
    "kl_matching",
    "temperature",
    "mahalanobis",
    "relative_mahalanobis",
    "knn",
    "vim",
    "react",
    "duration",
    "level",
    "bandwidth",
]
DEFAULT_DETECTORS: tuple[DetectorName, ...] = (
    "msp",
    "max_cosine",
    "energy",
    "mahalanobis",
    "knn",
    "duration",
    "level",
    "bandwidth",
)
Condition = Literal["ood-near", "ood-shift", "ood-far", "corrupted"]
Source = Literal["held-out", "corpus", "noise", "tones", "silence", "reversed", "scrambled"]

Attribute = Literal["corpus", "speaker", "emotion", "gender", "language", "intensity", "text", "session"]

OPTIONS: dict[str, tuple[str, ...]] = {
    "energy": ("temperature",),
    "gen": ("gamma", "top"),
    "knn": ("k", "bank"),
    "react": ("percentile",),
    "vim": ("share",),
}
"""The hyper-parameters of each detector that has some."""

KINDS: dict[str, tuple[str, ...]] = {"noise": ("white", "pink"), "tones": ("tone", "chord", "sweep")}
"""The signals of each synthetic source that has several."""


class OodSetConfig(Strict):
    """One set, one score file. A far set and its unmatched twin are two sets."""

    condition: Condition
    source: Source = Field(
        description="held-out: emotions that the run does not train, by the test speakers; corpus: utterances of "
        "another corpus; reversed, scrambled: the ID speech played backwards, or cut into 50 ms pieces and shuffled"
    )
    corpus: str | None = Field(None, description="for source corpus: its name")
    where: dict[Attribute, list[str]] = Field(
        default_factory=dict, description="keep utterances whose attribute is one of these, e.g. {emotion: [calm]}"
    )
    kinds: list[str] = Field(default_factory=list, description="for noise and tones: only these signals")
    matched: bool = Field(True, description="far sets: durations, levels and band of the ID test set")
    split: Literal["test", "dev"] = Field("test", description="dev: only to tune detectors on, never reported")

    def keeps(self, utterance: object) -> bool:
        """Whether ``where`` chooses an utterance."""
        return all(getattr(utterance, key) in values for key, values in self.where.items())

    @model_validator(mode="after")
    def _consistent(self) -> OodSetConfig:
        if (self.source == "held-out") != (self.condition == "ood-near"):
            raise ValueError("condition ood-near and source held-out go together")
        if self.condition == "ood-shift" and self.source != "corpus":
            raise ValueError("condition ood-shift needs source corpus")
        if (self.source == "corpus") != (self.corpus is not None):
            raise ValueError("source corpus needs `corpus`: its name; other sources have none")
        if self.where and self.source not in ("corpus", "held-out"):
            raise ValueError(f"where: source {self.source} has no attributes to choose by")
        if self.split == "dev" and self.condition == "ood-near":
            raise ValueError("split dev: held-out emotions are for test alone")
        allowed = KINDS.get(self.source, ())
        if unknown := sorted(set(self.kinds) - set(allowed)):
            raise ValueError(f"kinds: {', '.join(unknown)}; source {self.source} has {', '.join(allowed) or 'none'}")
        return self


class OodConfig(Strict):
    """The `ood` part of a recipe."""

    detectors: list[DetectorName] = Field(
        default_factory=lambda: list(DEFAULT_DETECTORS),
        min_length=1,
        description=f"of {', '.join(get_args(DetectorName))}",
    )
    options: dict[DetectorName, dict[str, float]] = Field(
        default_factory=dict, description="hyper-parameters that differ from the detector's own, e.g. {knn: {k: 5}}"
    )
    tune_on: str | None = Field(
        None, description="a set with split dev: hyper-parameters by AUROC of dev against it, else the detector's own"
    )
    sets: dict[str, OodSetConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names(self) -> OodConfig:
        if len(set(self.detectors)) != len(self.detectors):
            raise ValueError("detectors holds a name twice")
        if self.tune_on is not None:
            dev = sorted(name for name, ood_set in self.sets.items() if ood_set.split == "dev")
            if self.tune_on not in dev:
                raise ValueError(f"tune_on: {self.tune_on!r} is not a set with split dev; there are {dev}")
        for detector, options in self.options.items():
            allowed = OPTIONS.get(detector, ())
            if unknown := sorted(set(options) - set(allowed)):
                raise ValueError(f"options.{detector}: {', '.join(unknown)}; allowed: {', '.join(allowed) or 'none'}")
        for name in self.sets:
            if name in ("train", "dev", "test"):
                raise ValueError(f"sets.{name}: train, dev and test are the run's own")
        return self

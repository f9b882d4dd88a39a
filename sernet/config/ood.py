"""Which detectors run, and the out-of-distribution sets they are tested on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from sernet.config.base import Name, Strict

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
    "raw_mahalanobis",
    "knn",
    "vim",
    "react",
    "odin",
    "rodin",
    "mc_dropout",
    "ensemble",
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
NETWORK_DETECTORS: tuple[DetectorName, ...] = ("odin", "rodin", "mc_dropout")
"""Those that ask the network itself, not its saved scores."""
TRIVIAL_DETECTORS: tuple[DetectorName, ...] = ("duration", "level", "bandwidth")
"""Those that hear the recording, not the model."""

Condition = Literal["ood-near", "ood-shift", "ood-far", "corrupted"]
Source = Literal["held-out", "corpus", "noise", "tones", "silence", "reversed", "scrambled", "corrupted"]
Corruption = Literal[
    "white",
    "babble",
    "environment",
    "clipping",
    "telephone",
    "mu-law",
    "mp3",
    "opus",
    "vorbis",
    "reverberation",
    "speed",
    "padding",
]

Attribute = Literal["corpus", "speaker", "emotion", "gender", "language", "intensity", "text", "session"]

STRENGTHS: dict[str, tuple[str, float, float]] = {
    **dict.fromkeys(("white", "babble", "environment"), ("signal-to-noise ratio in dB", -30, 60)),
    "clipping": ("share of the samples that are cut off", 0, 0.9),
    **dict.fromkeys(("mp3", "opus", "vorbis"), ("compression, 0 (best sound) to 1 (smallest file)", 0, 1)),
    "reverberation": ("reverberation time in seconds", 0.05, 5),
    "speed": ("factor of the rate", 0.25, 4),
    "padding": ("seconds at each end", 0.01, 60),
}
"""What `strength` means for each corruption that has one, with its limits."""


@dataclass(frozen=True)
class Limits:
    """What a hyper-parameter may be: ``low`` to ``high``, and ``whole`` numbers only or also what lies between."""

    low: float
    high: float
    whole: bool = False

    def admit(self, value: float) -> bool:
        """Whether ``value`` is allowed; what is not finite never is."""
        return self.low <= value <= self.high and (not self.whole or float(value).is_integer())

    def __str__(self) -> str:
        return f"{'a whole number, ' if self.whole else ''}{self.low:g} to {self.high:g}"


SMALL = 1e-6
"""In place of 0 where a hyper-parameter must be larger: what is smaller still leaves no digits."""
TEMPERATURE = Limits(SMALL, 1e6)
SHARE = Limits(SMALL, 1 - SMALL)
COUNT = Limits(1, 1e9, whole=True)

OPTIONS: dict[str, dict[str, Limits]] = {
    "energy": {"temperature": TEMPERATURE},
    "gen": {"gamma": SHARE, "top": COUNT},
    "knn": {"k": COUNT, "bank": COUNT},
    "mc_dropout": {"rate": SHARE, "draws": Limits(1, 10_000, whole=True)},
    "odin": {"temperature": TEMPERATURE, "step": Limits(0, 100)},
    "react": {"percentile": Limits(SMALL, 100 - SMALL)},
    "rodin": {"temperature": TEMPERATURE, "step": Limits(0, 100)},
    "vim": {"share": SHARE},
}
"""The hyper-parameters of each detector that has some, and what they may be."""

KINDS: dict[str, tuple[str, ...]] = {"noise": ("white", "pink"), "tones": ("tone", "chord", "sweep")}
"""The signals of each synthetic source that has several."""


class OodSetConfig(Strict):
    """One set, one score file. A far set and its unmatched twin are two sets."""

    condition: Condition
    source: Source = Field(
        description="held-out: emotions that the run does not train, by the test speakers; corpus: utterances of "
        "another corpus; reversed, scrambled: the ID speech played backwards, or cut into 50 ms pieces and shuffled; "
        "corrupted: the ID speech with its label, spoilt by `corruption`"
    )
    corpus: Name | None = Field(None, description="for source corpus, and for corruption environment: its name")
    corruption: Corruption | None = Field(None, description="for source corrupted: what happens to the speech")
    strength: float | None = Field(
        None, description="; ".join(f"{name}: {meaning}" for name, (meaning, _, _) in STRENGTHS.items())
    )
    where: dict[Attribute, list[str]] = Field(
        default_factory=dict, description="keep utterances whose attribute is one of these, e.g. {emotion: [calm]}"
    )
    kinds: list[str] = Field(default_factory=list, description="for noise and tones: only these signals")
    matched: bool = Field(True, description="far sets: durations, levels and band of the ID test set")
    split: Literal["test", "dev"] = Field("test", description="dev: only to tune detectors on, never reported")

    @property
    def made(self) -> bool:
        """Whether the set is made from samples; the others are features that are there."""
        return self.source not in ("held-out", "corpus") or self.condition == "ood-far"

    def keeps(self, utterance: object) -> bool:
        """Whether ``where`` chooses an utterance."""
        return all(getattr(utterance, key) in values for key, values in self.where.items())

    def shares(self, other: OodSetConfig) -> bool:
        """Whether it is sure, whatever the corpus holds, that both take the same utterances of it.

        Stage 1 finds those that it is not sure of.
        """
        if self.corpus is None or self.corpus != other.corpus:
            return False
        common = self.where.keys() & other.where.keys()
        met = all(set(self.where[key]) & set(other.where[key]) for key in common)
        return met and (not self.where or not other.where or self.where.keys() == other.where.keys())

    @model_validator(mode="after")
    def _consistent(self) -> OodSetConfig:
        if (self.source == "held-out") != (self.condition == "ood-near"):
            raise ValueError("condition ood-near and source held-out go together")
        if self.condition == "ood-shift" and self.source != "corpus":
            raise ValueError("condition ood-shift needs source corpus")
        if (self.source == "corrupted") != (self.condition == "corrupted"):
            raise ValueError("condition corrupted and source corrupted go together")
        if (self.source == "corpus" or self.corruption == "environment") != (self.corpus is not None):
            raise ValueError("source corpus needs `corpus`: its name; other sources have none")
        self._corruption()
        if self.where and self.corpus is None and self.source != "held-out":
            raise ValueError(f"where: source {self.source} has no attributes to choose by")
        if self.split == "dev" and self.condition == "ood-near":
            raise ValueError("split dev: held-out emotions are for test alone")
        if self.split == "dev" and not self.made:
            raise ValueError(f"split dev: condition {self.condition} is for test alone")
        allowed = KINDS.get(self.source, ())
        if unknown := sorted(set(self.kinds) - set(allowed)):
            raise ValueError(f"kinds: {', '.join(unknown)}; source {self.source} has {', '.join(allowed) or 'none'}")
        return self

    def _corruption(self) -> None:
        if (self.corruption is None) != (self.source != "corrupted"):
            raise ValueError("`corruption` goes with source corrupted")
        if (self.strength is None) == (self.corruption in STRENGTHS):
            needs = STRENGTHS[self.corruption][0] if self.corruption in STRENGTHS else "none"
            raise ValueError(f"strength: corruption {self.corruption} has {needs}")
        if self.corruption in STRENGTHS and self.strength is not None:
            meaning, low, high = STRENGTHS[self.corruption]
            if not low <= self.strength <= high:
                raise ValueError(f"strength: {meaning}, {low:g} to {high:g}; {self.strength:g} is not")


def _listed(value: object) -> object:
    """A single name for a list of one, null for none."""
    return [] if value is None else [value] if isinstance(value, str) else value


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
    tune_on: Annotated[list[Name], BeforeValidator(_listed)] = Field(
        default_factory=list,
        description="sets with split dev: hyper-parameters by mean AUROC of dev against them, else the detector's own",
    )
    sets: dict[Name, OodSetConfig] = Field(
        default_factory=dict, description="beside `STANDARD_SETS`, which need no definition"
    )

    def scored(self, names: Iterable[str]) -> list[tuple[DetectorName, str]]:
        """Which detector scores which of the sets ``names``; all score ``test``, where there is any set.

        Corrupted sets are for those that work from saved scores: nothing is rejected there, answers are only ranked.
        """
        names = list(names)
        corrupted = {name for name, ood_set in self.sets.items() if ood_set.condition == "corrupted"}
        return [
            (detector, name)
            for detector in self.detectors
            for name in (["test", *names] if names else [])
            if name not in corrupted or detector not in (*NETWORK_DETECTORS, *TRIVIAL_DETECTORS)
        ]

    @model_validator(mode="after")
    def _names(self) -> OodConfig:
        if len(set(self.detectors)) != len(self.detectors):
            raise ValueError("detectors holds a name twice")
        dev = sorted(name for name, ood_set in self.sets.items() if ood_set.split == "dev")
        if unknown := sorted(set(self.tune_on) - set(dev)):
            raise ValueError(f"tune_on: {unknown[0]!r} is not a set with split dev; there are {dev}")
        for detector, options in self.options.items():
            allowed = OPTIONS.get(detector, {})
            if unknown := sorted(set(options) - set(allowed)):
                raise ValueError(f"options.{detector}: {', '.join(unknown)}; allowed: {', '.join(allowed) or 'none'}")
            for name, value in options.items():
                if not allowed[name].admit(value):
                    raise ValueError(f"options.{detector}.{name}: {allowed[name]}; {value:g} is not")
        for name in self.sets:
            if name in ("train", "dev", "test"):
                raise ValueError(f"sets.{name}: train, dev and test are the run's own")
        return self


def _standard_sets() -> dict[str, OodSetConfig]:
    sounds = {"corpus": "esc10", "where": {"session": ["006", "007", "008", "009", "010"]}}
    levels: dict[str, list[float]] = {
        **dict.fromkeys(("white", "babble", "environment"), [20, 15, 10, 5, 0, -5]),
        "clipping": [0.01, 0.1],
        "mp3": [0.9],
        "opus": [0.9, 1],
        "vorbis": [1],
        "reverberation": [0.3, 0.6, 1.2],
        "speed": [0.8, 0.9, 1.1, 1.25],
        "padding": [0.5, 2],
    }
    found = {}
    for name in get_args(Corruption):
        more = sounds if name == "environment" else {}
        for strength in levels.get(name, [None]):
            label = name if strength is None else f"{name}_{strength:g}"
            raw = {"condition": "corrupted", "source": "corrupted", "corruption": name, "strength": strength, **more}
            found[label] = OodSetConfig.model_validate(raw)
    return found


STANDARD_SETS = _standard_sets()
"""Corrupted sets that every recipe may name without defining them: `white_10` is white noise at 10 dB."""

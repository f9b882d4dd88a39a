"""The detectors that a bundle can carry, frozen: numpy alone, so that a first result comes soon.

They are fitted by `sernet.ood`; here are what they have learnt, as arrays, and their scores, the same to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sernet.errors import UsageError
from sernet.ood.base import Floats, confidence_gap
from sernet.ood.head import unit

if TYPE_CHECKING:
    from sernet.ood.registry import AnyDetector

DEFAULT = "mahalanobis"
"""Where no OOD dev set says which: its statistics are small, and hold no single training utterance."""


@dataclass(frozen=True)
class Head:
    """The emotion head: rows ``weight`` (classes, dim); ``normalised`` is additive-margin softmax."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    scale: float
    normalised: bool

    def __call__(self, embedding: NDArray) -> tuple[Floats, Floats]:
        """Logits and cosines, both (n, classes), of embeddings (n, dim)."""
        weight = self.weight.astype(np.float64)
        cosine = unit(np.asarray(embedding, dtype=np.float64)) @ unit(weight).T
        return (self.scale * cosine if self.normalised else embedding @ weight.T + self.bias), cosine

    def features(self, embedding: NDArray) -> Floats:
        """What the linear layer sees of embeddings (n, dim)."""
        embedding = np.asarray(embedding, dtype=np.float64)
        return unit(embedding) if self.normalised else embedding


@dataclass(frozen=True)
class Frozen:
    """A fitted detector: its name, hyper-parameters and arrays."""

    name: str
    options: Mapping[str, float]
    arrays: Mapping[str, np.ndarray]

    def score(self, embedding: NDArray, head: Head) -> Floats:
        """(n,), larger = more outlying, for embeddings (n, dim)."""
        logits, cosine = head(embedding)
        return KINDS[self.name].score(Seen(embedding, head.features(embedding), logits, cosine), self)


@dataclass(frozen=True)
class Seen:
    """What a detector sees of n utterances."""

    embedding: NDArray
    features: Floats
    logits: Floats
    cosine: Floats


@dataclass(frozen=True)
class Kind:
    """How a detector of `sernet.ood` is frozen (its arrays and options), and how it then scores."""

    score: Callable[[Seen, Frozen], Floats]
    arrays: Callable[[Any], dict[str, np.ndarray]] = lambda detector: {}
    options: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of its arrays; "any" is a number of rows that nothing else says."""


GAUSSIANS = {"whiten": ("dim", "dim"), "means": ("any", "dim")}


def freeze(detector: AnyDetector) -> Frozen:
    """What a fitted detector has learnt."""
    kind = KINDS[detector.name]
    options = {name: float(getattr(detector, name)) for name in kind.options}
    return Frozen(detector.name, options, kind.arrays(detector))


def check_name(name: str) -> None:
    """Raises UsageError where a bundle cannot carry the detector ``name``."""
    if name not in KINDS:
        raise UsageError(f"--detector {name}: a bundle can carry {', '.join(KINDS)}")


def _energy(seen: Seen, frozen: Frozen) -> Floats:
    temperature = frozen.options["temperature"]
    return -temperature * np.logaddexp.reduce(seen.logits / temperature, axis=1)


def _distance(features: Floats, whiten: Floats, means: Floats) -> Floats:
    white = features @ whiten.T
    return np.min([np.sum((white - mean) ** 2, axis=1) for mean in means], axis=0)


def _mahalanobis(seen: Seen, frozen: Frozen) -> Floats:
    return _distance(seen.features, frozen.arrays["whiten"], frozen.arrays["means"])


def _relative(seen: Seen, frozen: Frozen) -> Floats:
    background = _distance(seen.features, frozen.arrays["background_whiten"], frozen.arrays["background_means"])
    return _mahalanobis(seen, frozen) - background


def _knn(seen: Seen, frozen: Frozen) -> Floats:
    bank = frozen.arrays["bank"]
    k = min(int(frozen.options["k"]), len(bank)) - 1
    distances = (np.linalg.norm(bank - vector, axis=1) for vector in unit(seen.embedding.astype(np.float64)))
    return np.array([np.partition(distance, k)[k] for distance in distances])


def _gaussians(gaussians: Any, prefix: str = "") -> dict[str, np.ndarray]:
    return {f"{prefix}whiten": np.linalg.inv(gaussians.cholesky), f"{prefix}means": np.asarray(gaussians.means)}


KINDS: dict[str, Kind] = {
    "mahalanobis": Kind(_mahalanobis, lambda detector: _gaussians(detector.gaussians), shapes=GAUSSIANS),
    "relative_mahalanobis": Kind(
        _relative,
        lambda detector: _gaussians(detector.gaussians) | _gaussians(detector.background, "background_"),
        shapes=GAUSSIANS | {f"background_{name}": sides for name, sides in GAUSSIANS.items()},
    ),
    "knn": Kind(_knn, lambda detector: {"bank": detector.stored}, ("k",), {"bank": ("any", "dim")}),
    "msp": Kind(lambda seen, frozen: confidence_gap(seen.logits)),
    "max_cosine": Kind(lambda seen, frozen: -seen.cosine.max(axis=1)),
    "max_logit": Kind(lambda seen, frozen: -seen.logits.max(axis=1)),
    "energy": Kind(_energy, options=("temperature",)),
}

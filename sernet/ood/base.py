"""What a detector is: fitted on the ID training set, it gives every utterance a score, larger = more outlying.

Four kinds, by what they see: saved scores (`Detector`), the network (`NetworkDetector`), the scores of several seeds
(`EnsembleDetector`), or the recording alone (`ExampleDetector`, the trivial ones).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.ood.network import Network
    from sernet.score.files import ScoreSet

BLOCK = 8192
"""Utterances treated at once: what bounds the memory."""

Floats = NDArray[np.float64]


class Detector(ABC):
    """A detector that works from saved scores. Its hyper-parameters are its constructor's keyword arguments."""

    name: ClassVar[str]
    needs_network: ClassVar[bool] = False
    grid: ClassVar[dict[str, tuple[float, ...]]] = {}
    """Hyper-parameters worth tuning, with the values to try."""

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:  # noqa: B027, most have nothing to fit
        """Learn statistics from ID ``train``; what must be unseen in training (a temperature) from ID ``dev``."""

    @abstractmethod
    def score(self, scores: ScoreSet) -> Floats:
        """``(n,)``, one value an utterance, larger = more outlying. Bounded memory beyond the scores themselves."""


class NetworkDetector(ABC):
    """A detector that asks the network itself. It has nothing to fit but its hyper-parameters."""

    name: ClassVar[str]
    needs_network: ClassVar[bool] = True
    grid: ClassVar[dict[str, tuple[float, ...]]] = {}

    @abstractmethod
    def score(self, network: Network, examples: Examples) -> Floats:
        """``(n,)``, larger = more outlying, batch by batch."""


class EnsembleDetector(ABC):
    """A detector that works from the saved scores of several seeds of one system and fold."""

    name: ClassVar[str]
    needs_network: ClassVar[bool] = False
    grid: ClassVar[dict[str, tuple[float, ...]]] = {}

    @abstractmethod
    def score(self, members: Sequence[ScoreSet]) -> Floats:
        """``(n,)``, larger = more outlying; a member is one seed's scores of the same utterances."""


class ExampleDetector(ABC):
    """A trivial detector: it sees features only, one number an utterance, and no model.

    Its score is two-sided: how many standard deviations of ID train the number lies from the ID train mean. What
    such a detector separates, a model's detector gets no credit for. Our design.
    """

    name: ClassVar[str]
    needs_network: ClassVar[bool] = False
    grid: ClassVar[dict[str, tuple[float, ...]]] = {}
    resolution: ClassVar[float]
    """The least standard deviation to believe in, in the number's own unit."""

    @staticmethod
    @abstractmethod
    def measure(duration: float, features: NDArray[np.float32]) -> float:
        """The number: from a duration in seconds and log-FBanks ``(frames, bins)``."""

    def fit_examples(self, train: Examples) -> None:
        """Learn mean and standard deviation of the number over ID ``train``."""
        values = self._values(train)
        self.mean = float(values.mean())
        self.deviation = max(float(values.std()), self.resolution)

    def score_examples(self, examples: Examples) -> Floats:
        """``(n,)``, larger = more outlying."""
        return np.abs(self._values(examples) - self.mean) / self.deviation

    def _values(self, examples: Examples) -> Floats:
        pairs = zip(examples.utterances, examples.features, strict=True)
        return np.array([self.measure(utterance.duration, features) for utterance, features in pairs], dtype=float)


def in_blocks(function: Callable[..., Floats], *arrays: NDArray, block: int | None = None) -> Floats:
    """``function(*arrays)`` ``(n,)``, called on ``BLOCK`` rows at a time, each as float64.

    >>> in_blocks(lambda x: x.sum(1), np.ones((3, 2)), block=2)
    array([2., 2., 2.])
    """
    n = len(arrays[0])
    out = np.empty(n)
    for rows in slices(n, block):
        out[rows] = function(*(np.asarray(array[rows], dtype=np.float64) for array in arrays))
    return out


def slices(n: int, block: int | None = None) -> Iterator[slice]:
    """Cut ``range(n)`` into consecutive slices of ``block`` (default ``BLOCK``)."""
    block = block or BLOCK
    return (slice(start, start + block) for start in range(0, n, block))


def labelled(scores: ScoreSet) -> NDArray[np.bool_]:
    """``(n,)``: which utterances have a class of this run."""
    return scores.label >= 0


def confidence_gap(logits: Floats) -> Floats:
    """Log-odds of "not the top class": ``ln((1 - p) / p)`` with ``p`` the largest softmax output; ``(n, c) -> (n,)``.

    It orders like ``1 - p`` but keeps the digits that ``1 - p`` loses where the softmax saturates, as AM-softmax
    with a large scale does. With one class nothing is uncertain: 0 for all.
    """
    if logits.shape[1] == 1:
        return np.zeros(len(logits))
    ordered = np.sort(logits, axis=1)
    return np.logaddexp.reduce(ordered[:, :-1], axis=1) - ordered[:, -1]

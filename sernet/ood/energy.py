"""Free energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from scipy.special import logsumexp

from sernet.ood.base import Detector, Floats, in_blocks

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Energy(Detector):
    """``-T ln sum exp(logit / T)``. Liu et al. 2020, "Energy-based out-of-distribution detection"."""

    name = "energy"
    grid: ClassVar[dict[str, tuple[float, ...]]] = {"temperature": (0.1, 1.0, 10.0)}

    def __init__(self, temperature: float = 1.0) -> None:
        self.temperature = temperature

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(self._energy, scores.logits)

    def _energy(self, logits: Floats) -> Floats:
        return -self.temperature * logsumexp(logits / self.temperature, axis=1)

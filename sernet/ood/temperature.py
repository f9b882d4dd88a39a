"""Temperature-scaled maximum softmax probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sernet.ood.base import Detector, Floats, confidence_gap, in_blocks
from sernet.score.calibration import fit_temperature

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Temperature(Detector):
    """MSP at the temperature of least NLL on ID dev; on ID train where there is no dev, which flatters the model."""

    name = "temperature"

    def fit(self, train: ScoreSet, dev: ScoreSet | None = None) -> None:
        self.temperature = fit_temperature(train if dev is None else dev)

    def score(self, scores: ScoreSet) -> Floats:
        return in_blocks(lambda logits: confidence_gap(logits / self.temperature), scores.logits)

"""Deep ensemble over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sernet.errors import SernetError, first_of
from sernet.ood.base import EnsembleDetector, Floats, in_blocks
from sernet.ood.posteriors import entropy_of_mean

if TYPE_CHECKING:
    from sernet.score.files import ScoreSet


class Ensemble(EnsembleDetector):
    """Entropy of the mean softmax output over the seeds of one system and fold.

    Lakshminarayanan et al. 2017, "Simple and scalable predictive uncertainty estimation using deep ensembles". Every
    utterance of a fold, ID or not, is judged by the same members, so no score is set beside one of another model. All
    seeds get the same scores: for this detector a row of one seed is the ensemble's, and there is no spread over seeds.
    """

    name = "ensemble"

    def score(self, members: Sequence[ScoreSet]) -> Floats:
        first = members[0]
        for other in members[1:]:
            if len(first) != len(other) or (first.utt_id != other.utt_id).any():
                differing = sorted(set(first.utt_id) ^ set(other.utt_id)) or list(first.utt_id)
                raise SernetError(
                    f"ensemble: the seeds were scored on other utterances ({first_of(differing)}): run the stage score"
                )
            if list(first.classes) != list(other.classes):
                raise SernetError("ensemble: the seeds have other classes: train them with one recipe")
        return in_blocks(lambda *logits: entropy_of_mean(logits), *(member.logits for member in members))

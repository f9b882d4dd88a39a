"""Every row of one place: one run's models on one test set.

Places know nothing of each other, so each can be asked in a process of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sernet.report.cells import Reader, read_outputs
from sernet.report.groups import UNTUNED, LabelGroup, Row, Versus
from sernet.report.ood_group import OodGroup
from sernet.report.paired import against
from sernet.report.probed import ProbeGroup
from sernet.report.reliability import ConfidenceGroup, FullSpectrumGroup
from sernet.score.files import Scored


@dataclass(frozen=True)
class PlaceOfRun:
    """What the rows of a place are made from.

    Args:
        constant: the fields that all its rows share.
        members: the models that were scored there.
        shifted: of each member's folder, the shift sets that the model was scored on, too.
        rivals: of each rival run, what was scored on the same corpus under the same condition.
        baseline, detectors, versus, probes, undrawn, tuned: see `build_results`, of this run.
        apart: whether the run's folds stand apart.
    """

    constant: Row
    members: Sequence[Scored]
    shifted: Mapping[Path, Sequence[Scored]]
    rivals: Sequence[Sequence[Scored]]
    baseline: str
    detectors: Sequence[str] | None
    versus: Versus
    probes: Sequence[str]
    undrawn: Collection[str]
    tuned: Collection[str] | None
    apart: bool

    def rows(self) -> list[Row]:
        """The rows of all folds, and of those that stand apart or were not tuned on.

        Raises:
            SernetError: a score file is missing, damaged, or systems (or rivals) were scored on different utterances.
        """
        read = lru_cache(maxsize=None)(read_outputs)
        rows = self._of(self.members, read)
        if self.apart:
            for fold in sorted({item.fold for item in self.members}, key=str):
                of_fold = self._of([item for item in self.members if item.fold == fold], read)
                rows += [row | {"fold": fold} for row in _means(of_fold)]
        elif self.tuned is not None:
            untuned = [item for item in self.members if self._is_untuned(item, read, self.tuned)]
            # Where nobody is tuned on, their mean is the mean.
            if 0 < len(untuned) < len(self.members):
                rows += [row | {"fold": UNTUNED} for row in _means(self._of(untuned, read))]
        return rows

    def _of(self, members: Sequence[Scored], read: Reader) -> list[Row]:
        constant, common = self.constant, (self.baseline, read)
        if not constant["condition"].startswith("ood-"):
            found = LabelGroup(constant, members, *common, versus=self.versus, undrawn=self.undrawn).rows()
            found += ConfidenceGroup(constant, members, *common, self.detectors, self.versus, self.undrawn).rows()
            if constant["condition"] != "corrupted":
                found += ProbeGroup(constant, members, *common, self.probes, self.versus, self.undrawn).rows()
            for theirs in self.rivals:
                found += against(constant, members, theirs, read)
            return found
        found = OodGroup(constant, members, *common, self.detectors, self.versus).rows()
        shifted = {item.directory: self.shifted[item.directory] for item in members}
        if constant["condition"] != "ood-shift" and any(shifted.values()):
            found += FullSpectrumGroup(constant, members, *common, self.detectors, self.versus, shifted).rows()
        return found

    @staticmethod
    def _is_untuned(item: Scored, read: Reader, tuned: Collection[str]) -> bool:
        """Whether a model is tested on nobody whom its settings were chosen on (of an OOD set, the ID side counts)."""
        test = item.file("test") if item.condition.startswith("ood-") else item.score_file
        return not set(tuned) & {*map(str, read(test, item.view).unit)}


def _means(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["seed"] is None and row["fold"] == "mean"]

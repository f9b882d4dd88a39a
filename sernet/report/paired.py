"""The difference between two sets of models that are no systems of one run: two runs, or two experiments.

Theirs must be the same test utterances, fold by fold; both are then resampled together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.report.cells import Outputs, Reader
from sernet.report.groups import LabelGroup, Row
from sernet.score.files import Scored

HERE, THERE = "here", "there"
Model = tuple[int, int | str]
"""Seed and fold."""


def same_utterances(here: Outputs, there: Outputs) -> tuple[Outputs, Outputs]:
    """The outputs of two models on the same utterances, classes in the same order, speakers known.

    Raises:
        SernetError: they are not comparable; says why.
    """
    if set(here.classes) != set(there.classes):
        raise SernetError(f"other classes ({', '.join(sorted(set(here.classes) ^ set(there.classes)))})")
    mine, theirs = set(here.utt_id.tolist()), set(there.utt_id.tolist())
    if mine != theirs:
        raise SernetError(f"other test utterances ({len(mine & theirs)} in common, {len(mine ^ theirs)} not)")
    here, there = here[np.argsort(here.utt_id)], there[np.argsort(there.utt_id)]
    order = [here.classes.index(name) for name in there.classes]
    here = replace(here, label=np.argsort(order)[here.label], logits=here.logits[:, order], classes=there.classes)
    if (unequal := here.label != there.label).any():
        raise SernetError(f"other labels ({first_of(here.utt_id[unequal])})")
    unit = here.unit if (here.unit != "").all() else there.unit
    if (unit == "").any():
        raise SernetError(f"speakers are not known ({first_of(there.utt_id[unit == ''])}); give a folder of exp/")
    return replace(here, unit=unit), replace(there, unit=unit)


class Pair(LabelGroup):
    """Two sets of models as though they were two systems of one run: their UAR, and its paired difference.

    The draws hang on what ``constant`` says of recipe, run and place: the intervals are those of its own report.

    Args:
        constant: of the rows, as for `LabelGroup`.
        sides: `HERE` and `THERE` (which is subtracted): the models' outputs on the same utterances.
    """

    names = ("uar",)

    def __init__(self, constant: Row, sides: Mapping[str, Mapping[Model, Outputs]]) -> None:
        known: dict[Path, Outputs] = {}
        members = []
        place = (constant["train"], constant["test"], constant["condition"], "test")
        for side, models in sides.items():
            for (seed, fold), output in models.items():
                item = Scored(constant["run"], side, fold, seed, *place, Path(side) / f"{fold}" / f"{seed}")
                known[item.score_file] = output
                members.append(item)
        super().__init__(constant, members, THERE, lambda path, _: known[path])

    def rows(self) -> list[Row]:
        outputs = {item: self.read(item.score_file, None) for item in self.members}
        names = np.unique(np.concatenate([output.unit for output in outputs.values()]))
        self.units = {str(name): column for column, name in enumerate(names)}
        cells = [self.label_cell(item, output, item.system) for item, output in outputs.items()]
        draws = self.draws(cells)
        rows = self.contrasts(cells, draws)
        for side in (HERE, THERE):
            mine = [cell for cell in cells if cell.system == side]
            rows += self.aggregate(mine, draws, self.names, system=side, seed=None, fold="mean")
        return [row for row in rows if row["metric"] == "uar"]


def against(constant: Row, here: Sequence[Scored], there: Sequence[Scored], read: Reader) -> list[Row]:
    """What the models of a run have over those of another on the same test set, system by system.

    ``versus`` of the rows is `<the other run>/<system>`. Seeds and folds that both have.

    Raises:
        SernetError: they were tested on other utterances, or decide among other classes.
    """
    rows = []
    for system in sorted({item.system for item in here} & {item.system for item in there}):
        mine, theirs = ({(i.seed, i.fold): i for i in side if i.system == system} for side in (here, there))
        sides: dict[str, dict[Model, Outputs]] = {HERE: {}, THERE: {}}
        for model in sorted(set(mine) & set(theirs), key=str):
            one, other = (read(item.score_file, item.view) for item in (mine[model], theirs[model]))
            try:
                pair = same_utterances(one[one.label >= 0], other[other.label >= 0])
            except SernetError as error:
                key = f"runs.{constant['run']}.against"
                raise SernetError(
                    f"{key}: {theirs[model].run}, fold {model[1]}: {error}; give both the same classes and folds, or "
                    f"leave it out: --set '{key}=[]'"
                ) from None
            sides[HERE][model], sides[THERE][model] = pair
        if sides[HERE]:
            difference = next(row for row in Pair(constant, sides).rows() if row["versus"])
            rows.append(difference | {"system": system, "versus": f"{theirs[model].run}/{system}"})
    return rows

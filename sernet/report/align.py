"""Which runs of two experiments are compared: those of one name, else those of one protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sernet.errors import SernetError
from sernet.report.measured import Measured, Place

LinedUp = dict[str, list[Place | None]]
"""What is compared, in words -> where it is in each experiment."""
At = tuple[int, Place]
"""The number of an experiment, and a place in it."""
SAME_NAME = "the same name"
SAME_PROTOCOL = "the same corpora, classes, folds and test utterances"
ONLY_ONES = "the same corpora, as the only ones"
OTHER_TRAINING = "the same name and test, other training corpora"
Protocol = frozenset[tuple[str, frozenset[tuple[str, str]]]]
"""For each fold, the test utterances with their classes."""


@dataclass
class Alignment:
    """What is compared with what. ``how`` says why, ``alone`` what has no counterpart."""

    places: LinedUp = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)

    def partners(self, one: int, other: int) -> set[tuple[str, str]]:
        """The runs of two experiments, by number, that are compared."""
        pairs = ((found[one], found[other]) for found in self.places.values())
        return {(here.run, there.run) for here, there in pairs if here and there}

    def only(self, kept: Sequence[int]) -> Alignment:
        """Of these experiments."""
        return Alignment({name: [found[index] for index in kept] for name, found in self.places.items()})

    def renamed(self, index: int, settings: Mapping[str, Any]) -> dict[str, Any]:
        """An experiment's settings, its runs under the names of those that they are compared with."""
        names = {there: here for here, there in self.partners(0, index)} if index else {}
        runs = dict(settings.get("runs") or {})
        return dict(settings) | ({"runs": {names.get(run, run): value for run, value in runs.items()}} if runs else {})


def align(experiments: Sequence[Measured], conditions: Sequence[str], labelled: Alignment | None = None) -> Alignment:
    """Line up the places of several experiments.

    First those of the same name. Of the rest those that train and test the same: where there are several, those that
    share a fold's test utterances with their classes. Last those of the same name and test (a run with `start_from` has
    trained on more). What leaves a choice is not compared.

    Args:
        labelled: how the runs were lined up by their labelled sets; decides for out-of-distribution sets, which have no
            protocol of their own.
    """
    where: dict[Place, list[Place | None]] = defaultdict(lambda: [None] * len(experiments))
    how: dict[Place, str] = {}
    for index, experiment in enumerate(experiments):
        for place in experiment.places(*conditions):
            where[place][index] = place
            how[place] = SAME_NAME

    def same(one: At, other: At) -> bool:
        (i, here), (j, there) = one, other
        if labelled is not None:
            return (here.run, there.run) in labelled.partners(i, j)
        return bool(_protocol(experiments[i], here) & _protocol(experiments[j], there))

    for alike, reason in ((("condition", "train", "test"), ONLY_ONES), (("run", "condition", "test"), OTHER_TRAINING)):
        rest: dict[tuple[str, ...], list[At]] = defaultdict(list)
        for place, found in where.items():
            if sum(one is not None for one in found) == 1:
                index = next(i for i, one in enumerate(found) if one)
                rest[tuple(place.fields[key] for key in alike)].append((index, place))
        for some in rest.values():
            numbers = [index for index, _ in some]
            for group in [some] if len(set(numbers)) == len(numbers) else _by_protocol(some, same):
                first, *others = group
                if others:
                    mine = dict(group)
                    where[first[1]] = [mine.get(index) for index in range(len(experiments))]
                    how[first[1]] = SAME_PROTOCOL if all(same(first, other) for other in others) else reason
                    for _, place in others:
                        del where[place]
    found_all = Alignment()
    for place, found in where.items():
        there = [one for one in found if one]
        if len(there) > 1:
            found_all.places[_named(there)] = found
            found_all.how[_named(there)] = how[place]
        else:
            label = experiments[next(i for i, one in enumerate(found) if one)].label
            found_all.alone.append(f"{_named([place])} ({place.condition}): only in {label}")
    return found_all


def _by_protocol(places: Sequence[At], same: Callable[[At, At], bool]) -> list[list[At]]:
    """Groups of one place of each experiment, of one protocol; none where an experiment offers several."""
    groups: list[list[At]] = []
    taken: set[At] = set()
    for first in places:
        group = [first, *(other for other in places if other[0] > first[0] and same(first, other))]
        rivals = [other for other in places if other[0] == first[0] and other != first]
        doubtful = any(same(rival, other) for rival in rivals for other in group[1:])
        numbers = [index for index, _ in group]
        if not doubtful and len(set(numbers)) == len(numbers) and not taken & set(group):
            groups.append(group)
            taken |= set(group)
    return groups


def _protocol(experiment: Measured, place: Place) -> Protocol:
    """By one model of each fold; empty where nobody kept what was said."""
    found = {}
    for model in experiment.models(place):
        if str(model.fold) not in found:
            try:
                outputs = experiment.outputs(place, model)
            except SernetError:
                continue
            classes = [outputs.classes[label] for label in outputs.label]
            found[str(model.fold)] = frozenset(zip(outputs.utt_id.tolist(), classes, strict=True))
    return frozenset(found.items())


def _named(places: Sequence[Place]) -> str:
    runs, trained = (" / ".join(dict.fromkeys(getattr(place, key) for place in places)) for key in ("run", "train"))
    tested = places[0].test
    return f"{runs}: {tested if trained == tested else f'{trained} -> {tested}'}"

"""The order of an ablation: which comparison of two systems is one step, and which goes over several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from graphlib import TopologicalSorter
from itertools import chain

Pair = tuple[str, str]
"""A system and what was subtracted from it."""


def depths(pairs: Iterable[Pair]) -> dict[str, int]:
    """How many steps each system is away from those that are compared with nothing, by the longest way.

    >>> depths([("am", "baseline"), ("msac", "baseline"), ("msac", "am")])
    {'baseline': 0, 'am': 1, 'msac': 2}
    """
    before: dict[str, set[str]] = defaultdict(set)
    for system, versus in pairs:
        before[system].add(versus)
    found: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        found[name] = 1 + max((found[other] for other in before.get(name, ())), default=-1)
    return found


def step_by_step(places: Sequence[Sequence[Pair]], order: Sequence[str] = ()) -> dict[Pair, bool]:
    """All pairs in the order to be shown, and whether each is a step: then its second system is the one just before.

    Just before a system is, of those that it is compared with at a place, the one that most steps lead to; of several
    such the last in ``order``, before all that are not in it.

    >>> step_by_step([[("am", "baseline"), ("msac", "baseline"), ("msac", "am")]])
    {('am', 'baseline'): True, ('msac', 'am'): True, ('msac', 'baseline'): False}
    """
    everything = set(chain.from_iterable(places))
    depth = depths(sorted(everything))

    def known(system: str) -> tuple[int, str]:
        return (order.index(system) if system in order else -1), system

    steps = {
        max((pair for pair in pairs if pair[0] == system), key=lambda pair: (depth[pair[1]], *known(pair[1])))
        for pairs in places
        for system in {name for name, _ in pairs}
    }

    def rank(pair: Pair) -> tuple[bool, int, str, int, str]:
        system, versus = pair
        return pair not in steps, depth[system], system, -depth[versus], versus

    return {pair: pair in steps for pair in sorted(everything, key=rank)}

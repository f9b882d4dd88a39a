"""Recordings that are heard twice within and between the corpora of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sernet.corpus import duplicates, hearing
from sernet.corpus.utterances import Utterance


@dataclass(frozen=True)
class Double:
    """Two utterances that are one recording, in whole or in part; seconds of it, and the correlation there."""

    first: Utterance
    second: Utterance
    correlation: float
    seconds: float


def find(folders: Mapping[str, Path]) -> list[Double]:
    """Doubles within each prepared corpus, as they were heard, then between the corpora; ``folders`` are data/<corpus>.

    Raises:
        SernetError: audio cannot be read any more.
    """
    heard = [hearing.of_corpus(folder) for folder in folders.values()]
    found = []
    for one in heard:
        found += [_double(one.indexed[o.first].utterance, one.indexed[o.second].utterance, o) for o in one.doubles]
    if len(heard) < 2:
        return found
    places = [(one, place) for one in heard for place in range(len(one.indexed))]
    number = [number for number, one in enumerate(heard) for _ in one.indexed]

    def load(index: int) -> duplicates.Samples:
        one, place = places[index]
        return one.load(place)

    for overlap in duplicates.compare([print_ for one in heard for print_ in one.prints], load, number):
        if overlap.correlation >= duplicates.CORRELATION:
            first, second = (
                one.indexed[place].utterance for one, place in (places[overlap.first], places[overlap.second])
            )
            found.append(_double(first, second, overlap))
    return found


def _double(first: Utterance, second: Utterance, overlap: duplicates.Overlap) -> Double:
    return Double(first, second, overlap.correlation, overlap.seconds)

"""A corpus gone through once: who says how much of what, and what is heard twice.

What folds are made from and checked by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sernet.corpus.cuts import Listed, speaker_of
from sernet.corpus.utterances import Indexed, Utterance
from sernet.pipeline.sorting import Sorted


class Twin(NamedTuple):
    """One of several utterances that share audio."""

    id: str
    speaker: str
    corpus: str


@dataclass
class Census:
    """The people of one corpus. It grows with them, not with their utterances, but for those by nobody knows whom."""

    corpus: str
    emotions: dict[str, Counter[str | None]] = field(default_factory=dict)
    """Of each speaker."""
    nameless: Counter[str | None] = field(default_factory=Counter)
    """The emotions of utterances by nobody knows whom, where those are not people of their own."""
    unknown: int = 0
    """How many utterances nobody knows the speaker of."""
    first: dict[tuple[str, str | None, str | None], Utterance] = field(default_factory=dict, repr=False)

    @property
    def voices(self) -> list[Utterance]:
        """An utterance of each speaker, gender and session."""
        return list(self.first.values())

    @property
    def speakers(self) -> Set[str]:
        return self.emotions.keys()

    @property
    def counters(self) -> list[Counter[str | None]]:
        """All that is heard of emotion."""
        return [*self.emotions.values(), self.nameless]


class Echoes:
    """Utterances of several corpora by the digest of their audio, and by the recording that they are cut from."""

    def __init__(self) -> None:
        self._audio, self._recordings = Sorted(), Sorted()

    def add(self, corpus: str, item: Indexed) -> None:
        """Note one utterance."""
        said = f"{item.utterance.id}\t{item.utterance.speaker}\t{corpus}"
        self._audio.put(item.audio, said)
        if isinstance(item, Listed) and item.recording:
            self._recordings.put(item.recording, said)

    def groups(self) -> list[tuple[str, list[Twin]]]:
        """What is shared, and by whom: where there is more than one speaker, or it could not cross a split."""
        found = []
        for what, pairs in (("the same audio", self._audio), ("segments of one recording", self._recordings)):
            for _, lines in pairs.groups(at_least=2):
                twins = [Twin(*line.split("\t")) for line in lines]
                if len({twin.speaker for twin in twins}) > 1:
                    found.append((what, twins))
        return found


def take(corpus: str, items: Iterable[Indexed], echoes: Echoes, keep_unknown: bool) -> Census:
    """Count one corpus.

    Utterances by nobody knows whom are people of their own if ``keep_unknown``, else only counted.
    """
    census = Census(corpus)
    for item in items:
        utterance = item.utterance
        echoes.add(corpus, item)
        if speaker_of(utterance) is None:
            census.unknown += 1
            if not keep_unknown:
                census.nameless[utterance.emotion] += 1
                continue
        speaker = str(utterance.speaker)
        census.emotions.setdefault(speaker, Counter())[utterance.emotion] += 1
        voice = speaker, utterance.gender, utterance.session
        if voice not in census.first:
            census.first[voice] = replace(utterance, text=None)
    return census


def labels(emotions: Iterable[Counter[str | None]], merge: Mapping[str, str]) -> set[str]:
    """The classes that some speakers' emotions count as."""
    heard = {emotion for counter in emotions for emotion, number in counter.items() if emotion and number > 0}
    return {merge.get(emotion, emotion) for emotion in heard}

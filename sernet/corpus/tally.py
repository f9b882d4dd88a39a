"""What is counted of every utterance as a corpus goes by, however large it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set

from sernet.corpus.cuts import speaker_of
from sernet.corpus.utterances import Indexed


class Tally:
    """Utterances by speaker and emotion, hours, genders; ``watched`` are ids whose speakers must be known."""

    def __init__(self, watched: Set[str] = frozenset()) -> None:
        self.corpus = ""
        self.utterances = 0
        self.seconds = 0.0
        self.counts: Counter[tuple[str | None, str | None]] = Counter()
        """By speaker (None: not told) and emotion."""
        self.genders: dict[str | None, str | None] = {}
        self.speaker: dict[str, str] = {}
        """Of watched utterances."""
        self.emotion: dict[str, str | None] = {}
        """Of watched utterances."""
        self._watched = watched

    def over(self, items: Iterable[Indexed]) -> Iterator[Indexed]:
        """Pass ``items`` on, counting them."""
        for item in items:
            utterance = item.utterance
            speaker = speaker_of(utterance)
            self.corpus = utterance.corpus
            self.utterances += 1
            self.seconds += utterance.duration
            self.counts[speaker, utterance.emotion] += 1
            self.genders[speaker] = utterance.gender
            if utterance.id in self._watched:
                self.speaker[utterance.id] = str(utterance.speaker)
                self.emotion[utterance.id] = utterance.emotion
            yield item

    def of(self, speakers: Set[str], gone: Set[str]) -> Counter[str | None]:
        """Utterances by emotion of some speakers, without those ``gone``; of one nobody knows, an utterance each."""
        found: Counter[str | None] = Counter()
        for (speaker, emotion), number in self.counts.items():
            if speaker in speakers:
                found[emotion] += number
        found.subtract(self.emotion[identity] for identity in gone if self.speaker[identity] in speakers)
        if nameless := len(speakers - {speaker for speaker, _ in self.counts}):
            found[None] += nameless
        return +found

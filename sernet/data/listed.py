"""Folds that somebody has listed, by speaker, session, the release's own split, or utterance, as speakers.

A list goes in as given only where no speaker is on both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from sernet.corpus.cuts import Listed, speaker_of
from sernet.corpus.folder import AUDIO_SUFFIXES
from sernet.corpus.names import speaker_id, utterance_name
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data.census import Census
from sernet.data.protocols import PARTS, Groups
from sernet.errors import SernetError, first_of


def groups(published: Mapping[str, Any], people: Census, items: Iterable[Indexed], where: str) -> Groups:
    """The speakers of each fold of ``published`` (source, by, folds of test, dev and train).

    ``by`` None: speakers where all that is listed are speakers, else utterances. Speakers and utterances are named as
    the corpus names them or by our ids; of an utterance, a path or a file name will do.

    Raises:
        SernetError: a speaker on both sides; a name that the corpus does not have, or has more than once.
    """
    folds, by = published["folds"], published["by"]
    names = {name for fold in folds for part in PARTS for name in fold[part] or []}
    if by == "speaker" or (by is None and all(_speaker(people, name) in people.speakers for name in names)):
        return Groups(
            published["source"],
            [[_speaker(people, name) for name in fold["test"]] for fold in folds],
            [[_speaker(people, name) for name in fold["dev"]] for fold in folds],
            [None if fold["train"] is None else [_speaker(people, name) for name in fold["train"]] for fold in folds],
        )
    sorted_out = [_Sides(fold, by or "utterance") for fold in folds]
    found: Counter[str] = Counter()
    for item in items:
        if str(item.utterance.speaker) not in people.speakers:
            continue  # nobody knows whom, and left out
        values = _values(by or "utterance", item)
        for sides in sorted_out:
            sides.put(item.utterance, values)
        found.update({value for value in values for sides in sorted_out if value in sides.part_of})
    wanted = {name for sides in sorted_out for name in sides.part_of}
    absent = sorted(wanted - set(found))
    if by is None and absent:
        raise SernetError(f"{where}: {people.corpus} has neither speakers nor utterances named {first_of(absent)}")
    if absent and (by != "utterance" or not found):  # of a published list, single files may be missing here
        raise SernetError(f"{where}: {people.corpus} has no {by} named {first_of(absent)}")
    several = sorted(name for name, number in found.items() if number > 1)
    if by in (None, "utterance") and several:
        raise SernetError(f"{where}: {people.corpus} has several utterances named {first_of(several)}; list their ids")
    for number, sides in enumerate(sorted_out):
        if crossing := sides.crossing:
            raise SernetError(
                f"{where}, fold {number}: {len(crossing)} speakers are on both sides of this split, so it is not used: "
                f"{first_of(crossing)}"
            )
    test, dev, train = ([sides.speakers(part) for sides in sorted_out] for part in ("test", "dev", "train"))
    missing = f" ({len(absent)} of its utterances are not here)" if absent else ""
    return Groups(published["source"] + missing, test, dev, [*train], [sides.left_out for sides in sorted_out])


class _Sides:
    """One fold that does not go by speaker, as utterance after utterance is put in its part."""

    def __init__(self, fold: Mapping[str, Any], by: str) -> None:
        self.part_of = {_plain(by, name): part for part in PARTS for name in fold[part] or []}
        self._rest = None if fold["train"] is not None else "train"
        self._parts: dict[str, set[str]] = {}
        self._unnamed: list[Utterance] = []

    def put(self, utterance: Utterance, values: Iterable[str]) -> None:
        part = next((self.part_of[value] for value in values if value in self.part_of), self._rest)
        if part:
            self._parts.setdefault(str(utterance.speaker), set()).add(part)
        else:
            self._unnamed.append(utterance)

    @property
    def crossing(self) -> list[str]:
        """Speakers in more than one part."""
        return sorted(speaker for speaker, parts in self._parts.items() if len(parts) > 1)

    def speakers(self, part: str) -> list[str]:
        return sorted(speaker for speaker, parts in self._parts.items() if part in parts)

    @property
    def left_out(self) -> list[Utterance]:
        """Utterances that the fold does not name, by speakers that it does."""
        return [utterance for utterance in self._unnamed if str(utterance.speaker) in self._parts]


def _values(by: str, item: Indexed) -> list[str]:
    """What a list may call an utterance."""
    utterance = item.utterance
    if by == "utterance":
        prefix = speaker_of(utterance) or utterance.corpus
        return [utterance.id, utterance.id.removeprefix(f"{prefix}-")]
    value = item.split if by == "split" and isinstance(item, Listed) else utterance.session
    return [] if value is None else [value]


def _plain(by: str, name: str) -> str:
    """An utterance's name as our ids end."""
    if by != "utterance":
        return name
    path = PurePosixPath(name)
    return utterance_name(str(path.with_suffix("")) if path.suffix.lower() in AUDIO_SUFFIXES else name)


def _speaker(people: Census, name: str) -> str:
    return name if name in people.speakers else speaker_id(people.corpus, name)

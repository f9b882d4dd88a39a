"""What must hold before anything is trained. Every check names the utterances, or speakers, that break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sernet.config.corpus import CorpusConfig
from sernet.corpus.entries import BadAudio, Entry
from sernet.corpus.utterances import Utterance
from sernet.errors import SernetError

SHOWN = 5


def counts(config: CorpusConfig, entries: Sequence[Entry], allow_partial: bool) -> list[str]:
    """Hold what was found against what the release holds; the differences, a line each.

    Raises:
        SernetError: there are differences, and ``allow_partial`` is not set.
    """
    emotions = Counter(entry.emotion for entry in entries)
    expected = config.expected
    found = [("utterances", len(entries), expected.utterances)]
    found += [("speakers", len({entry.speaker for entry in entries}), expected.speakers)]
    found += [(emotion, emotions[emotion], number) for emotion, number in expected.emotion.items()]
    lines = [f"{what}: {have} of {want}" for what, have, want in found if want is not None and have != want]
    if lines and not allow_partial:
        raise SernetError(
            f"{config.name} is not the release that corpus.yaml describes: {'; '.join(lines)}. "
            f"To go on with what is there: --set corpora.{config.name}.allow_partial=true"
        )
    return lines


def bad_audio(config: CorpusConfig, bad: Sequence[BadAudio], total: int, allowed_share: float) -> None:
    """Refuse when more than ``allowed_share`` of ``total`` files cannot be used.

    Raises:
        SernetError: names each file and what is wrong with it.
    """
    if total and len(bad) / total > allowed_share:
        lines = "".join(f"\n  {item.path}: {item.reason}" for item in bad)
        raise SernetError(
            f"{config.name}: {len(bad)} of {total} files cannot be used, "
            f"more than the allowed share of {allowed_share:g} (corpora.{config.name}.max_bad_share):{lines}"
        )


def genders(utterances: Iterable[Utterance], attribute: str) -> None:
    """Refuse speakers without a gender where a system controls ``attribute`` gender.

    Raises:
        SernetError: names them.
    """
    unknown = sorted({str(u.speaker) for u in utterances if u.gender is None})
    if unknown:
        raise SernetError(
            f"attribute {attribute} is controlled, but these speakers have none in corpus.yaml: {_some(unknown)}; "
            f"list them under speakers, or --set systems.<system>.model.attributes.{attribute}.control=off"
        )


def split(where: str, parts: Mapping[str, Sequence[Utterance]], audio: Mapping[str, str]) -> None:
    """Refuse parts (train, dev, test) that share a speaker or byte-identical audio.

    ``audio`` maps utterance ids to digests of their samples.

    Raises:
        SernetError: names speakers or utterances.
    """
    names = list(parts)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            speakers = {str(u.speaker) for u in parts[first]} & {str(u.speaker) for u in parts[second]}
            if speakers:
                raise SernetError(f"{where}: {first} and {second} share speakers: {_some(sorted(speakers))}")
            heard = {audio[u.id]: u.id for u in parts[first]}
            same = [f"{heard[audio[u.id]]} = {u.id}" for u in parts[second] if audio[u.id] in heard]
            if same:
                raise SernetError(f"{where}: {first} and {second} hold the same audio: {_some(same)}")


def classes(where: str, parts: Mapping[str, Sequence[str | None]], wanted: Sequence[str]) -> None:
    """Refuse a train or test part that lacks a class. ``parts`` holds each part's labels; dev is not bound.

    Raises:
        SernetError: names part and classes.
    """
    for name, labels in parts.items():
        absent = sorted(set(wanted) - {label for label in labels if label is not None})
        if absent and name != "dev":
            raise SernetError(f"{where}: {name} has no utterance of {', '.join(absent)}")


def identical(audio: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Groups of utterances whose samples are the same to the bit."""
    groups: dict[str, list[str]] = {}
    for identity, digest in audio.items():
        groups.setdefault(digest, []).append(identity)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def _some(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest

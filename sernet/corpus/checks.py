"""What must hold before anything is trained. Every check names the utterances, or speakers, that break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import combinations

from sernet.config.corpus import CorpusConfig
from sernet.corpus.entries import BadAudio, Entry
from sernet.corpus.utterances import Utterance
from sernet.errors import SernetError, first_of
from sernet.pipeline.sorting import Sorted

HOURS_OFF = 0.02
"""Share of the hours of a release from which on a difference is said."""
SHOWN = 10
"""Files that an error names."""


def counts(config: CorpusConfig, entries: Iterable[Entry], allow_partial: bool) -> list[str]:
    """Hold what was found against what the release holds; the differences, a line each.

    Raises:
        SernetError: there are differences, and ``allow_partial`` is not set.
    """
    tally = Counter((entry.speaker, entry.emotion) for entry in entries)
    emotions: Counter[str | None] = Counter()
    for (_, emotion), number in tally.items():
        emotions[emotion] += number
    expected = config.expected
    found = [("utterances", tally.total(), expected.utterances)]
    found += [("speakers", len({speaker for speaker, _ in tally}), expected.speakers)]
    found += [(emotion, emotions[emotion], number) for emotion, number in expected.emotion.items()]
    lines = [f"{what}: {have} of {want}" for what, have, want in found if want is not None and have != want]
    if lines and not allow_partial:
        raise SernetError(
            f"{config.name} is not the release that corpus.yaml describes: {'; '.join(lines)}. "
            f"To go on with what is there: --set corpora.{config.name}.allow_partial=true"
        )
    return lines


def sound(config: CorpusConfig, seconds: float, rates: Mapping[int, int], complete: bool) -> list[str]:
    """What differs in hours and sampling rates from the release, a line each; labs resample, so nothing is refused.

    Hours are compared where the utterances are ``complete``; up to `HOURS_OFF` is rounding.
    """
    lines = []
    expected, hours = config.expected, seconds / 3600
    if complete and expected.hours and abs(hours / expected.hours - 1) > HOURS_OFF:
        lines.append(
            f"{hours:.3f} hours, and the release has {expected.hours:g} ({hours / expected.hours - 1:+.0%}) in as many "
            "utterances: they are cut, padded or played at another speed"
        )
    strange = {rate: number for rate, number in rates.items() if rate not in expected.sample_rate}
    if expected.sample_rate and strange:
        found = ", ".join(f"{number} of {rate} Hz" for rate, number in sorted(strange.items()))
        released = " or ".join(map(str, expected.sample_rate))
        lines.append(f"resampled: {found}; the release has {released} Hz")
    return lines


def bad_audio(config: CorpusConfig, bad: Sequence[BadAudio], total: int, allowed_share: float, listed: str) -> None:
    """Refuse when more than ``allowed_share`` of ``total`` utterances cannot be used.

    Raises:
        SernetError: names the first ones and what is wrong with each, and where all are ``listed``.
    """
    if total and len(bad) / total > allowed_share:
        lines = "".join(f"\n  {item.path}: {item.reason}" for item in bad[:SHOWN])
        more = f"\n  and {len(bad) - SHOWN} more; all stand in {listed}" if len(bad) > SHOWN else ""
        raise SernetError(
            f"{config.name}: {len(bad)} of {total} files cannot be used, "
            f"more than the allowed share of {allowed_share:g} (corpora.{config.name}.max_bad_share):{lines}{more}"
        )


def genders(utterances: Iterable[Utterance], attribute: str) -> None:
    """Refuse speakers without a gender where a system controls ``attribute`` gender.

    Raises:
        SernetError: names them.
    """
    unknown = sorted({str(u.speaker) for u in utterances if u.gender is None})
    if unknown:
        raise SernetError(
            f"attribute {attribute} is controlled, but these speakers have none in corpus.yaml: {first_of(unknown)}; "
            f"list them under speakers, or --set systems.<system>.model.attributes.{attribute}.control=off"
        )


def speakers(where: str, parts: Mapping[str, Set[str]]) -> None:
    """Refuse parts (train, dev, test) that share speakers.

    Raises:
        SernetError: names them.
    """
    for first, second in combinations(parts, 2):
        if shared := parts[first] & parts[second]:
            raise SernetError(f"{where}: {first} and {second} share speakers: {first_of(sorted(shared))}")


def echoes(where: str, groups: Iterable[tuple[str, Mapping[str, str | None]]]) -> None:
    """Refuse parts that share what is heard: ``groups`` name it, with the part (or none) of each utterance.

    Raises:
        SernetError: names the first group's utterances of different parts.
    """
    for what, group in groups:
        parts: dict[str, list[str]] = {"train": [], "dev": [], "test": []}
        for identity, part in group.items():
            if part:
                parts[part].append(identity)
        both = [part for part, identities in parts.items() if identities]
        if len(both) > 1:
            pair = " = ".join(parts[part][0] for part in both[:2])
            raise SernetError(f"{where}: {' and '.join(both[:2])} hold {what}: {pair}")


def classes(where: str, parts: Mapping[str, Set[str]], wanted: Sequence[str]) -> None:
    """Refuse a train or test part that lacks a class. ``parts`` holds each part's labels; dev is not bound.

    Raises:
        SernetError: names part and classes.
    """
    for name, labels in parts.items():
        absent = sorted(set(wanted) - labels)
        if absent and name != "dev":
            raise SernetError(f"{where}: {name} has no utterance of {', '.join(absent)}")


def identical(audio: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Groups of utterances whose samples are the same to the bit, from ids and digests."""
    by_digest = Sorted((digest, identity) for identity, digest in audio)
    return sorted(tuple(sorted(group)) for _, group in by_digest.groups(at_least=2))

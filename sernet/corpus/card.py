"""The corpus card: what a careful researcher looks at before training, from the manifests of stage 1.

Counts, sound, what is heard twice, what gives emotion away, and folds that leak; what stands out comes first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sernet.corpus import duplicates, hearing
from sernet.corpus.association import Association, associate
from sernet.corpus.checks import identical
from sernet.corpus.cuts import Cuts, speaker_of
from sernet.corpus.duplicates import Overlap
from sernet.corpus.hearing import LISTENED
from sernet.corpus.sound import Sound
from sernet.corpus.tally import Tally
from sernet.corpus.utterances import Indexed, Utterance
from sernet.emotions import EMOTIONS
from sernet.errors import SernetError
from sernet.pipeline.reading import read_json

NESTED = 0.5
"""Cramer's V from which on an attribute nearly tells the emotion."""
LEAST = 20
"""Clips from which on one length for all is no chance."""
SHOWN = 20
"""Findings of one kind."""
ATTRIBUTES = ("speaker", "gender", "text", "intensity", "session", "language")
MEASURED = ("duration", "level", "bandwidth")


@dataclass(frozen=True)
class Pair:
    """Two utterances that are, in whole or in part, the same recording."""

    first: Utterance
    second: Utterance
    overlap: Overlap

    @property
    def differ(self) -> list[str]:
        """The labels that cannot both be right, or that carry the recording from one fold part to another."""
        names = (
            ("emotion", "text")
            if None in map(speaker_of, (self.first, self.second))
            else ("speaker", "emotion", "text")
        )
        return [name for name in names if getattr(self.first, name) != getattr(self.second, name)]


@dataclass(frozen=True)
class FoldPart:
    """Train, dev or test of one fold, and what is wrong with it."""

    protocol: str
    fold: int
    part: str
    utterances: int
    speakers: int
    absent: list[str]
    """Emotions of the corpus that it lacks."""
    leaks: list[str]
    """What it shares with the parts before it: speakers, and recordings as `first ~ second`."""


@dataclass(frozen=True)
class Card:
    """All that is on the card, computed. Counted is every utterance; heard is a sample of a large corpus."""

    tally: Tally
    indexed: list[Indexed]
    """Those that were listened to, and that the associations are of."""
    silent: int
    """Utterances of the sample whose audio is not there."""
    sounds: list[Sound]
    """One for each that was listened to."""
    identical: list[tuple[str, ...]]
    pairs: list[Pair]
    rejected: list[float]
    """Correlations of the pairs that shared fingerprints and are not the same recording."""
    chance: list[float]
    """Correlations of pairs drawn at random. Both say how far the threshold of `pairs` is from chance."""
    associations: list[Association]
    folds: list[FoldPart]
    checks: Mapping[str, Any] = field(default_factory=dict)
    """What stage 1 let pass: `incomplete`, `bad`."""

    @property
    def corpus(self) -> str:
        return self.tally.corpus

    @property
    def utterances(self) -> list[Utterance]:
        """Those that were listened to."""
        return [item.utterance for item in self.indexed]

    @property
    def whole(self) -> bool:
        """Whether all utterances were listened to."""
        return len(self.indexed) == self.tally.utterances

    @property
    def emotions(self) -> list[str]:
        """Those of the corpus, in canonical order."""
        there = {emotion for _, emotion in self.tally.counts}
        return [emotion for emotion in EMOTIONS if emotion in there]

    @property
    def findings(self) -> list[str]:
        """What stands out, a sentence each."""
        doubles = _doubles(self)
        contradictions = [line for contradicts, line in doubles if contradicts]
        harmless = [line for contradicts, line in doubles if not contradicts]
        others = [*_completeness(self), *harmless, *_given_away(self), *_balance(self)]
        return [*contradictions, *_leaks(self), *others]


def make_card(folder: Path, listened: int = LISTENED) -> Card:
    """Compute the card of the corpus prepared in ``folder``, data/<corpus>/.

    Of a corpus with more than ``listened`` utterances, that many are listened to: those whose ids have the smallest
    digests, so the same ones each time.

    Raises:
        SernetError: the corpus is not prepared, or a file cannot be read any more.
    """
    cuts = folder / "cuts.jsonl.gz"
    if not cuts.exists():
        raise SernetError(f"{folder} holds no cuts.jsonl.gz: prepare the corpus first (run.sh --stop-stage prepare)")
    checks = read_json(folder / "checks.json") if (folder / "checks.json").exists() else {}
    if "identical" in checks:
        same = [tuple(group) for group in checks["identical"]]
    else:
        same = identical((item.utterance.id, item.audio) for item in Cuts(cuts))
    protocols = {path.stem: read_json(path)["folds"] for path in sorted((folder / "folds").glob("*.json"))}
    left_out = {identity for folds in protocols.values() for fold in folds for identity in fold.get("left_out", ())}
    tally = Tally({identity for group in same for identity in group} | left_out)
    heard = hearing.read(folder / "heard.npz", tally.over(Cuts(cuts)), listened)
    indexed = heard.indexed
    pairs = [Pair(indexed[o.first].utterance, indexed[o.second].utterance, o) for o in heard.doubles]
    taken = {(overlap.first, overlap.second) for overlap in heard.compared}
    return Card(
        tally,
        indexed,
        len(heard.silent),
        heard.sounds,
        same,
        pairs,
        [o.correlation for o in heard.compared if o.correlation < duplicates.CORRELATION],
        duplicates.by_chance(len(indexed), heard.load, taken, tally.corpus) if indexed else [],
        associations(
            tally.corpus,
            [item.utterance for item in (*indexed, *heard.silent)],
            heard.sounds,
        ),
        [
            part
            for name, folds in protocols.items()
            for fold in folds
            for part in fold_parts(name, fold, tally, same, pairs)
        ],
        checks,
    )


def associations(corpus: str, utterances: Sequence[Utterance], sounds: Sequence[Sound]) -> list[Association]:
    """Each attribute, and the quartiles of what is measured, against emotion; the strongest first.

    ``sounds`` are of the first utterances: of the others the audio is not there.

    An attribute with one value, or with one of its own an utterance, has nothing to say and is left out.
    """
    columns: dict[str, list[str | None]] = {name: [getattr(u, name) for u in utterances] for name in ATTRIBUTES}
    columns["speaker"] = [speaker_of(u) for u in utterances]
    for name in MEASURED if sounds else ():
        values = np.array([getattr(sound, name) for sound in sounds])
        quartile = np.searchsorted(np.quantile(values, (0.25, 0.5, 0.75)), values)
        silent = [None] * (len(utterances) - len(sounds))
        columns[f"{name} (quartile)"] = [*(str(number) for number in quartile), *silent]
    found = []
    for name, column in columns.items():
        both = [(value, u.emotion) for value, u in zip(column, utterances, strict=True) if value and u.emotion]
        if 1 < len({value for value, _ in both}) < len(both) and len({emotion for _, emotion in both}) > 1:
            found.append(associate(name, [v for v, _ in both], [e for _, e in both], corpus))
    return sorted(found, key=lambda item: -item.v)


def fold_parts(
    protocol: str,
    fold: Mapping[str, Any],
    tally: Tally,
    same: Sequence[Sequence[str]],
    pairs: Sequence[Pair],
) -> list[FoldPart]:
    """The parts of one fold of data/<corpus>/folds/<protocol>.json, held against each other."""
    gone = set(fold.get("left_out", ()))
    known = {frozenset((a, b)) for group in same for a in group for b in group}
    side: dict[str, str] = {}
    parts: list[FoldPart] = []
    for name in ("train", "dev", "test"):
        speakers = set(fold[name])
        leaks = [f"speaker {speaker}" for speaker in sorted(speakers & set(side))]
        side |= dict.fromkeys(speakers, name)
        for group in same:
            here = [i for i in group if tally.speaker[i] in speakers and i not in gone]
            before = [
                i for i in group if tally.speaker[i] in side and tally.speaker[i] not in speakers and i not in gone
            ]
            leaks += [f"{first} = {second}" for first in before[:1] for second in here]
        for pair in pairs:
            both, ids = {pair.first.speaker, pair.second.speaker}, frozenset({pair.first.id, pair.second.id})
            crosses = both & speakers and both - speakers and both <= set(side)
            if crosses and ids not in known and not ids & gone:
                leaks.append(f"{pair.first.id} ~ {pair.second.id}")
        heard = tally.of(speakers, gone)
        if heard:
            absent = sorted({emotion for _, emotion in tally.counts if emotion} - {*heard})
            parts.append(FoldPart(protocol, fold["fold"], name, heard.total(), len(speakers), absent, leaks))
    return parts


def by_number(name: str) -> list[tuple[int, str]]:
    """A key that sorts SM2 before SM10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def nesting(utterances: Sequence[Utterance], attribute: str) -> tuple[int, list[str]]:
    """How many values the attribute has, and those that are heard in more than one emotion."""
    heard: dict[str, set[str]] = defaultdict(set)
    for utterance in utterances:
        value = getattr(utterance, attribute, None)
        if value and utterance.emotion:
            heard[value].add(utterance.emotion)
    return len(heard), sorted((value for value, emotions in heard.items() if len(emotions) > 1), key=by_number)


def _completeness(card: Card) -> list[str]:
    lines = [f"Not the whole release: {line}." for line in card.checks.get("incomplete", [])]
    lines += [f"{line[:1].upper()}{line[1:]}." for line in card.checks.get("findings", [])]
    bad = card.checks.get("bad", [])
    lines += [f"Left out: {item['path']}: {item['reason']}." for item in bad[:SHOWN]]
    if len(bad) > SHOWN:
        lines.append(f"Left out: {len(bad) - SHOWN} more, in checks.json.")
    lines += [f"{line[:1].upper()}{line[1:]}." for line in card.checks.get("findings", [])]
    if card.silent:
        lines.append(
            f"The audio of {card.silent} of {card.silent + len(card.indexed)} utterances is not there to listen to."
        )
    return lines


def _doubles(card: Card) -> list[tuple[bool, str]]:
    """What is heard twice, and whether that contradicts itself: one recording has one speaker and one emotion."""
    lines = []
    for group in card.identical:
        differ = _differ(card, group)
        under = f", under two {' and two '.join(f'{name}s' for name in differ)}" if differ else ""
        more = f" and {len(group) - SHOWN} more" if len(group) > SHOWN else ""
        lines.append((bool(differ), f"The same samples {len(group)} times: {' = '.join(group[:SHOWN])}{more}{under}."))
    harmless = [line for line in lines if not line[0]]
    if len(harmless) > SHOWN:
        more = f"{len(harmless) - SHOWN} more groups of the same samples, in checks.json."
        lines = [line for line in lines if line[0]] + [*harmless[:SHOWN], (False, more)]
    known = {(a, b) for group in card.identical for a in group for b in group}
    for pair in card.pairs:
        if (pair.first.id, pair.second.id) in known and not set(pair.differ) - {"speaker", "emotion"}:
            continue
        under = f", under two {' and two '.join(f'{name}s' for name in pair.differ)}" if pair.differ else ""
        both = " Keep both on one side of every split." if "speaker" in pair.differ else ""
        clips = f"{pair.first.id} ~ {pair.second.id}, {pair.overlap.seconds:.1f} s"
        contradicts = bool({"speaker", "emotion"} & set(pair.differ))
        lines.append((contradicts, f"One recording in two clips{under}: {clips}.{both}"))
    return lines


def _differ(card: Card, group: Sequence[str]) -> list[str]:
    """The labels that utterances with the same samples do not share."""
    speakers = {card.tally.speaker.get(identity, identity) for identity in group} - {*group}
    emotions = {card.tally.emotion.get(identity) for identity in group} - {None}
    return [name for name, values in (("speaker", speakers), ("emotion", emotions)) if len(values) > 1]


def _given_away(card: Card) -> list[str]:
    lines = []
    for found in card.associations:
        if found.p > 0.05 or (found.attribute not in ATTRIBUTES and found.v <= NESTED):
            continue  # that emotion is heard in what is measured is no news; that it nearly follows from it is
        numbers = f"Cramer's V {found.v:.2f}, 95 % of shuffles below {found.level:.2f}"
        guess = (
            f"Guessing the most frequent emotion of each is right for {found.guess:.0%}; "
            f"the most frequent emotion of all is {found.majority:.0%}."
        )
        total, several = nesting(card.utterances, found.attribute)
        name = found.attribute.capitalize()
        if found.v > NESTED and len(several) < total / 2:
            some = f" ({', '.join(several)})" if 0 < len(several) <= 12 else ""
            lines.append(
                f"{name} and emotion are nearly nested ({numbers}): of {total} {found.attribute}s "
                f"{len(several)} are heard in more than one emotion{some}. {guess}"
            )
        elif found.v > NESTED:
            lines.append(f"{name} gives emotion away ({numbers}). {guess}")
        else:
            lines.append(f"{name} tells something of emotion ({numbers}).")
    return lines


def _balance(card: Card) -> list[str]:
    lines = []
    counts: Counter[str] = Counter()
    for (_, emotion), number in card.tally.counts.items():
        if emotion:
            counts[emotion] += number
    if counts and max(counts.values()) > 1.5 * min(counts.values()):
        (most, n), (least, m) = counts.most_common()[0], counts.most_common()[-1]
        lines.append(f"The emotions are not balanced: {most} {n}, {least} {m}.")
    lines += _one_speaker(card) + _one_length(card)
    clipped = sum(sound.clipped for sound in card.sounds)
    if clipped:
        lines.append(
            f"{clipped} of {len(card.sounds)} utterances are clipped (three samples or more in a row at full scale)."
        )
    rates = Counter(sound.rate for sound in card.sounds)
    if len(rates) > 1:
        lines.append(f"Several sampling rates: {', '.join(f'{rate} Hz {n}' for rate, n in rates.most_common())}.")
    return lines


def _one_speaker(card: Card) -> list[str]:
    """Somebody who is more than half of the corpus, and, of two speakers, more than 60 %."""
    totals: Counter[str] = Counter()
    for (speaker, _), number in card.tally.counts.items():
        if speaker:
            totals[speaker] += number
    if len(totals) < 2:
        return []
    ((name, number),) = totals.most_common(1)
    share = number / card.tally.utterances
    if share <= max(0.5, 1.2 / len(totals)):
        return []
    return [f"One speaker, {name}, has {share:.0%} of the utterances: {number} of {card.tally.utterances}."]


def _one_length(card: Card) -> list[str]:
    """Clips that were cut to one length."""
    if len(card.sounds) < LEAST:
        return []
    ((length, number),) = Counter(round(sound.duration, 3) for sound in card.sounds).most_common(1)
    share = number / len(card.sounds)
    if share == 1:
        return [f"All clips have one length: {length:.3f} s. They were cut, or padded."]
    if share > 0.5:
        return [f"{share:.0%} of the clips have one length, {length:.3f} s: they were cut, or padded."]
    return []


def _leaks(card: Card) -> list[str]:
    return [
        f"Folds {part.protocol}, fold {part.fold}: {part.part} shares with what it must not: {', '.join(part.leaks)}."
        for part in card.folds
        if part.leaks
    ]

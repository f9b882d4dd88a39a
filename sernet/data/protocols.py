"""How the speakers of a corpus are divided into folds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sernet.corpus.utterances import Utterance
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.pipeline.files import read_json


@dataclass(frozen=True)
class Fold:
    """Speakers of one fold. Nobody stands in two of the parts."""

    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Groups:
    """Test (and, where published, dev) speakers of each fold, and where they come from."""

    source: str
    test: list[list[str]]
    dev: list[list[str]]


def make_folds(key: str, groups: Groups, utterances: Sequence[Utterance], dev_speakers: int) -> list[Fold]:
    """Folds whose test speakers are ``groups``; all others train.

    Dev speakers come out of the training speakers: the published ones where there are, else ``dev_speakers`` of them,
    as many of each gender as can be, drawn by ``key`` and fold.

    Raises:
        SernetError: a speaker that the corpus does not have or that is tested twice; too few speakers.
    """
    genders = {str(u.speaker): u.gender for u in utterances}
    tested = [speaker for group in groups.test for speaker in group]
    strangers = sorted(set(tested + [s for group in groups.dev for s in group]) - set(genders))
    if strangers:
        raise SernetError(f"{key}: no utterances by {', '.join(strangers)}")
    twice = sorted({speaker for speaker in tested if tested.count(speaker) > 1})
    if twice:
        raise SernetError(f"{key}: tested in two folds: {', '.join(twice)}")
    folds = []
    for number, test in enumerate(groups.test):
        rest = sorted(set(genders) - set(test))
        dev = groups.dev[number] if any(groups.dev) else _draw(rest, genders, dev_speakers, f"{key} fold {number}")
        if not dev_speakers:
            dev = []
        train = [speaker for speaker in rest if speaker not in dev]
        if not train:
            raise SernetError(f"{key} fold {number}: no speaker is left to train on")
        folds.append(Fold(tuple(train), tuple(sorted(dev)), tuple(sorted(test))))
    return folds


def one_speaker_each(utterances: Iterable[Utterance]) -> Groups:
    """Leave one speaker out."""
    return Groups("one speaker each", [[speaker] for speaker in sorted({str(u.speaker) for u in utterances})], [])


def dealt(utterances: Iterable[Utterance], number: int) -> Groups:
    """``number`` groups, each gender's speakers dealt out in the order of their names.

    Raises:
        SernetError: fewer speakers than groups.
    """
    genders = {str(u.speaker): u.gender for u in utterances}
    order = sorted(genders, key=lambda speaker: (genders[speaker] or "", speaker))
    if len(order) < number:
        raise SernetError(f"{number} groups from {len(order)} speakers")
    return Groups(f"{number} groups, balanced by gender", [order[i::number] for i in range(number)], [])


def by_session(utterances: Iterable[Utterance]) -> Groups:
    """Leave one session out: the speakers of each session together.

    Raises:
        SernetError: an utterance without a session.
    """
    sessions: dict[str, set[str]] = {}
    for utterance in utterances:
        if utterance.session is None:
            raise SernetError(f"{utterance.id} has no session, which the protocol `session` goes by")
        sessions.setdefault(utterance.session, set()).add(str(utterance.speaker))
    return Groups("one session each", [sorted(sessions[name]) for name in sorted(sessions)], [])


def write_folds(key: str, groups: Groups, folds: Sequence[Fold]) -> dict[str, Any]:
    """What stands in data/<corpus>/folds/<protocol>.json."""
    return {"protocol": key, "source": groups.source, "folds": [{"fold": i, **asdict(f)} for i, f in enumerate(folds)]}


def read_folds(path: Path) -> list[Fold]:
    """The folds of such a file."""
    return [Fold(*(tuple(fold[part]) for part in ("train", "dev", "test"))) for fold in read_json(path)["folds"]]


def _draw(speakers: Sequence[str], genders: Mapping[str, str | None], number: int, key: str) -> list[str]:
    """``number`` speakers, genders in turn, in an order drawn by ``key``."""
    if number >= len(speakers):
        raise SernetError(f"{key}: {number} dev speakers from {len(speakers)} training speakers")
    queues: dict[str, list[str]] = {}
    for speaker in sorted(speakers, key=lambda name: float(generator("dev", key, name).random())):
        queues.setdefault(genders[speaker] or "", []).append(speaker)
    drawn: list[str] = []
    turn = sorted(queues)
    while len(drawn) < number:
        queue = queues[turn[0]]
        turn = turn[1:] + turn[:1]
        if queue:
            drawn.append(queue.pop(0))
    return drawn

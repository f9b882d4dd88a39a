"""How the speakers of a corpus are divided into folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from sernet.config.base import validate
from sernet.corpus.cuts import speaker_of
from sernet.corpus.utterances import Utterance
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.pipeline.reading import read_json, read_lines

PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Fold:
    """Speakers of one fold. Nobody stands in two of the parts."""

    train: tuple[str, ...]
    dev: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    """Utterances of these speakers that a list by utterance does not name."""


@dataclass(frozen=True)
class Groups:
    """Test (and, where published, dev and train) speakers of each fold, and where they come from."""

    source: str
    test: list[list[str]]
    dev: list[list[str]]
    train: list[list[str] | None] = field(default_factory=list)
    """None, or nothing at all: who is in no other part."""
    left_out: list[list[Utterance]] = field(default_factory=list)
    """By speakers of the fold, but not named by it."""


def make_folds(key: str, groups: Groups, utterances: Sequence[Utterance], dev_speakers: int) -> list[Fold]:
    """Folds whose test speakers are ``groups``; all others train, or those that are published.

    Dev speakers come out of the training speakers: the published ones where there are, else ``dev_speakers`` of them,
    as many of each gender as can be, drawn by ``key`` and fold.

    Raises:
        SernetError: a speaker that the corpus does not have or that is tested twice; too few speakers.
    """
    genders = {str(u.speaker): u.gender for u in utterances}
    known = {str(u.speaker) for u in utterances if speaker_of(u)}
    tested = [speaker for group in groups.test for speaker in group]
    named = {s for lists in (groups.test, groups.dev, groups.train) for group in lists for s in group or []}
    strangers = sorted(named - set(genders))
    if strangers:
        raise SernetError(f"{key}: no utterances by {', '.join(strangers)}")
    twice = sorted(speaker for speaker, number in Counter(tested).items() if number > 1)
    if twice:
        raise SernetError(f"{key}: tested in two folds: {', '.join(twice)}")
    folds = []
    for number, test in enumerate(groups.test):
        train = groups.train[number] if groups.train else None
        published = groups.dev[number] if groups.dev else []
        rest = sorted(set(genders) - set(test) if train is None else {*train, *published})
        drawn_from = [speaker for speaker in rest if speaker in known]
        dev = published if any(groups.dev) else _draw(drawn_from, genders, dev_speakers, f"{key} fold {number}")
        if not dev_speakers:
            dev = []
        train = [speaker for speaker in rest if speaker not in set(dev)]
        if not train:
            raise SernetError(f"{key} fold {number}: no speaker is left to train on")
        left_out = tuple(utterance.id for utterance in groups.left_out[number]) if groups.left_out else ()
        folds.append(Fold(tuple(train), tuple(sorted(dev)), tuple(sorted(test)), left_out))
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


def read_lists(folder: Path) -> dict[str, Any]:
    """A user's own folds as Kaldi has lists: fold0/test, fold0/dev and fold0/train below ``folder``, then fold1, ...

    A line is a speaker or an utterance (what follows it does not count, so utt2spk and spk2utt are such lists). Without
    dev there is none; without train, whoever is in neither list trains.

    Raises:
        SernetError: no fold0, a gap in the numbers, a fold without test; names the file.
    """
    folds: list[dict[str, Any]] = []
    while (folder / f"fold{len(folds)}").is_dir():
        here = folder / f"fold{len(folds)}"
        parts = {part: _read_list(here / part) for part in PARTS if (here / part).is_file()}
        if not parts.get("test"):
            raise SernetError(f"{here / 'test'}: is not there, or names nobody: a list of speakers or of utterances")
        folds.append({"test": parts["test"], "dev": parts.get("dev", []), "train": parts.get("train")})
    read = {f"fold{number}" for number in range(len(folds))}
    beyond = sorted({path.name for path in folder.glob("fold*") if path.is_dir()} - read)
    if not folds or beyond:
        raise SernetError(f"{folder}: no folder fold{len(folds)}" + (f", but {', '.join(beyond)}" if beyond else ""))
    return {"source": f"lists in {folder.name}", "by": None, "folds": folds}


def list_files(folder: Path) -> list[Path]:
    """The files that `read_lists` reads."""
    return sorted(path for path in folder.glob("fold*/*") if path.name in PARTS and path.is_file())


def _read_list(path: Path) -> list[str]:
    return list(dict.fromkeys(line.split()[0] for _, line in read_lines(path) if line.strip()))


def write_folds(key: str, groups: Groups, folds: Sequence[Fold]) -> dict[str, Any]:
    """What stands in data/<corpus>/folds/<protocol>.json."""
    told = [{name: value for name, value in asdict(fold).items() if value or name != "left_out"} for fold in folds]
    return {"protocol": key, "source": groups.source, "folds": [{"fold": i, **fold} for i, fold in enumerate(told)]}


def read_folds(path: Path) -> list[Fold]:
    """The folds of such a file.

    Raises:
        SernetError: it is missing or damaged.
    """
    read = validate(_Folds, read_json(path), str(path), SernetError).folds
    return [Fold(*(tuple(getattr(fold, part)) for part in (*PARTS, "left_out"))) for fold in read]


class _Numbered(BaseModel):
    """A fold in such a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fold: int
    train: list[str]
    dev: list[str]
    test: list[str]
    left_out: list[str] = []


class _Folds(BaseModel):
    """Such a file; others read the rest of it."""

    folds: list[_Numbered]

    @model_validator(mode="after")
    def _whole(self) -> _Folds:
        if [fold.fold for fold in self.folds] != list(range(len(self.folds))):
            raise ValueError("folds must be numbered 0, 1, 2, ...")
        for fold in self.folds:
            people = [*fold.train, *fold.dev, *fold.test]
            if len(set(people)) < len(people):
                raise ValueError(f"fold {fold.fold} names a speaker twice")
        return self


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

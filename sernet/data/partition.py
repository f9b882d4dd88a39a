"""The folds of one run, checked: nobody and nothing on both sides, every class in train and test.

Of several corpora, fold k holds out the speakers of each one's fold k. Every corpus is then held to the classes that it
gives: all of them in its train and its test of every fold, for among them it is decided (`sernet.score.files.View`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sernet.corpus import checks
from sernet.corpus.cuts import speaker_of
from sernet.corpus.utterances import Indexed
from sernet.data import census, listed, protocols
from sernet.data.census import Census, Echoes, Twin
from sernet.data.protocols import PARTS, Fold, Groups
from sernet.errors import SernetError


def folds(config: Mapping[str, Any], indexed: Mapping[str, Iterable[Indexed]], where: str) -> dict[str, dict[str, Any]]:
    """The content of each training corpus's fold file; empty for a run that tests other corpora.

    Args:
        config: `run` (classes, merge, classes_of, protocol, dev_speakers), `train` and `tests` (corpora), `published`
            (folds by corpus and name; of a protocol `lists`, the user's, under the name "lists"), `needs_gender`.
        indexed: the utterances of each corpus; gone through once, twice for folds that do not go by speaker.
        where: names the run in errors.

    Raises:
        SernetError: a check fails; names speakers, utterances or classes.
    """
    run = config["run"]
    protocol = run["protocol"]
    echoes = Echoes()
    keep = protocol.get("unknown_speakers") == "keep"
    people = {name: census.take(name, indexed[name], echoes, keep) for name in (*config["train"], *config["tests"])}
    shared = echoes.groups()
    if config["needs_gender"]:
        for name in config["train"]:
            checks.genders(people[name].voices, "gender")
    if config["tests"]:
        for name in config["tests"]:
            _check_whole(f"{where}, test on {name}", run, [people[n] for n in config["train"]], people[name], shared)
        return {}
    made: dict[str, tuple[Groups, list[Fold]]] = {}
    files = {}
    for name in config["train"]:
        _refuse_unknown(where, protocol, people[name])
        key = f"{name} {protocol['kind']} {_which(protocol, config['published'][name]) or ''}".strip()
        groups = _groups(protocol, config["published"][name], people[name], indexed[name], where)
        made[name] = groups, protocols.make_folds(key, groups, people[name].voices, run["dev_speakers"])
        files[name] = protocols.write_folds(key, *made[name])
        if people[name].unknown:
            said = {"utterances": people[name].unknown, "are": protocol["unknown_speakers"]}
            files[name]["unknown_speakers"] = said
    if len({len(of) for _, of in made.values()}) > 1:
        raise SernetError(f"{where}: {', '.join(made)} have different numbers of folds")
    wanted = _wanted(where, run, people, config["train"])
    for number in range(len(made[config["train"][0]][1])):
        of_fold = [(people[name], groups, number, of[number]) for name, (groups, of) in made.items()]
        _check_fold(f"{where}, fold {number}", run, of_fold, wanted, shared)
    return files


def _which(protocol: Mapping[str, Any], published: Mapping[str, Any]) -> str | int | None:
    """What the folds of a corpus go by: a name, or a number of groups where it has no folds of that name."""
    name, groups = protocol["name"], protocol["groups"]
    return name if name and (name in published or not groups) else groups


def _wanted(
    where: str, run: Mapping[str, Any], people: Mapping[str, Census], train: Sequence[str]
) -> dict[str, list[str]]:
    """The classes that each training corpus gives; one alone has to have all.

    Raises:
        SernetError: nobody gives a class.
    """
    if len(train) == 1:
        return {train[0]: run["classes"]}
    has = {name: census.labels(people[name].counters, run["merge"]) for name in train}
    of = run.get("classes_of") or {}
    wanted = {name: [c for c in run["classes"] if c in of.get(name, has[name])] for name in train}
    checks.classes(where, {"train": {c for some in wanted.values() for c in some}}, run["classes"])
    return wanted


def _refuse_unknown(where: str, protocol: Mapping[str, Any], people: Census) -> None:
    if people.unknown and protocol.get("unknown_speakers", "refuse") == "refuse":
        raise SernetError(
            f"{where}: nobody knows who speaks {people.unknown} utterances of {people.corpus}, so nobody can tell "
            "whether they are on both sides of a split. Say what is to become of them: protocol.unknown_speakers: "
            "leave-out, or keep (where the folds' list has them, else in train)"
        )


def _groups(
    protocol: Mapping[str, Any], published: Mapping[str, Any], people: Census, items: Iterable[Indexed], where: str
) -> Groups:
    name = "lists" if protocol["kind"] == "lists" else _which(protocol, published)
    if isinstance(name, str):
        if name not in published:
            there = ", ".join(published) or "none"
            raise SernetError(f"{where}: {people.corpus} has no folds named {name}; it has: {there}")
        return listed.groups(published[name], people, items, f"{where}, folds {name} of {people.corpus}")
    known = [utterance for utterance in people.voices if speaker_of(utterance)]
    if protocol["kind"] == "leave-one-speaker-out":
        return protocols.one_speaker_each(known)
    if protocol["kind"] == "session":
        return protocols.by_session(known)
    return protocols.dealt(known, protocol["groups"])


def _check_fold(
    where: str,
    run: Mapping[str, Any],
    of_corpora: list[tuple[Census, Groups, int, Fold]],
    wanted: Mapping[str, Sequence[str]],
    shared: list[tuple[str, list[Twin]]],
) -> None:
    speakers = {part: {s for *_, fold in of_corpora for s in getattr(fold, part)} for part in PARTS}
    checks.speakers(where, speakers)
    side = {speaker: part for part, group in speakers.items() for speaker in group}
    gone = {identity for *_, fold in of_corpora for identity in fold.left_out}
    checks.echoes(where, [(w, {t.id: side.get(t.speaker) for t in twins if t.id not in gone}) for w, twins in shared])
    for people, groups, number, fold in of_corpora:
        heard: dict[str, list[Counter[str | None]]] = {}
        silent: dict[str, Counter[str | None]] = {}
        for utterance in groups.left_out[number] if groups.left_out else []:
            silent.setdefault(str(utterance.speaker), Counter())[utterance.emotion] += 1
        for part in PARTS:
            heard[part] = [people.emotions[s] - silent.get(s, Counter()) for s in getattr(fold, part)]
        labels = {part: census.labels(of, run["merge"]) for part, of in heard.items()}
        checks.classes(where if len(of_corpora) == 1 else f"{where}, {people.corpus}", labels, wanted[people.corpus])


def _check_whole(
    where: str, run: Mapping[str, Any], train: list[Census], test: Census, shared: list[tuple[str, list[Twin]]]
) -> None:
    """Some corpora against another one."""
    checks.speakers(where, {"train": {s for people in train for s in people.speakers}, "test": test.speakers})
    side = {people.corpus: "train" for people in train} | {test.corpus: "test"}
    checks.echoes(where, [(what, {twin.id: side.get(twin.corpus) for twin in twins}) for what, twins in shared])
    heard = {"train": [counter for people in train for counter in people.counters], "test": test.counters}
    checks.classes(where, {part: census.labels(of, run["merge"]) for part, of in heard.items()}, run["classes"])

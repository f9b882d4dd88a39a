"""The folds of one run, checked: nobody and nothing on both sides, every class in train and test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sernet.corpus import checks
from sernet.corpus.entries import speaker_id
from sernet.corpus.utterances import Indexed
from sernet.data import protocols
from sernet.data.protocols import Fold, Groups
from sernet.errors import SernetError


def folds(config: Mapping[str, Any], indexed: Mapping[str, Sequence[Indexed]], where: str) -> dict[str, dict[str, Any]]:
    """The content of each training corpus's fold file; empty for a run that tests other corpora.

    Args:
        config: `run` (classes, merge, protocol, dev_speakers), `train` and `tests` (corpora), `published` (folds by
            corpus and name), `needs_gender`.
        indexed: the utterances of each corpus.
        where: names the run in errors.

    Raises:
        SernetError: a check fails; names speakers, utterances or classes.
    """
    run = config["run"]
    if config["needs_gender"]:
        for name in config["train"]:
            checks.genders([item.utterance for item in indexed[name]], "gender")
    if config["tests"]:
        train = [item for name in config["train"] for item in indexed[name]]
        for name in config["tests"]:
            _check(f"{where}, test on {name}", run, {"train": train, "test": list(indexed[name])})
        return {}
    made: dict[str, list[Fold]] = {}
    files = {}
    for name in config["train"]:
        utterances = [item.utterance for item in indexed[name]]
        key = f"{name} {run['protocol']['kind']} {run['protocol']['name'] or run['protocol']['groups'] or ''}".strip()
        groups = _groups(name, run["protocol"], config["published"][name], indexed[name], where)
        made[name] = protocols.make_folds(key, groups, utterances, run["dev_speakers"])
        files[name] = protocols.write_folds(key, groups, made[name])
    if len({len(of) for of in made.values()}) > 1:
        raise SernetError(f"{where}: {', '.join(made)} have different numbers of folds")
    for number in range(len(made[config["train"][0]])):
        parts: dict[str, list[Indexed]] = {"train": [], "dev": [], "test": []}
        for name, of in made.items():
            fold = of[number]
            for part in parts:
                speakers = set(getattr(fold, part))
                parts[part] += [item for item in indexed[name] if item.utterance.speaker in speakers]
        _check(f"{where}, fold {number}", run, parts)
    return files


def _groups(
    corpus: str, protocol: Mapping[str, Any], published: Mapping[str, Any], indexed: Sequence[Indexed], where: str
) -> Groups:
    utterances = [item.utterance for item in indexed]
    if protocol["name"]:
        if protocol["name"] not in published:
            there = ", ".join(published) or "none"
            raise SernetError(f"{where}: {corpus} has no folds named {protocol['name']}; corpus.yaml has: {there}")
        listed = published[protocol["name"]]
        test = [[speaker_id(corpus, speaker) for speaker in fold["test"]] for fold in listed["folds"]]
        dev = [[speaker_id(corpus, speaker) for speaker in fold["dev"]] for fold in listed["folds"]]
        return Groups(listed["source"], test, dev)
    if protocol["kind"] == "leave-one-speaker-out":
        return protocols.one_speaker_each(utterances)
    if protocol["kind"] == "session":
        return protocols.by_session(utterances)
    return protocols.dealt(utterances, protocol["groups"])


def _check(where: str, run: Mapping[str, Any], parts: Mapping[str, Sequence[Indexed]]) -> None:
    audio = {item.utterance.id: item.audio for items in parts.values() for item in items}
    checks.split(where, {name: [item.utterance for item in items] for name, items in parts.items()}, audio)
    labels = {
        name: [run["merge"].get(item.utterance.emotion, item.utterance.emotion) for item in items]
        for name, items in parts.items()
    }
    checks.classes(where, labels, run["classes"])

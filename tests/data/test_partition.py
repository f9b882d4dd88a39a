"""Folds of several corpora: fold k holds out speakers of each, and every corpus is held to its own classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sernet.config.corpus import FoldList
from sernet.corpus.cuts import Listed
from sernet.corpus.utterances import Utterance
from sernet.data import partition
from sernet.errors import SernetError

CLASSES = ["anger", "fear", "neutral"]
PARTS = ({"test": ["2"]}, {"test": ["0", "3"]}, {"test": ["1"]})
THREE = {"three": FoldList.model_validate({"source": "a paper", "folds": PARTS}).model_dump(mode="json")}


def _corpus(name: str, speakers: int, *emotions: str) -> list[Listed]:
    return [
        Listed(Utterance(f"{name}-{s}-{e}", name, f"{name}-{s}", e, "fm"[s % 2]), audio=f"{name}{s}{e}")
        for s in range(speakers)
        for e in emotions
    ]


def _folds(corpora: dict[str, list[Listed]], published: dict[str, Any], dev: int = 0, **run: Any) -> dict[str, Any]:
    protocol = {"kind": "speaker-groups", "name": None, "groups": None} | run.pop("protocol")
    asked = {"classes": CLASSES, "merge": {}, "protocol": protocol, "dev_speakers": dev, **run}
    config = {"run": asked, "train": list(corpora), "tests": [], "needs_gender": False}
    return partition.folds(
        config | {"published": {name: published.get(name, {}) for name in corpora}}, corpora, "run r"
    )


def _speakers(made: dict[str, Any], corpus: str, part: str) -> list[set[str]]:
    return [{speaker.removeprefix(f"{corpus}-") for speaker in fold[part]} for fold in made[corpus]["folds"]]


def test_a_corpus_has_the_published_folds_of_the_name_or_that_many_groups() -> None:
    one, two = _corpus("one", 4, "anger", "fear", "neutral"), _corpus("two", 6, "anger", "fear", "neutral")
    both = {"name": "three", "groups": 3}
    joined = _folds({"one": one, "two": two}, {"one": THREE}, dev=1, protocol=both)
    assert _speakers(joined, "one", "test") == [{"2"}, {"0", "3"}, {"1"}]
    # Women 0, 2, 4 and men 1, 3, 5 are dealt to three groups.
    assert _speakers(joined, "two", "test") == [{"0", "1"}, {"2", "3"}, {"4", "5"}]
    assert joined["one"]["source"] == "a paper" and "3 groups" in joined["two"]["source"]
    # Each corpus by itself has the same folds, dev speakers too, whichever way it is asked for.
    assert _folds({"one": one}, {"one": THREE}, dev=1, protocol={"name": "three"})["one"] == joined["one"]
    assert _folds({"two": two}, {}, dev=1, protocol={"groups": 3})["two"] == joined["two"]
    assert _folds({"two": two}, {}, dev=1, protocol=both)["two"] == joined["two"]


def test_as_many_groups_as_speakers_leave_one_out() -> None:
    made = _folds({"two": _corpus("two", 6, *CLASSES)}, {}, protocol={"name": "three", "groups": 6})
    assert sorted(len(group) for group in _speakers(made, "two", "test")) == [1] * 6


def test_different_numbers_of_folds_cannot_be_joined() -> None:
    corpora = {"one": _corpus("one", 4, *CLASSES), "two": _corpus("two", 6, *CLASSES)}
    with pytest.raises(SernetError, match="one, two have different numbers of folds"):
        _folds(corpora, {"one": THREE}, protocol={"name": "three", "groups": 2})


def test_a_class_that_one_corpus_lacks_another_may_have() -> None:
    corpora = {"one": _corpus("one", 4, "anger", "fear"), "two": _corpus("two", 4, "anger", "neutral")}
    assert len(_folds(corpora, {}, protocol={"groups": 2})["one"]["folds"]) == 2
    with pytest.raises(SernetError, match="run r: train has no utterance of sadness"):
        _folds(corpora, {}, protocol={"groups": 2}, classes=[*CLASSES, "sadness"])
    with pytest.raises(SernetError, match="run r, fold 0: train has no utterance of neutral"):
        _folds({"one": corpora["one"]}, {}, protocol={"groups": 2})


def test_each_corpus_must_have_its_classes_on_both_sides_of_every_fold() -> None:
    one = _corpus("one", 4, "anger", "fear")
    two = _corpus("two", 4, "anger", "neutral", "fear")
    rare = [item for item in two if item.utterance.emotion != "fear" or item.utterance.speaker == "two-3"]
    with pytest.raises(SernetError, match="run r, fold 0, two: test has no utterance of fear"):
        _folds({"one": one, "two": rare}, {}, protocol={"groups": 2})
    given = {"two": ["anger", "neutral"]}
    assert _folds({"one": one, "two": rare}, {}, protocol={"groups": 2}, classes_of=given)
    with pytest.raises(SernetError, match="run r, fold 0, one: train has no utterance of neutral"):
        _folds({"one": one, "two": two}, {}, protocol={"groups": 2}, classes_of={"one": ["anger", "neutral"]})


def test_an_emotion_that_counts_as_a_class_stands_for_it() -> None:
    corpora = {name: _corpus(name, 4, "anger", "calm") for name in ("one", "other")}
    asked = {"classes": ["anger", "neutral"], "merge": {"calm": "neutral"}}
    of_one = {"one": corpora["one"]}
    assert _folds(of_one, {}, protocol={"groups": 2}, **asked)
    with pytest.raises(SernetError, match="train has no utterance of neutral"):
        _folds(of_one, {}, protocol={"groups": 2}, **asked | {"merge": {}})
    config = {"train": ["one"], "tests": ["other"], "published": {}, "needs_gender": False}
    run = {"protocol": {"kind": "all"}, "dev_speakers": 0, **asked}
    assert partition.folds(config | {"run": run}, corpora, "run r") == {}
    with pytest.raises(SernetError, match="run r, test on other: train has no utterance of neutral"):
        partition.folds(config | {"run": run | {"merge": {}}}, corpora, "run r")


def test_a_corpus_of_the_same_people_is_no_test_of_another() -> None:
    """Two releases of the same actors: the one says of its speakers that they are those of the other."""
    one, other = _corpus("one", 4, *CLASSES), _corpus("other", 4, *CLASSES)
    shared = [Listed(replace(item.utterance, speaker=f"one-{s}"), audio=item.audio) for s, item in enumerate(other[:2])]
    run = {"classes": CLASSES, "merge": {}, "protocol": {"kind": "all"}, "dev_speakers": 0}
    config = {"run": run, "train": ["one"], "tests": ["other"], "published": {}, "needs_gender": False}
    assert partition.folds(config, {"one": one, "other": other}, "run r") == {}
    with pytest.raises(SernetError, match="run r, test on other: train and test share speakers: one-0, one-1"):
        partition.folds(config, {"one": one, "other": [*other, *shared]}, "run r")
    copied = Listed(other[0].utterance, audio=one[-1].audio)
    with pytest.raises(SernetError, match="test on other: train and test hold the same audio: one-3-neutral = other-0"):
        partition.folds(config, {"one": one, "other": [copied, *other[1:]]}, "run r")


def test_nobody_is_on_both_sides_though_corpora_share_them() -> None:
    one, two = _corpus("one", 4, *CLASSES), _corpus("two", 4, *CLASSES)
    again = Listed(two[-1].utterance, audio=one[0].audio)  # speaker 3 of the one is speaker 0 of the other
    with pytest.raises(SernetError, match="hold the same audio"):
        _folds({"one": one, "two": [*two[:-1], again]}, {"one": THREE}, protocol={"name": "three", "groups": 3})

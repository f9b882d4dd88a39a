"""Folds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from conftest import ROOT
from sernet.config.load import load_corpus
from sernet.corpus.utterances import Utterance
from sernet.data import partition, protocols
from sernet.data.protocols import Groups
from sernet.errors import SernetError


def _utterances(number: int = 8) -> list[Utterance]:
    genders = ("female", "male")
    return [
        Utterance(id=f"s{s}-{e}", corpus="c", speaker=f"s{s}", emotion=e, gender=genders[s % 2], session=f"{s // 2}")
        for s in range(number)
        for e in ("anger", "neutral")
    ]


def test_leave_one_speaker_out_tests_each_speaker_once() -> None:
    folds = protocols.make_folds("c", protocols.one_speaker_each(_utterances()), _utterances(), 0)
    assert [fold.test for fold in folds] == [(f"s{s}",) for s in range(8)]
    assert all(len(fold.train) == 7 and not fold.dev for fold in folds)


def test_groups_are_balanced_by_gender_and_partition_the_speakers() -> None:
    groups = protocols.dealt(_utterances(), 4)
    assert sorted(s for group in groups.test for s in group) == [f"s{s}" for s in range(8)]
    assert all(sorted(int(s[1:]) % 2 for s in group) == [0, 1] for group in groups.test)


def test_sessions_keep_their_speakers_together() -> None:
    assert protocols.by_session(_utterances()).test == [["s0", "s1"], ["s2", "s3"], ["s4", "s5"], ["s6", "s7"]]


def test_dev_speakers_come_out_of_training_one_of_each_gender_and_stay_the_same() -> None:
    for number in range(2):
        fold = protocols.make_folds("c", protocols.dealt(_utterances(), 4), _utterances(), 2)[number]
        assert set(fold.train).isdisjoint(fold.dev) and set(fold.dev).isdisjoint(fold.test)
        assert sorted(int(s[1:]) % 2 for s in fold.dev) == [0, 1]
        assert fold == protocols.make_folds("c", protocols.dealt(_utterances(), 4), _utterances(), 2)[number]


def test_each_fold_draws_its_own_dev_speakers() -> None:
    """Else one speaker would decide about the settings of nearly all models."""
    utterances = _utterances(24)
    folds = protocols.make_folds("c", protocols.one_speaker_each(utterances), utterances, 2)
    most = Counter(speaker for fold in folds for speaker in fold.dev).most_common(1)[0][1]
    assert len(folds) == 24 and most < 12


@pytest.mark.parametrize(
    ("groups", "dev", "said"),
    [
        (Groups("x", [["s0"], ["s0", "s1"]], []), 0, "tested in two folds: s0"),
        (Groups("x", [["s9"]], []), 0, "no utterances by s9"),
        (Groups("x", [["s0"]], []), 7, "7 dev speakers from 7 training speakers"),
    ],
)
def test_impossible_folds_are_refused(groups: Groups, dev: int, said: str) -> None:
    with pytest.raises(SernetError, match=said):
        protocols.make_folds("c", groups, _utterances(), dev)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("five", [{2, 5, 14, 15, 16}, {3, 6, 7, 13, 18}, {10, 11, 12, 19, 20}, {8, 17, 21, 23, 24}, {1, 4, 9, 22}]),
        ("six", [{1, 11, 20, 21}, {4, 10, 12, 14}, {8, 9, 19, 23}, {3, 5, 7, 24}, {2, 15, 16, 18}, {6, 13, 17, 22}]),
    ],
)
def test_published_folds_of_ravdess(name: str, expected: list[set[int]]) -> None:
    corpus, _ = load_corpus(ROOT / "egs", "ravdess")
    tests = [{int(speaker) for speaker in fold.test} for fold in corpus.folds[name].folds]
    assert tests == expected
    assert sorted(s for fold in tests for s in fold) == list(range(1, 25))
    for fold, later in pairwise(corpus.folds[name].folds):
        assert not set(fold.dev) & set(fold.test) and not set(later.dev) & set(later.test)


def test_an_unknown_name_of_folds_says_which_there_are() -> None:
    protocol = {"kind": "speaker-groups", "name": "seven", "groups": None}
    config = {
        "run": {"classes": ["anger", "neutral"], "merge": {}, "protocol": protocol, "dev_speakers": 0},
        "train": ["c"],
        "tests": [],
        "published": {"c": {"five": {"source": "x", "folds": []}}},
        "needs_gender": False,
    }
    with pytest.raises(SernetError, match="no folds named seven; it has: five"):
        partition.folds(config, {"c": []}, "run r")

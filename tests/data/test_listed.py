"""Folds that somebody has listed: by the release's split, by utterance, by the user's own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sernet.corpus.cuts import Listed
from sernet.corpus.utterances import Utterance
from sernet.data import partition, protocols
from sernet.errors import SernetError
from sernet.pipeline.files import write_json

SPLITS = {"ann": "train", "ben": "train", "cat": "dev", "dan": "test", "eve": "test2"}


def _item(speaker: str | None, emotion: str, number: int = 0, split: str | None = None, **more: Any) -> Listed:
    name = f"{speaker or 'x'}_{emotion}_{number}"
    identity = f"c-{speaker}-{name}" if speaker else f"c-{name}"
    utterance = Utterance(id=identity, corpus="c", speaker=f"c-{speaker}" if speaker else identity, emotion=emotion)
    return Listed(utterance, audio=identity, split=split or SPLITS.get(speaker or ""), **more)


def _corpus() -> list[Listed]:
    return [_item(speaker, emotion) for speaker in SPLITS for emotion in ("anger", "neutral")]


def _folds(
    items: Sequence[Listed], published: dict[str, Any], unknown: str = "refuse", dev_speakers: int = 1
) -> list[dict[str, Any]]:
    protocol = {"kind": "official", "name": "x", "groups": None, "unknown_speakers": unknown}
    run = {"classes": ["anger", "neutral"], "merge": {}, "protocol": protocol, "dev_speakers": dev_speakers}
    config = {"run": run, "train": ["c"], "tests": [], "published": {"c": {"x": published}}, "needs_gender": False}
    made: list[dict[str, Any]] = partition.folds(config, {"c": items}, "run r")["c"]["folds"]
    return made


def _list(by: str | None, *folds: dict[str, Any]) -> dict[str, Any]:
    return {"source": "here", "by": by, "folds": [{"dev": [], "train": None, **fold} for fold in folds]}


OFFICIAL = _list("split", {"train": ["train"], "dev": ["dev"], "test": ["test"]})


def test_the_releases_split_goes_in_as_given_and_what_it_does_not_name_stays_out() -> None:
    (fold,) = _folds(_corpus(), OFFICIAL)
    assert (fold["train"], fold["dev"], fold["test"]) == (("c-ann", "c-ben"), ("c-cat",), ("c-dan",))
    (without_dev,) = _folds(_corpus(), OFFICIAL, dev_speakers=0)
    assert without_dev["train"] == ("c-ann", "c-ben", "c-cat") and not without_dev["dev"]


def test_a_split_that_shares_a_speaker_is_not_used() -> None:
    items = [*_corpus(), _item("ann", "anger", 1, split="test")]
    with pytest.raises(
        SernetError, match="fold 0: 1 speakers are on both sides of this split, so it is not used: c-ann"
    ):
        _folds(items, OFFICIAL)


def test_a_split_that_the_corpus_does_not_have_is_named() -> None:
    with pytest.raises(SernetError, match="c has no split named test9"):
        _folds(_corpus(), _list("split", {"train": ["train"], "test": ["test9"]}))


def test_utterances_that_a_list_does_not_name_are_left_out_and_do_not_count_as_a_class() -> None:
    items = [*_corpus(), _item("ann", "anger", 1), _item("dan", "anger", 1)]
    parts = {"train": ["ann_anger_0.wav", "c-ben-ben_neutral_0"], "test": ["wav/dan_anger_0.wav", "dan_neutral_0"]}
    parts["test"][0] = "dan_anger_0.wav"
    (fold,) = _folds(items, _list("utterance", parts), dev_speakers=0)
    assert fold["train"] == ("c-ann", "c-ben") and fold["test"] == ("c-dan",)
    assert fold["left_out"] == (
        *("c-ann-ann_neutral_0", "c-ben-ben_anger_0", "c-ann-ann_anger_1", "c-dan-dan_anger_1"),
    )
    with pytest.raises(SernetError, match="fold 0: train has no utterance of neutral"):
        _folds(items, _list("utterance", {"train": ["ann_anger_0"], "test": parts["test"]}), dev_speakers=0)


@pytest.mark.parametrize(
    ("unknown", "train", "test"),
    [
        ("leave-out", ("c-ann", "c-ben"), ("c-dan",)),
        ("keep", ("c-ann", "c-ben", "c-x_anger_0"), ("c-dan", "c-x_anger_1")),
    ],
)
def test_utterances_by_nobody_knows_whom_need_a_word(unknown: str, train: tuple[str], test: tuple[str]) -> None:
    items = [*_corpus(), *(_item(None, "anger", n, split) for n, split in enumerate(("train", "test", "test2")))]
    with pytest.raises(SernetError, match="nobody knows who speaks 3 utterances of c.*unknown_speakers: leave-out"):
        _folds(items, OFFICIAL)
    (fold,) = _folds(items, OFFICIAL, unknown)
    assert (fold["train"], fold["test"]) == (train, test)


def test_segments_of_one_recording_are_not_torn_apart() -> None:
    items = [
        _item(s, e, recording="c-talk" if s in ("ann", "dan") else None) for s in SPLITS for e in ("anger", "neutral")
    ]
    with pytest.raises(SernetError, match="train and test hold segments of one recording: c-ann-.* = c-dan-"):
        _folds(items, OFFICIAL)


def test_a_copy_of_a_test_utterance_may_be_left_out() -> None:
    copy = Listed(_item("ann", "anger", 1).utterance, audio="c-dan-dan_anger_0")
    test, train = ["dan_anger_0", "dan_neutral_0"], ["ann_anger_0", "ann_neutral_0"]
    (fold,) = _folds([*_corpus(), copy], _list("utterance", {"train": train, "test": test}), dev_speakers=0)
    assert "c-ann-ann_anger_1" in fold["left_out"]
    with pytest.raises(SernetError, match="train and test hold the same audio: c-ann-ann_anger_1 = c-dan-dan_anger_0"):
        _folds([*_corpus(), copy], _list("utterance", {"train": [*train, "ann_anger_1"], "test": test}), dev_speakers=0)


def _write(folder: Path, **lists: list[str]) -> None:
    folder.mkdir(parents=True)
    for part, names in lists.items():
        (folder / part).write_text("".join(f"{name}\n" for name in names))


def test_ones_own_lists_name_speakers_or_utterances(tmp_path: Path) -> None:
    _write(tmp_path / "fold0", test=["dan"], dev=["c-cat c-cat-cat_anger_0 c-cat-cat_neutral_0"])
    _write(tmp_path / "fold1", test=["ann", "", "ben"], train=["cat", "dan"])
    first, second = _folds(_corpus(), protocols.read_lists(tmp_path), dev_speakers=1)
    assert (first["train"], first["dev"], first["test"]) == (("c-ann", "c-ben", "c-eve"), ("c-cat",), ("c-dan",))
    assert (second["train"], second["test"]) == (("c-cat", "c-dan"), ("c-ann", "c-ben"))
    utterances = tmp_path / "by utterance"
    _write(utterances / "fold0", test=["c-dan-dan_anger_0 c-dan", "dan_neutral_0.wav"])
    (fold,) = _folds(_corpus(), protocols.read_lists(utterances), dev_speakers=0)
    assert fold["test"] == ("c-dan",) and fold["train"] == ("c-ann", "c-ben", "c-cat", "c-eve")


def test_faulty_lists_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SernetError, match="no folder fold0"):
        protocols.read_lists(tmp_path)
    _write(tmp_path / "fold0", test=["dan", "fay"])
    with pytest.raises(SernetError, match="c has neither speakers nor utterances named dan, fay"):
        _folds(_corpus(), protocols.read_lists(tmp_path))
    _write(tmp_path / "fold2", test=["ann"])
    with pytest.raises(SernetError, match="no folder fold1, but fold2"):
        protocols.read_lists(tmp_path)
    _write(tmp_path / "fold1", train=["ann"])
    with pytest.raises(SernetError, match=r"fold1/test: is not there"):
        protocols.read_lists(tmp_path)


def test_a_name_that_means_two_utterances_is_refused() -> None:
    items = [_item("ann", "anger"), _item("ann", "neutral"), _item("dan", "anger"), _item("dan", "neutral")]
    twin = Utterance(id="c-eve-ann_anger_0", corpus="c", speaker="c-eve", emotion="anger")
    with pytest.raises(SernetError, match="several utterances named ann_anger_0; list their ids"):
        _folds([*items, Listed(twin, audio="z")], _list(None, {"train": ["ann_anger_0"], "test": ["dan_anger_0"]}))


def test_left_out_utterances_are_read_back(tmp_path: Path) -> None:
    fold = protocols.Fold(("c-ann",), (), ("c-dan",), ("c-ann-1",))
    for written in (fold, protocols.Fold(("c-ann",), (), ("c-dan",))):
        path = tmp_path / "x.json"
        write_json(path, protocols.write_folds("k", protocols.Groups("s", [], []), [written]))
        assert protocols.read_folds(path) == [written]

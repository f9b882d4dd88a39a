"""Published folds as data: in corpus.yaml or in a file of their own, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import load_corpus, load_recipe
from sernet.config.protocol import ProtocolConfig
from sernet.errors import UsageError
from tiny import RAW

TWO = {"source": "a paper", "folds": [{"test": ["f1", "m1"]}, {"test": ["f10", "m2"], "dev": ["f1"]}]}


def _folder(egs: Path, raw: dict[str, Any], **files: dict[str, Any]) -> Path:
    (egs / "tiny" / "folds").mkdir(parents=True)
    (egs / "tiny" / "corpus.yaml").write_text(yaml.safe_dump(raw))
    for name, folds in files.items():
        (egs / "tiny" / "folds" / f"{name}.yaml").write_text(yaml.safe_dump(folds))
    return egs


def test_folds_in_a_file_are_those_of_that_name(tmp_path: Path) -> None:
    corpus, _ = load_corpus(_folder(tmp_path, {**RAW, "folds": {"inside": TWO}}, two=TWO), "tiny")
    assert sorted(corpus.folds) == ["inside", "two"] and corpus.folds["two"] == corpus.folds["inside"]


def test_a_name_in_both_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"folds\.two stands here and in .*folds/two\.yaml"):
        load_corpus(_folder(tmp_path, {**RAW, "folds": {"two": TWO}}, two=TWO), "tiny")


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"folds": [{"test": ["f1"]}, {"test": ["f1", "f10", "m1", "m2"]}]}, "tested in two folds: f1"),
        ({"folds": [{"test": ["f1", "m1"]}, {"test": ["f10"]}]}, "no fold tests m2"),
        ({"folds": [{"test": ["f1"], "dev": ["f1"]}]}, "listed twice: f1"),
        ({"folds": [{"test": ["f1"], "train": ["m1", "f1"]}]}, "listed twice: f1"),
        ({"folds": [{"test": ["f1"], "dev": ["f99"]}]}, "no such speakers: f99"),
        ({"by": "split", "folds": [{"test": ["test"]}]}, "say what trains"),
    ],
)
def test_folds_that_do_not_partition_the_speakers_are_refused(listed: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        validate(CorpusConfig, {**RAW, "folds": {"x": {"source": "s", **listed}}}, "tiny/corpus.yaml")


def test_lists_of_ones_own_need_a_path() -> None:
    with pytest.raises(UsageError, match="path goes with lists"):
        validate(ProtocolConfig, {"kind": "lists"}, "here")
    with pytest.raises(UsageError, match="path goes with lists"):
        validate(ProtocolConfig, {"kind": "session", "path": "x"}, "here")
    assert validate(ProtocolConfig, {"kind": "lists", "path": "/a/my folds"}, "here").label == "lists-my_folds-d45b14bc"


def test_the_fold_that_was_tuned_on_must_be_there(tmp_path: Path) -> None:
    egs = _folder(tmp_path, {**RAW, "folds": {"two": TWO}})
    recipe = {
        "title": "t",
        "runs": {"r": {"corpora": ["tiny"], "classes": ["anger", "neutral"], "protocol": {"kind": "session"}}},
    }
    for fold, right in ((1, True), (2, False)):
        (egs / "tiny" / "conf").mkdir(exist_ok=True)
        tuned = {"corpus": "tiny", "folds": "two", "fold": fold}
        (egs / "tiny" / "conf" / "recipe.yaml").write_text(yaml.safe_dump({**recipe, "tuned_on": tuned}))
        if right:
            assert load_recipe(egs, "tiny", {}).config.tuned_on
        else:
            with pytest.raises(UsageError, match="tiny has no fold 2 of speakers named two; it has folds two"):
                load_recipe(egs, "tiny", {})

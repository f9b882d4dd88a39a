"""Runs over several corpora, and runs that are subtracted: what may be asked for, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from conftest import ROOT
from sernet.config.base import validate
from sernet.config.load import load_recipe
from sernet.config.protocol import ProtocolConfig
from sernet.errors import UsageError

EGS = ROOT / "egs"


def _label(**asked: Any) -> str:
    return validate(ProtocolConfig, {"kind": "speaker-groups", **asked}, "here").label


def test_every_way_of_dividing_speakers_has_a_file_of_its_own() -> None:
    names = [_label(name="six"), _label(groups=6), _label(name="six", groups=6), _label(name="six-6")]
    assert len(set(names)) == len(names)
    with pytest.raises(UsageError, match="speaker-groups needs"):
        _label()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "runs.joint.protocol",
            {"kind": "speaker-groups", "name": "sixx", "groups": 6},
            "no corpus .* named sixx; .*six",
        ),
        ("runs.joint.classes_of", {"urdu": ["anger"]}, "classes_of.urdu: the run trains on ravdess, emovo, emodb"),
        ("runs.joint.classes_of", {"emodb": ["boredom"]}, "boredom is not one of the classes"),
        ("runs.own-emodb.classes_of", {"emodb": ["anger"]}, "classes_of goes with folds of several corpora"),
        ("runs.joint.against", ["own-urdu"], "no other run 'own-urdu'"),
        ("runs.joint.against", ["joint"], "no other run 'joint'"),
        ("runs.own-emovo.dev_speakers", 1, "own-emovo has another dev_speakers"),
        ("runs.own-emovo.protocol", {"kind": "leave-one-speaker-out"}, "own-emovo has another protocol"),
    ],
)
def test_what_would_not_be_what_was_meant_is_refused(key: str, value: object, said: str) -> None:
    settings = {key: yaml.safe_dump(value)}
    if key == "runs.joint.protocol":
        settings["runs.joint.against"] = "[]"
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "unified", settings)


def test_a_corpus_of_the_run_cannot_be_the_name_of_an_ood_set() -> None:
    sets = yaml.safe_dump({"emovo": {"condition": "ood-far", "source": "noise"}})
    with pytest.raises(UsageError, match="emovo is a corpus of the run"):
        load_recipe(EGS, "unified", {"ood.sets": sets, "runs.joint.ood": "[emovo]"})
    assert load_recipe(EGS, "unified", {"ood.sets": sets, "runs.own-ravdess.ood": "[emovo]"})


def test_corrupted_speech_is_of_one_corpus_for_its_classes_are() -> None:
    corrupted = {"condition": "corrupted", "source": "corrupted", "corruption": "white", "strength": 10}
    sets = yaml.safe_dump({"hiss": corrupted, "noise": {"condition": "ood-far", "source": "noise"}})
    with pytest.raises(UsageError, match=r"runs\.joint\.ood: hiss is corrupted speech of several corpora"):
        load_recipe(EGS, "unified", {"ood.sets": sets, "runs.joint.ood": "[noise, hiss]"})
    assert load_recipe(EGS, "unified", {"ood.sets": sets, "runs.joint.ood": "[noise]"})
    assert load_recipe(EGS, "unified", {"ood.sets": sets, "runs.own-emodb.ood": "[hiss]"})

"""Peers: trained by the runs that name them alone, changed like any system, refused where they cannot be."""

from __future__ import annotations

import pytest

from conftest import ROOT
from sernet.config.load import Recipe, load_recipe
from sernet.config.peers import PEERS
from sernet.errors import UsageError

EGS = ROOT / "egs"


def _of(recipe: Recipe, run: str) -> list[str]:
    return recipe.config.systems_of(recipe.config.runs[run])


def test_a_run_that_names_a_peer_has_it_and_no_other_run_does() -> None:
    recipe = load_recipe(EGS, "mini", {"runs.single.systems": "[am, lstm, egemaps-svm]"})
    assert _of(recipe, "single") == ["am", "lstm", "egemaps-svm"]
    assert _of(recipe, "cross") == ["baseline", "am", "msac"]
    assert recipe.systems["lstm"][0].kind == "lstm"
    assert set(recipe.systems) == {"baseline", "am", "msac", "lstm", "egemaps-svm"}
    assert set(load_recipe(EGS, "mini", {}).systems) == {"baseline", "am", "msac"}


def test_a_recipe_may_change_a_peer_and_the_settings_of_all_reach_it() -> None:
    settings = {"runs.single.systems": "[lstm]", "systems.lstm.model.embedding": "64", "train.epochs": "3"}
    recipe = load_recipe(EGS, "mini", settings)
    assert recipe.systems["lstm"][0].embedding == 64 and recipe.systems["lstm"][1].epochs == 3
    svm = load_recipe(EGS, "mini", {"runs.single.systems": "[compare-svm]", "systems.compare-svm.svm.c": "0.5"})
    assert svm.config.systems["compare-svm"].svm is not None
    assert svm.config.systems["compare-svm"].svm.c == 0.5


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runs.single.systems": "[lsmt]"}, "no system 'lsmt'; there are .*'lstm'"),
        ({"runs.single.systems": "[egemaps-svm]", "systems.egemaps-svm.train.epochs": "3"}, "leave features"),
        ({"runs.single.systems": "[egemaps-svm]", "systems.egemaps-svm.svm.c": "0"}, "svm.c: .* greater than 0"),
        ({"systems.am.model.kind": "transformer"}, "model .system am.: kind"),
        ({"features.name": "egemaps"}, "the folder of functionals"),
    ],
)
def test_faults_are_named(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "mini", settings)


def test_a_timeline_has_no_svm() -> None:
    name = next(iter(load_recipe(EGS, "timeline", {}).config.timeline.runs))  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="egemaps-svm, which hears whole utterances alone"):
        load_recipe(EGS, "timeline", {f"runs.{name}.systems": "[am, egemaps-svm]"})


@pytest.mark.parametrize("name", PEERS)
def test_each_says_what_it_is(name: str) -> None:
    recipe = load_recipe(EGS, "mini", {"runs.single.systems": f"[{name}]"})
    assert recipe.config.systems[name].description
    assert bool(recipe.config.systems[name].linear) != (recipe.systems[name][0].kind != "sernet")

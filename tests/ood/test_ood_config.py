"""What a recipe may say of OOD sets and detectors."""

from __future__ import annotations

import inspect

import pytest

from sernet.config.base import validate
from sernet.config.ood import NETWORK_DETECTORS, STANDARD_SETS, TRIVIAL_DETECTORS, OodConfig, OodSetConfig
from sernet.config.recipe import RecipeConfig
from sernet.config.systems import SYSTEMS
from sernet.errors import SernetError
from sernet.ood.registry import DETECTORS

NEAR = {"condition": "ood-near", "source": "held-out"}
NOISE = {"condition": "ood-far", "source": "noise"}
HISS = {"condition": "corrupted", "source": "corrupted", "corruption": "white", "strength": 10}


def config(**value):
    return validate(OodConfig, value, "recipe.yaml")


def test_a_full_configuration_is_accepted():
    sets = {
        "near": {**NEAR, "where": {"emotion": ["calm", "surprise"]}},
        "emodb": {"condition": "ood-shift", "source": "corpus", "corpus": "emodb"},
        "digits": {"condition": "ood-far", "source": "corpus", "corpus": "fsdd"},
        "digits_unmatched": {"condition": "ood-far", "source": "corpus", "corpus": "fsdd", "matched": False},
        "pink": {**NOISE, "kinds": ["pink"], "split": "dev"},
    }
    assert set(config(sets=sets, tune_on="pink", options={"knn": {"k": 5}}).sets) == set(sets)
    assert config().detectors == ["msp", "max_cosine", "energy", "mahalanobis", "knn", "duration", "level", "bandwidth"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"detectors": ["mps"]}, "detectors"),
        ({"detectors": ["msp", "msp"]}, "twice"),
        ({"sets": {"a": {**NEAR, "source": "noise"}}}, "go together"),
        ({"sets": {"a": {"condition": "ood-shift", "source": "noise"}}}, "ood-shift needs source corpus"),
        ({"sets": {"a": {"condition": "ood-far", "source": "corpus"}}}, "needs `corpus`"),
        ({"sets": {"a": {**NOISE, "corpus": "fsdd"}}}, "others? .*none"),
        ({"sets": {"a": {**NOISE, "where": {"emotion": ["calm"]}}}}, "no attributes"),
        ({"sets": {"a": {**NOISE, "kinds": ["brown"]}}}, "brown; source noise has white, pink"),
        ({"sets": {"a": {**NEAR, "split": "dev"}}}, "for test alone"),
        ({"sets": {"test": NOISE}}, "the run's own"),
        ({"sets": {"a": NOISE}, "tune_on": "a"}, "not a set with split dev"),
        ({"sets": {"a": {**NOISE, "volume": 3}}}, "unknown key"),
        ({"sets": {"a": {**HISS, "source": "noise"}}}, "corrupted go together"),
        ({"sets": {"a": {**HISS, "corruption": None}}}, "goes with source corrupted"),
        ({"sets": {"a": {**NOISE, "corruption": "white"}}}, "goes with source corrupted"),
        ({"sets": {"a": {**HISS, "strength": None}}}, "white has signal-to-noise ratio"),
        ({"sets": {"a": {**HISS, "corruption": "telephone"}}}, "telephone has none"),
        ({"sets": {"a": {**HISS, "strength": 99}}}, "in dB, -30 to 60; 99 is not"),
        ({"sets": {"a": {**HISS, "corruption": "environment"}}}, "needs `corpus`"),
    ],
)
def test_a_contradiction_is_refused_in_words(value, message):
    with pytest.raises(SernetError, match=message):
        config(**value)


@pytest.mark.parametrize(
    ("detector", "option", "wrong", "right"),
    [
        ("energy", "temperature", (0, -1, 1e-300, float("inf"), float("nan")), (0.1, 1000)),
        ("gen", "gamma", (0, 1, -1), (0.01, 0.99)),
        ("gen", "top", (0, 2.5), (1, 100)),
        ("knn", "k", (0, -3, 1.5, float("inf")), (1, 50)),
        ("knn", "bank", (0,), (1,)),
        ("mc_dropout", "rate", (0, 1), (0.2,)),
        ("mc_dropout", "draws", (0, 1e8), (32,)),
        ("odin", "temperature", (0,), (1000,)),
        ("rodin", "step", (-0.1, float("nan")), (0, 0.1)),
        ("react", "percentile", (0, 100, 200), (90,)),
        ("vim", "share", (0, 1, 2, -1), (0.5,)),
    ],
)
def test_an_option_outside_its_range_is_refused_when_the_recipe_is_read(detector, option, wrong, right):
    for value in wrong:
        with pytest.raises(
            SernetError, match=rf"options\.{detector}\.{option}: (.* to .*; .* is not|Input should be a finite number)"
        ):
            config(options={detector: {option: value}})
    for value in right:
        assert config(options={detector: {option: value}}).options[detector] == {option: value}


def test_every_value_that_tuning_tries_and_every_default_is_allowed():
    for name, kind in DETECTORS.items():
        for option, parameter in inspect.signature(kind).parameters.items():
            for value in (parameter.default, *kind.grid.get(option, ())):
                config(options={name: {option: value}})


def test_corrupted_sets_are_for_detectors_that_work_from_saved_scores():
    of = config(detectors=["msp", "odin", "level"], sets={"far": NOISE, "hiss": HISS})
    scored = of.scored(["far", "hiss"])
    assert [name for detector, name in scored if detector == "msp"] == ["test", "far", "hiss"]
    for detector in ("odin", "level"):
        assert detector in (*NETWORK_DETECTORS, *TRIVIAL_DETECTORS)
        assert [name for other, name in scored if other == detector] == ["test", "far"]
    assert of.scored([]) == []


def test_a_run_may_have_some_of_the_detectors():
    run = {"corpora": ["x"], "classes": ["anger", "fear"], "protocol": {"kind": "speaker-groups", "groups": 2}}
    raw = {"title": "t", "systems": SYSTEMS, "ood": {"detectors": ["msp", "odin", "knn"]}}

    def recipe(**more):
        runs = {"all": run, "some": {**run, "detectors": ["knn", "vim", "msp"]}, **more}
        return validate(RecipeConfig, raw | {"runs": runs}, "recipe.yaml")

    found = recipe()
    assert found.detection(found.runs["all"]).detectors == ["msp", "odin", "knn"]
    assert found.detection(found.runs["some"]).detectors == ["msp", "knn"]  # in the order of ood.detectors
    assert found.ood.detectors == ["msp", "odin", "knn"]
    with pytest.raises(SernetError, match="runs.other.detectors: none of them is in ood.detectors"):
        recipe(other={**run, "detectors": ["vim"]})


def test_one_name_or_several_to_tune_on():
    dev = {**NOISE, "split": "dev"}
    assert config(sets={"a": dev}, tune_on="a").tune_on == ["a"]
    assert config(sets={"a": dev, "b": dev}, tune_on=["a", "b"]).tune_on == ["a", "b"]
    assert config(tune_on=None).tune_on == []


def test_a_recipe_names_standard_sets_without_defining_them_and_may_redefine_them():
    run = {"corpora": ["x"], "classes": ["anger", "fear"], "protocol": {"kind": "speaker-groups", "groups": 2}}
    louder = {**HISS, "strength": -20}
    raw = {"title": "t", "systems": SYSTEMS, "runs": {"a": {**run, "ood": ["white_10", "telephone", "opus_1"]}}}
    recipe = validate(RecipeConfig, raw | {"ood": {"sets": {"telephone": louder}}}, "recipe.yaml")
    assert set(recipe.ood.sets) == {"white_10", "telephone", "opus_1"}
    assert recipe.ood.sets["white_10"] == STANDARD_SETS["white_10"] and recipe.ood.sets["white_10"].strength == 10
    assert recipe.ood.sets["telephone"].strength == -20


@pytest.mark.parametrize(
    ("tuned", "tested", "same"),
    [
        ({"session": ["1", "2"]}, {"session": ["2", "3"]}, True),
        ({"session": ["1"]}, {"session": ["2", "3"]}, False),
        ({}, {"session": ["2"]}, True),
        ({}, {}, True),
        ({"session": ["1"], "emotion": ["calm"]}, {"session": ["2"]}, False),
        ({"session": ["1"]}, {"emotion": ["calm"]}, False),  # nobody knows before stage 1
    ],
)
def test_a_set_to_tune_on_that_takes_clips_of_a_test_set_is_known_by_its_filters(
    tuned: dict[str, list[str]], tested: dict[str, list[str]], same: bool
) -> None:
    def far(where: dict[str, list[str]], split: str, corpus: str = "esc10") -> OodSetConfig:
        raw = {"condition": "ood-far", "source": "corpus", "corpus": corpus, "where": where, "split": split}
        return OodSetConfig.model_validate(raw)

    assert far(tuned, "dev").shares(far(tested, "test")) is same
    assert not far(tuned, "dev").shares(far(tested, "test", "fsdd"))

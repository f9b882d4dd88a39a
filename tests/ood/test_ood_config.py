"""What a recipe may say of OOD sets and detectors."""

from __future__ import annotations

import pytest

from sernet.config.base import validate
from sernet.config.ood import OodConfig
from sernet.errors import SernetError

NEAR = {"condition": "ood-near", "source": "held-out"}
NOISE = {"condition": "ood-far", "source": "noise"}


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
    ],
)
def test_a_contradiction_is_refused_in_words(value, message):
    with pytest.raises(SernetError, match=message):
        config(**value)

"""Front ends in a recipe: what a system hears, and what cannot be."""

from __future__ import annotations

import pytest

from conftest import ROOT
from sernet.config.load import load_recipe
from sernet.errors import UsageError

EGS = ROOT / "egs"


def test_a_network_that_hears_frames_has_the_settings_for_them() -> None:
    recipe = load_recipe(EGS, "encoders", {})
    config = recipe.config
    assert [config.front_end(name) for name in ("whisper-ridge", "am")] == ["whisper", "whisper-frames"]
    model, train = recipe.systems["am"]
    assert (model.kind, model.input.normalise, model.head.kind) == ("frames", "global", "am")
    assert train.epochs == 20 and train.augment.frequency_warp == 0 and train.augment.time_warp > 0
    assert load_recipe(EGS, "mini", {}).systems["am"][0].kind == "sernet"
    everywhere = {"features": "heard", "front_ends": "{heard: {kind: encoder, model: x, layers: [1], keep: frames}}"}
    mini = load_recipe(EGS, "mini", everywhere)
    assert mini.systems["msac"][0].kind == "frames" and mini.config.front_end("msac") == "heard"
    assert mini.config.fbank.name == "fbank80"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"systems.am.features": "whisper"}, "systems.am.features: no front end 'whisper' with frames"),
        ({"systems.whisper-ridge.ridge.features": "whisper-frames"}, "no 'whisper-frames'; there are functionals"),
        ({"systems.other": "{ridge: {features: compare, layers: [[1]]}}"}, "ridge.layers: compare has no layers"),
        ({"front_ends.compare": "{kind: encoder, model: x}"}, "front_ends.compare: is the folder of other features"),
        ({"front_ends.../x": "{kind: encoder, model: x}"}, "front_ends"),
        ({"front_ends.whisper.layers": "[3, 2]"}, "ascending order"),
        ({"front_ends.whisper.keep": "both"}, "front_ends.whisper.keep"),
        ({"systems.am.standardise": "true"}, "standardise is about the systems that fuse names"),
        (
            {"timeline": "{runs: [ravdess], classes: [neutral, sadness]}", "runs.ravdess.systems": "[am]"},
            "ravdess has am, which hears a pre-trained encoder",
        ),
    ],
)
def test_faults_are_named(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "encoders", settings)

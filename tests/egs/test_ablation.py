"""The ablation's systems: every one differs from the one it is compared with by what its name says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sernet.config.load import Recipe, load_recipe

EGS = Path(__file__).resolve().parents[2] / "egs"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe(EGS, "ablation", {})


def controls(recipe: Recipe, system: str) -> dict[str, object]:
    return dict(recipe.systems[system][0].attributes)


def test_msac_and_what_comes_before_it_are_those_of_every_recipe(recipe: Recipe) -> None:
    common = load_recipe(EGS, "ravdess", {}).systems
    assert all(recipe.systems[name] == common[name] for name in ("baseline", "am", "msac"))


def test_a_step_adds_the_control_that_it_is_named_after(recipe: Recipe) -> None:
    msac = controls(recipe, "msac")
    added = {"am": set(), "gender": {"gender"}, "speaker": {"gender", "speaker"}}
    for system, names in added.items():
        assert controls(recipe, system) == {name: msac[name] for name in names}
    for name in msac:
        assert controls(recipe, f"no-{name}") == {other: msac[other] for other in msac if other != name}
        assert recipe.config.systems[f"no-{name}"].versus == ["msac"]
    assert set(controls(recipe, "auto")) == set(msac) < set(controls(recipe, "auto-all"))
    everything = [*controls(recipe, "auto").values(), *controls(recipe, "auto-all").values()]
    assert {control.control for control in everything} == {"auto"}  # type: ignore[attr-defined]


def test_every_system_but_the_baseline_has_one_just_before_it_in_every_run(recipe: Recipe) -> None:
    for run in recipe.config.runs.values():
        systems = run.systems or list(recipe.systems)
        for name in set(systems) - {"baseline", "am"}:
            assert set(recipe.config.systems[name].versus) & set(systems), name


def test_nothing_but_heads_and_controls_differs(recipe: Recipe) -> None:
    kept = {
        (model.model_copy(update={"attributes": {}, "head": None}).model_dump_json(), train.model_dump_json())
        for model, train in recipe.systems.values()
    }
    assert len(kept) == 1

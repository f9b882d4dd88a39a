"""Recipes: systems laid over settings, settings laid over the file, faults named."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from conftest import ROOT
from sernet.config.load import load_recipe, merged
from sernet.config.ood import OPTIONS
from sernet.errors import SernetError, UsageError
from sernet.experiment import Experiment
from sernet.ood.registry import DETECTORS

EGS = ROOT / "egs"


def test_every_recipe_has_the_three_systems() -> None:
    systems = load_recipe(EGS, "mini", {}).systems
    assert list(systems) == ["baseline", "am", "msac"]
    assert [systems[name][0].head.kind for name in systems] == ["softmax", "am", "am"]
    controls = {name: attribute.control for name, attribute in systems["msac"][0].attributes.items()}
    assert controls == {"gender": "assist", "speaker": "suppress", "corpus": "suppress", "language": "suppress"}
    assert not systems["am"][0].attributes


def test_settings_reach_all_systems_or_one() -> None:
    settings = {"train.epochs": "7", "systems.msac.model.attributes.gender.control": "suppress"}
    systems = load_recipe(EGS, "mini", settings).systems
    assert {training.epochs for _, training in systems.values()} == {7}
    assert systems["msac"][0].attributes["gender"].control == "suppress"
    assert systems["msac"][0].attributes["gender"].weight == 0.3


def test_a_run_may_be_trained_differently() -> None:
    settings = {"systems.am.train.peak_lr": "0.001", "runs.cross.train": "{epochs: 60, augment: {style: 0}}"}
    recipe = load_recipe(EGS, "mini", settings)
    plain, longer = (recipe.settings(recipe.config.runs[name], "am")[1] for name in ("single", "cross"))
    assert plain == recipe.systems["am"][1]
    assert (longer.epochs, longer.augment.style, longer.augment.time_masks) == (60, 0, plain.augment.time_masks)
    assert longer.peak_lr == 0.001  # the system's own stays
    assert longer.model_copy(update={"epochs": plain.epochs, "augment": plain.augment}) == plain


def test_a_system_is_compared_with_one_or_several() -> None:
    settings = {"systems.gender": "{versus: am}", "systems.msac.versus": "[gender, am]"}
    systems = load_recipe(EGS, "mini", settings).config.systems
    assert (systems["gender"].versus, systems["msac"].versus, systems["am"].versus) == (["am"], ["gender", "am"], [])


def test_a_control_is_switched_off_by_the_word_off() -> None:
    settings = {"systems.msac.model.attributes.speaker.control": "off"}
    assert load_recipe(EGS, "mini", settings).systems["msac"][0].attributes["speaker"].control == "off"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"runs.single.protocol.kind": "random"}, "runs.single.protocol.kind"),
        ({"runs.single.protocol.groups": "null"}, "needs either `name`"),
        ({"runs.single.ood": "[nosuch]"}, "no set 'nosuch'; ood.sets has"),
        ({"runs.single.systems": "[best]"}, "no system 'best'"),
        ({"runs.cross.corpora": "[mini_en]"}, "needs two corpora or more"),
        ({"runs.single.corpora": "[nosuch]"}, "no corpus 'nosuch'"),
        ({"corpora.ravdess.root": "x"}, "corpora.ravdess: no run uses it"),
        ({"ood.detectors": "[magic]"}, "ood.detectors"),
        ({"ood.options.knn.kk": "5"}, "options.knn: kk; allowed: k, bank"),
        ({"ood.sets.unseen.where": "{emotoin: [fear]}"}, "ood.sets.unseen.where.emotoin"),
        ({"seeds": "[0, 0]"}, "seeds holds a seed twice"),
        ({"systems.am.versus": "nosuch"}, "systems.am.versus: no system 'nosuch'; there are"),
        ({"systems.am.versus": "[msac]"}, "versus goes in a circle"),
        ({"systems.baseline.versus": "[am]"}, "versus goes in a circle"),
        ({"runs.cross.against": "[single]"}, "runs.cross.against: pairs is several runs"),
        ({"probes": "[age]"}, "probes.0"),
        ({"probes": "[gender, gender]"}, "probes holds an attribute twice"),
        ({"runs.single.systems": "[am, am]"}, "systems holds a system twice"),
        ({"ood.sets.noise.split": "dev"}, "is made from dev speech; set dev_speakers"),
        ({"features.storage": "int8"}, "features.storage"),
        ({"only": "[nosuch]"}, "only: no run 'nosuch'; there are ['cross', 'single']"),
        ({"title.x": "1"}, "title is a value, not a group"),
        ({"runs.cross.train.epoch": "60"}, "runs.cross.train: epoch: unknown key; allowed: epochs"),
        ({"runs.singl.folds": "[0]"}, "no run 'singl'; there are single, cross"),
    ],
)
def test_faults_name_the_key(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        load_recipe(EGS, "mini", settings)
    assert said in str(error.value)


def test_a_set_made_of_what_is_trained_on_is_refused() -> None:
    with pytest.raises(UsageError, match="single-ravdess.ood: english is made of ravdess, which the run trains on"):
        load_recipe(EGS, "multi", {"runs.single-ravdess.ood": "[english]"})


def test_people_who_speak_in_two_corpora_are_on_one_side_or_the_run_is_refused() -> None:
    both = {"runs.single.corpora": "[ravdess, ravdess_song]", "runs.single.classes": "[neutral, calm, anger]"}
    load_recipe(EGS, "ravdess", both)  # published folds that agree
    six = both | {"runs.single.protocol": "{kind: speaker-groups, groups: 6}"}
    whole = {"runs.single.corpora": "[ravdess_song]", "runs.single.test_on": "[ravdess]"}
    for settings in (six, whole | {"runs.single.protocol": "{kind: all}", "runs.single.ood": "[]"}):
        with pytest.raises(UsageError, match="ravdess_song and ravdess, in which the same people speak"):
            load_recipe(EGS, "ravdess", settings)


def test_null_takes_the_place_of_a_value() -> None:
    systems = load_recipe(EGS, "mini", {"systems.am.train.crop_seconds": "null"}).systems
    assert systems["am"][1].crop_seconds is None and systems["baseline"][1].crop_seconds == 1.6


def test_lists_in_two_places_have_files_of_their_own() -> None:
    protocols = [
        load_recipe(EGS, "ravdess", {"runs.single.protocol.kind": "lists", "runs.single.protocol.path": path})
        .config.runs["single"]
        .protocol.label
        for path in ("a/folds", "b/folds")
    ]
    assert len(set(protocols)) == 2 and all(label.startswith("lists-folds-") for label in protocols)


def test_the_options_of_detectors_are_their_own() -> None:
    for name, kind in DETECTORS.items():
        assert tuple(inspect.signature(kind).parameters) == tuple(OPTIONS.get(name, ())), name


def test_a_yaml_fault_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "r" / "conf").mkdir(parents=True)
    (tmp_path / "r" / "conf" / "recipe.yaml").write_text("title: x\nruns: [\n")
    with pytest.raises(UsageError, match=r"recipe\.yaml:\d+: not YAML"):
        load_recipe(tmp_path, "r", {})


def test_merging_keeps_what_is_not_laid_over() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "e": 4}) == {"a": {"b": 9, "c": 2}, "d": 3, "e": 4}


def test_pairs_are_one_run_a_training_corpus(tmp_path: Path) -> None:
    experiment = Experiment(load_recipe(EGS, "mini", {}), tmp_path)
    runs = {run.name: (run.train, run.tests) for run in experiment.runs}
    assert runs["cross-mini_de"] == (("mini_de",), ("mini_en", "mini_it"))
    settings = {"runs.cross.protocol.kind": "leave-one-corpus-out"}
    experiment = Experiment(load_recipe(EGS, "mini", settings), tmp_path)
    runs = {run.name: (run.train, run.tests) for run in experiment.runs}
    assert runs["cross-mini_de"] == (("mini_en", "mini_it"), ("mini_de",))


def test_a_merged_emotion_counts_as_its_class_and_others_are_no_class(tmp_path: Path) -> None:
    settings = {"runs.single.merge": "{excitement: happiness}"}
    run = Experiment(load_recipe(EGS, "mini", settings), tmp_path).runs[0]
    assert (run.label("excitement"), run.label("anger"), run.label("surprise")) == ("happiness", "anger", None)


def test_runs_without_their_corpora_are_skipped_by_name(tmp_path: Path) -> None:
    for name in ("ravdess", "emodb"):
        (tmp_path / name).mkdir()
    recipe = load_recipe(EGS, "multi", {})
    experiment = Experiment(recipe, tmp_path, corpus_root=tmp_path)
    runs = {run.name for run in experiment.runs}
    assert {"pairs-ravdess", "pairs-emodb", "single-ravdess"} <= runs and not any("emovo" in name for name in runs)
    assert "emovo" in experiment.skipped["single-emovo"]
    with pytest.raises(SernetError, match=r"EMOVO|emovo.*--corpus-root DIR"):
        _ = Experiment(recipe, tmp_path, corpus_root=tmp_path / "nothing").runs


def test_one_run_can_be_carried_out_alone(tmp_path: Path) -> None:
    alone = Experiment(load_recipe(EGS, "mini", {"only": "[single]"}), tmp_path)
    assert [run.name for run in alone.runs] == ["single"]

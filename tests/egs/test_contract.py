"""The contract that every folder of egs/ keeps: found by itself, so a new recipe is held to it without a new test.

`official/<name>.py` gives the names of a released corpus: FILES (paths, or path -> text where annotations are read),
COMPLETE (whether that is the whole release, so that all counts must agree) and EXAMPLES (path, or the utterance's own
name -> speaker, gender, emotion).
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import corpora_in, load_recipe
from sernet.corpus import checks
from sernet.corpus.entries import Entry, read_entries
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data import partition
from sernet.experiment import Experiment

EGS = Path(__file__).resolve().parents[2] / "egs"
OFFICIAL = Path(__file__).resolve().parent / "official"
FOLDERS = sorted(path for path in EGS.iterdir() if path.is_dir())
CORPORA = {raw["name"]: folder for folder in FOLDERS if (folder / "corpus.yaml").exists() for raw in corpora_in(folder)}
RECIPES = [folder.name for folder in FOLDERS if (folder / "conf" / "recipe.yaml").exists()]

each_corpus = pytest.mark.parametrize("name", sorted(CORPORA))
each_recipe = pytest.mark.parametrize("name", RECIPES)


def _config(name: str) -> CorpusConfig:
    (raw,) = [raw for raw in corpora_in(CORPORA[name]) if raw["name"] == name]
    return validate(CorpusConfig, raw, str(CORPORA[name] / "corpus.yaml"))


def _official(name: str) -> ModuleType:
    """official/<name>.py: names as the corpus's documentation gives them, written without a look at our pattern."""
    path = OFFICIAL / f"{name}.py"
    if not path.exists():
        pytest.skip(f"no {path.relative_to(EGS.parent)}: the official names of {name} are not checked")
    spec = importlib.util.spec_from_file_location(f"official_{name}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(config: CorpusConfig, files: Mapping[str, str], root: Path) -> list[Entry]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return read_entries(config, root, CORPORA[config.name])


# Corpora


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_folder_is_a_corpus_or_a_recipe_and_has_a_readme(folder: Path) -> None:
    assert (folder / "corpus.yaml").exists() or (folder / "conf" / "recipe.yaml").exists()
    assert len((folder / "README.md").read_text().split()) > 50


def test_no_two_corpora_have_one_name() -> None:
    names = [raw["name"] for folder in FOLDERS if (folder / "corpus.yaml").exists() for raw in corpora_in(folder)]
    assert Counter(names).most_common(1)[0][1] == 1


@each_corpus
def test_a_corpus_says_where_it_comes_from_and_how_to_get_it(name: str) -> None:
    config = _config(name)
    assert all(map(str.strip, (config.title, config.source, config.licence, config.how_to_get)))


@each_corpus
def test_expected_counts_agree_with_each_other_and_with_the_labels(name: str) -> None:
    config = _config(name)
    assert config.expected.utterances
    if "emotion" in config.maps:
        assert set(config.expected.emotion) == set(config.maps["emotion"].values())
        assert sum(config.expected.emotion.values()) == config.expected.utterances
    if config.speakers:
        assert len(config.speakers) == config.expected.speakers


@each_corpus
def test_published_folds_test_every_speaker_once_and_develop_on_nobody_they_test(name: str) -> None:
    config = _config(name)
    for label, published in config.folds.items():
        assert published.source.strip(), label
        assert sorted(s for fold in published.folds for s in fold.test) == sorted(config.speakers), label
        assert not any(set(fold.test) & set(fold.dev) for fold in published.folds), label


@each_corpus
def test_the_official_names_are_read_as_documented(name: str, tmp_path: Path) -> None:
    config = _config(name)
    if config.synthesis:
        files = dict.fromkeys(config.synthesis.files(), "")
        assert checks.counts(config, _read(config, files, tmp_path), allow_partial=False) == []
        return
    official = _official(name)
    files = official.FILES if isinstance(official.FILES, dict) else dict.fromkeys(official.FILES, "")
    found = {entry.name or entry.path: entry for entry in _read(config, files, tmp_path / "all")} if files else {}
    if official.COMPLETE:
        assert checks.counts(config, list(found.values()), allow_partial=False) == []
    for file, labels in official.EXAMPLES.items():
        entry = found.get(file) or _read(config, {file: ""}, tmp_path / file.replace("/", "_"))[0]
        assert (entry.speaker, entry.gender, entry.emotion) == labels, file


# Recipes


@each_recipe
def test_a_recipe_loads_with_every_corpus_that_it_names(name: str) -> None:
    recipe = load_recipe(EGS, name, {})
    assert recipe.config.title and set(recipe.systems) >= {"baseline", "am", "msac"}
    for run in recipe.config.runs.values():
        for corpus in [*run.corpora, *run.test_on]:
            assert set(run.classes) <= set(recipe.corpora[corpus].maps["emotion"].values()), corpus


@each_recipe
def test_run_sh_is_short_and_hands_all_options_to_the_driver(name: str, tmp_path: Path) -> None:
    script = EGS / name / "run.sh"
    assert len(script.read_text().splitlines()) <= 15 and os.access(script, os.X_OK)
    (tmp_path / "egs" / name).mkdir(parents=True)
    shutil.copy(script, tmp_path / "egs" / name)
    (tmp_path / "run.sh").write_text("printf '%s\\n' \"$@\"\nexit 3\n")  # stands in for the driver
    options = ["--set", "a=[1, 2]", "--tag", "", "*"]
    made = subprocess.run(["bash", tmp_path / "egs" / name / "run.sh", *options], capture_output=True, text=True)
    assert made.returncode == 3 and made.stdout.splitlines() == ["--recipe", name, *options]


# Real corpora


def _there(corpora: Path, name: str) -> tuple[CorpusConfig, list[Entry]]:
    config = _config(name)
    root = corpora / (config.folder or name)
    if not root.is_dir():
        pytest.skip(f"no {root.name} in SERNET_CORPORA")
    return config, read_entries(config, root, CORPORA[name])


@pytest.mark.parametrize("name", [name for name in sorted(CORPORA) if not name.startswith("mini_")])
def test_a_real_corpus_holds_what_is_said_of_it(corpora: Path, name: str) -> None:
    config, entries = _there(corpora, name)
    missing = checks.counts(config, entries, allow_partial=True)
    provenance = corpora / name / "PROVENANCE.txt"
    said = re.search(r"(\d+) of (\d+)", provenance.read_text()) if provenance.exists() else None
    if said:
        assert (len(entries), config.expected.utterances) == tuple(map(int, said.groups()))
    else:
        assert missing == []


def _indexed(config: CorpusConfig, entries: list[Entry]) -> list[Indexed]:
    """As stage 1 has them, without reading the audio: every file its own digest."""
    return [
        Indexed(
            Utterance(
                id=f"{config.name}-{entry.path}",
                corpus=config.name,
                speaker=f"{config.name}-{entry.speaker}",
                emotion=entry.emotion,
                gender=entry.gender,
            ),
            audio=entry.path,
        )
        for entry in entries
    ]


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "mini"])
def test_every_fold_of_a_recipe_can_be_trained_and_tested(corpora: Path, name: str, tmp_path: Path) -> None:
    """Nobody on both sides and every class in train and test: `partition.folds` refuses otherwise."""
    recipe = load_recipe(EGS, name, {})
    used = {corpus for run in recipe.config.runs.values() for corpus in run.corpora + run.test_on}
    if absent := sorted(c for c in used if not (corpora / (recipe.corpora[c].folder or c)).is_dir()):
        pytest.skip(f"no {', '.join(absent)} in SERNET_CORPORA")
    experiment = Experiment(recipe, tmp_path, corpus_root=corpora)
    for run in experiment.runs:
        indexed = {corpus: _indexed(*_there(corpora, corpus)) for corpus in (*run.train, *run.tests)}
        published = {c: {k: v.model_dump() for k, v in _config(c).folds.items()} for c in run.train}
        config: dict[str, Any] = {"run": run.config.model_dump(), "train": run.train, "tests": run.tests}
        files = partition.folds(config | {"published": published, "needs_gender": True}, indexed, run.name)
        assert bool(files) == run.folded


def test_urdus_folds_keep_the_recording_with_two_speakers_on_one_side() -> None:
    for fold in _config("urdu").folds["three"].folds:
        assert len({"SF1", "SF4"} & set(fold.test)) in (0, 2)

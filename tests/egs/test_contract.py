"""The contract that every folder of egs/ keeps: found by itself, so a new recipe is held to it without a new test.

`official/<name>.py` gives the names of a released corpus: FILES (paths, or path -> text where annotations are read),
COMPLETE (whether that is the whole release, so that all counts must agree) and EXAMPLES (path, or the utterance's own
name -> speaker, gender, emotion).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from sernet import contract
from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import corpora_in, load_recipe
from sernet.corpus import checks
from sernet.corpus.entries import Entry, read_entries

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
    assert contract.folder(folder) == []


def test_no_two_corpora_have_one_name() -> None:
    assert contract.names(EGS) == []


@each_corpus
def test_a_corpus_says_where_it_comes_from_and_how_to_get_it(name: str) -> None:
    assert contract.provenance(_config(name)) == []


@each_corpus
def test_expected_counts_agree_with_each_other_and_with_the_labels(name: str) -> None:
    assert contract.expected(_config(name)) == []


@each_corpus
def test_published_folds_name_their_source(name: str) -> None:
    assert contract.published(_config(name)) == []


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
    assert recipe.config.title and contract.classes(recipe) == []


@each_recipe
def test_run_sh_is_short_and_hands_all_options_to_the_driver(name: str) -> None:
    assert contract.script(EGS / name / "run.sh") == []


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


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "mini"])
def test_every_fold_of_a_recipe_can_be_trained_and_tested(corpora: Path, name: str) -> None:
    """Nobody on both sides and every class in train and test: `partition.folds` refuses otherwise."""
    recipe = load_recipe(EGS, name, {})
    used = sorted({corpus for run in recipe.config.runs.values() for corpus in run.corpora + run.test_on})
    assert contract.folds(recipe, {corpus: _there(corpora, corpus)[1] for corpus in used}, corpora) == []


def test_urdus_folds_keep_the_recording_with_two_speakers_on_one_side() -> None:
    for fold in _config("urdu").folds["three"].folds:
        assert len({"SF1", "SF4"} & set(fold.test)) in (0, 2)

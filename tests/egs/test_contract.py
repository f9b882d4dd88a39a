"""The contract that every folder of egs/ keeps: found by itself, so a new recipe is held to it without a new test.

A corpus that is not made on the spot is listed once in `OFFICIAL`, with names that its documentation gives.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
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
FOLDERS = sorted(path for path in EGS.iterdir() if path.is_dir())
CORPORA = {raw["name"]: folder for folder in FOLDERS if (folder / "corpus.yaml").exists() for raw in corpora_in(folder)}
RECIPES = [folder.name for folder in FOLDERS if (folder / "conf" / "recipe.yaml").exists()]

each_corpus = pytest.mark.parametrize("name", sorted(CORPORA))
each_recipe = pytest.mark.parametrize("name", RECIPES)


def _config(name: str) -> CorpusConfig:
    (raw,) = [raw for raw in corpora_in(CORPORA[name]) if raw["name"] == name]
    return validate(CorpusConfig, raw, str(CORPORA[name] / "corpus.yaml"))


# The official names, from each corpus's documentation and release, not from our patterns. A complete list has to give
# the expected counts; beside it stand single files with what they must be read as: speaker, gender, emotion.


def _ravdess() -> list[str]:
    """Livingstone and Russo (2018): 24 actors, 2 sentences, 2 repetitions, 2 intensities but for neutral."""
    return [
        f"Actor_{actor:02}/03-01-{emotion:02}-{intensity:02}-{sentence:02}-{repetition:02}-{actor:02}.wav"
        for actor, emotion in product(range(1, 25), range(1, 9))
        for intensity, sentence, repetition in product((1, 2), (1, 2), (1, 2))
        if not (emotion == 1 and intensity == 2)
    ]


def _emovo() -> list[str]:
    """Costantini et al. (2014): 6 actors, 7 emotions, 14 sentences."""
    sentences = ["b1", "b2", "b3", "l1", "l2", "l3", "l4", "n1", "n2", "n3", "n4", "n5", "d1", "d2"]
    emotions = ["dis", "gio", "neu", "pau", "rab", "sor", "tri"]
    return [
        f"EMOVO/{s}/{e}-{s}-{t}.wav" for s, e, t in product(["f1", "f2", "f3", "m1", "m2", "m3"], emotions, sentences)
    ]


def _fsdd() -> list[str]:
    """Its README: {digit}_{speaker}_{index}, six speakers, 50 of each digit."""
    speakers = ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    return [f"recordings/{digit}_{s}_{index}.wav" for digit, s, index in product(range(10), speakers, range(50))]


OFFICIAL: dict[str, tuple[Callable[[], list[str]] | None, dict[str, tuple[str | None, ...]]]] = {
    "ravdess": (
        _ravdess,
        {
            "Actor_12/03-01-06-01-02-01-12.wav": ("12", "female", "fear"),  # the example of its Zenodo page
            "Actor_01/03-01-02-02-01-01-01.wav": ("01", "male", "calm"),
        },
    ),
    "emodb": (
        None,
        {
            "wav/03a01Fa.wav": ("03", "male", "happiness"),  # the example of its documentation
            "wav/08a01Wa.wav": ("08", "female", "anger"),
            "wav/09a02La.wav": ("09", "female", "boredom"),
            "wav/03a04Ad.wav": ("03", "male", "fear"),
            "wav/11b09Td.wav": ("11", "male", "sadness"),
            "wav/13b10Nc.wav": ("13", "female", "neutral"),
            "wav/09a02Eb.wav": ("09", "female", "disgust"),
        },
    ),
    "emovo": (
        _emovo,
        {
            "EMOVO/m1/tri-m1-n5.wav": ("m1", "male", "sadness"),
            "EMOVO/f2/pau-f2-d1.wav": ("f2", "female", "fear"),
            "f1/gio-f1-b1.wav": ("f1", "female", "happiness"),
        },
    ),
    "urdu": (
        None,
        {
            "Angry/SM1_F01_A12.wav": ("SM1", "male", "anger"),  # the example of its README
            "Happy/SF1_F4_H04.wav": ("SF1", "female", "happiness"),
            "Neutral/SM5_F21_N049.wav": ("SM5", "male", "neutral"),
            "Sad/SF10_F2_S02.wav": ("SF10", "female", "sadness"),
        },
    ),
    "fsdd": (_fsdd, {"recordings/7_jackson_32.wav": ("jackson", None, None)}),  # the example of its README
    "esc10": (
        None,
        {
            "001 - Dog bark/1-30226-A.ogg": (None, None, None),
            "010 - Fire crackling/2-28314-A.ogg": (None, None, None),
        },
    ),
}


def _read(config: CorpusConfig, names: list[str], root: Path) -> list[Entry]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
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
def test_the_pattern_reads_the_official_names(name: str, tmp_path: Path) -> None:
    config = _config(name)
    if config.synthesis:
        every, files = config.synthesis.files, {}
    else:
        assert name in OFFICIAL, f"list official names of {name} here, from its documentation"
        every, files = OFFICIAL[name]
    if every:
        assert checks.counts(config, _read(config, every(), tmp_path / "all"), allow_partial=False) == []
    for file, labels in files.items():
        (entry,) = _read(config, [file], tmp_path / file.replace("/", "_"))
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
    if not (corpora / name).is_dir():
        pytest.skip(f"no {name} in SERNET_CORPORA")
    config = _config(name)
    return config, read_entries(config, corpora / name, CORPORA[name])


@pytest.mark.parametrize("name", sorted(OFFICIAL))
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
    if absent := [
        c for run in recipe.config.runs.values() for c in run.corpora + run.test_on if not (corpora / c).is_dir()
    ]:
        pytest.skip(f"no {', '.join(sorted(set(absent)))} in SERNET_CORPORA")
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

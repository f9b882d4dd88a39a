"""The contract that every folder of egs/ keeps. Each check names, in words, what breaks it; nothing: it is kept.

`tests/egs/test_contract.py` holds all folders to it, `utils/check_recipe.sh` one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sernet.config.corpus import CorpusConfig
from sernet.config.load import Recipe, corpora_in
from sernet.config.systems import SYSTEMS
from sernet.corpus import checks
from sernet.corpus.cuts import Listed
from sernet.corpus.entries import Entry
from sernet.corpus.names import clean, speaker_id
from sernet.corpus.scaffold import UNSAID
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data import partition
from sernet.errors import SernetError
from sernet.experiment import Experiment

WORDS = 50
"""A README has more."""
LINES = 15
"""A run.sh has no more."""
TRIED = ("--set", "a=[1, 2]", "--tag", "", "*")
"""Options that a careless script would change."""


def folder(path: Path) -> list[str]:
    """It is a corpus or a recipe, and has a README."""
    faults = []
    if not (path / "corpus.yaml").exists() and not (path / "conf" / "recipe.yaml").exists():
        faults.append(f"{path} has neither corpus.yaml nor conf/recipe.yaml")
    readme = path / "README.md"
    words = len(readme.read_text(encoding="utf-8").split()) if readme.exists() else 0
    if words <= WORDS:
        faults.append(f"{readme} has {words} words; say in more than {WORDS} how to get it and what its traps are")
    return faults


def names(egs: Path) -> list[str]:
    """No two corpora have one name."""
    found = Counter(
        str(raw.get("name")) for path in sorted(egs.glob("*/corpus.yaml")) for raw in corpora_in(path.parent)
    )
    return [f"{number} corpora of {egs} are called {name}" for name, number in found.items() if number > 1]


def provenance(config: CorpusConfig) -> list[str]:
    """It says what it is, who published it, under which licence, and how to get it."""
    keys = ("title", "source", "licence", "how_to_get")
    return [f"{config.name}: {key} is {UNSAID}" for key in keys if getattr(config, key).strip() in ("", UNSAID)]


def expected(config: CorpusConfig) -> list[str]:
    """The expected counts agree with each other and with labels and speakers."""
    counts = config.expected
    faults = [] if counts.utterances else ["expected.utterances is missing"]
    if "emotion" in config.maps and counts.emotion:  # some releases do not say how many there are of each
        labels = set(config.maps["emotion"].values())
        if absent := sorted(labels - set(counts.emotion)):
            faults.append(f"expected.emotion lacks {', '.join(absent)}")
        if extra := sorted(set(counts.emotion) - labels):
            faults.append(f"expected.emotion has {', '.join(extra)}, which no label means")
        if not absent and sum(counts.emotion.values()) != counts.utterances:
            faults.append(
                f"expected: {counts.utterances} utterances, but {sum(counts.emotion.values())} with an emotion"
            )
    if config.speakers and len(config.speakers) != counts.speakers:
        faults.append(f"expected: {counts.speakers} speakers, but {len(config.speakers)} are listed")
    return [f"{config.name}: {fault}" for fault in faults]


def published(config: CorpusConfig) -> list[str]:
    """Folds say where they were published; the configuration itself refuses all else that is wrong with them."""
    return [f"{config.name}: folds.{name} has no source" for name, of in config.folds.items() if not of.source.strip()]


def classes(recipe: Recipe) -> list[str]:
    """It has the systems that every recipe has, and classes that its corpora have."""
    faults = [f"{recipe.name}: no system {name}" for name in SYSTEMS if name not in recipe.systems]
    for name, run in recipe.config.runs.items():
        known = {
            corpus: set(recipe.corpora[corpus].maps.get("emotion", {}).values())
            for corpus in [*run.corpora, *run.test_on]
        }
        wanted = {corpus: run.classes_of.get(corpus, run.classes) for corpus in known}
        if run.protocol.kind not in ("pairs", "leave-one-corpus-out") and len(run.corpora) > 1:
            # What one corpus lacks another may have.
            together = "+".join(run.corpora)
            known[together] = set().union(*(known[corpus] for corpus in run.corpora))
            wanted = run.classes_of | dict.fromkeys([together, *run.test_on], run.classes)
        for corpus, classes in wanted.items():
            if absent := [emotion for emotion in classes if emotion not in known[corpus]]:
                faults.append(f"runs.{name}.classes: {corpus} has no {', '.join(absent)}")
    return faults


def script(path: Path) -> list[str]:
    """run.sh is short, can be run, and hands the recipe's name and all options to the driver as they are."""
    if not path.exists():
        return [f"{path} is missing"]
    faults = []
    if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LINES:
        faults.append(f"{path} has {lines} lines, more than {LINES}")
    if not os.access(path, os.X_OK):
        faults.append(f"{path} cannot be run: chmod +x")
    name = path.parent.name
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "egs" / name / "run.sh"
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
        (Path(scratch) / "run.sh").write_text("printf '%s\\n' \"$@\"\nexit 3\n")  # stands in for the driver
        made = subprocess.run(["bash", copy, *TRIED], capture_output=True, text=True)
    if made.returncode != 3 or made.stdout.splitlines() != ["--recipe", name, *TRIED]:
        faults.append(f"{path} does not end by handing --recipe {name} and its options to the driver: {made.stdout!r}")
    return faults


def counts(config: CorpusConfig, entries: Sequence[Entry]) -> list[str]:
    """What is there is what is expected."""
    return [f"{config.name}: {line}" for line in checks.counts(config, entries, allow_partial=True)]


def folds(recipe: Recipe, entries: dict[str, list[Entry]], corpus_root: Path) -> list[str]:
    """Every fold can be trained and tested: nobody on both sides, every class in train and test."""
    experiment = Experiment(recipe, Path(), corpus_root=corpus_root)
    faults = []
    try:
        runs = experiment.runs
    except SernetError as error:
        return [str(error)]
    for run in runs:
        said = {
            name: {k: f.model_dump(mode="json") for k, f in recipe.corpora[name].folds.items()} for name in run.train
        }
        config: dict[str, Any] = {"run": run.config.model_dump(mode="json"), "train": run.train, "tests": run.tests}
        indexed = {name: _indexed(recipe.corpora[name], entries[name]) for name in (*run.train, *run.tests)}
        config |= {"published": said, "needs_gender": _needs_gender(recipe, recipe.config.systems_of(run.config))}
        try:
            made = partition.folds(config, indexed, f"run {run.name}")
        except SernetError as error:
            faults.append(str(error))
        else:
            if bool(made) != run.folded:
                faults.append(f"run {run.name}: has no folds")
    return faults


def _needs_gender(recipe: Recipe, systems: list[str]) -> bool:
    controls = [recipe.systems[name][0].attributes.get("gender") for name in systems]
    return any(control is not None and control.control != "off" and bool(control.weight) for control in controls)


def _indexed(config: CorpusConfig, entries: Sequence[Entry]) -> list[Indexed]:
    """As stage 1 has them, without reading the audio: every file its own digest."""
    made: list[Indexed] = []
    for number, entry in enumerate(entries):
        name = f"{entry.name or clean(entry.path)}-{number}"
        speaker = speaker_id(config.name, entry.speaker) if entry.speaker else f"{config.name}-{name}"
        utterance = Utterance(
            id=f"{speaker}-{name}" if entry.speaker else speaker,
            corpus=config.name,
            speaker=speaker,
            emotion=entry.emotion,
            gender=entry.gender,
            session=entry.session,
        )
        made.append(Listed(utterance, audio=name, split=entry.split))
    return made

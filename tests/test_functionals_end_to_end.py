"""A linear SVM on eGeMAPS as a user runs it: from sounds to a table, again, and without openSMILE."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from conftest import ENVIRONMENT, ROOT
from tiny import RAW

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the project with one recipe on a tiny corpus, noise; anger is ten times as loud."""
    pytest.importorskip("opensmile", reason="openSMILE is not installed (pip install opensmile==2.6.0)")
    house, sounds = tmp_path / "house", tmp_path / "corpora" / "tiny"
    house.mkdir()
    sounds.mkdir(parents=True)
    for name in ("run.sh", "path.sh", "cmd.sh"):
        shutil.copy(ROOT / name, house)
    for name in ("sernet", "local", "utils"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    draws = np.random.default_rng(0)
    for speaker in RAW["speakers"]:
        for emotion, level in (("A", 0.2), ("N", 0.02)):
            for text in "12":
                soundfile.write(sounds / f"{speaker}_{emotion}_{text}.wav", level * draws.standard_normal(9600), 16000)
    recipe = {
        "title": "Tiny",
        "seeds": [0, 1, 2],
        "runs": {
            "single": {
                "corpora": ["tiny"],
                "classes": ["anger", "neutral"],
                "protocol": {"kind": "leave-one-speaker-out"},
                "folds": [0, 1],
                "systems": ["egemaps-svm"],
            }
        },
    }
    (house / "egs" / "tiny" / "conf").mkdir(parents=True)
    (house / "egs" / "tiny" / "corpus.yaml").write_text(yaml.safe_dump(RAW, sort_keys=False))
    (house / "egs" / "tiny" / "conf" / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return house


def _call(house: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        "bash",
        str(house / "run.sh"),
        "--recipe",
        "tiny",
        "--nj",
        "1",
        "--corpus-root",
        str(house.parent / "corpora"),
    ]
    return subprocess.run(
        [*command, *arguments], env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=600
    )


def test_from_sounds_to_a_table(house: Path, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'opensmile' else find(name, *rest)\n"
    )
    refused = _call(house, PYTHONPATH=str(tmp_path / "without"))
    assert refused.returncode == 1
    assert "pip install opensmile==2.6.0 (its licence allows research" in refused.stderr.strip().splitlines()[-1]

    done = _call(house)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (house / "data" / "tiny" / "compare").exists()  # nobody asks for it
    rows = json.loads((house / "exp" / "tiny" / "results.json").read_text())
    (uar,) = [
        row["value"]
        for row in rows
        if (row["system"], row["metric"], row["fold"], row["seed"]) == ("egemaps-svm", "uar", "mean", None)
    ]
    assert uar == 1.0  # a tenth of the level is hard to miss
    assert {row["seed"] for row in rows if row["system"] == "egemaps-svm"} == {0, None}  # nothing random in it

    again = _call(house)
    assert again.returncode == 0 and "done" not in again.stdout.replace("not done", "")
    changed = _call(house, "--set", "systems.egemaps-svm.svm.c=0.5", "--dry-run")
    assert "train single/egemaps-svm/fold0/seed0: setting svm.c changed" in changed.stdout

"""From a folder of audio to a recipe that loads, keeps the contract and can be prepared."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from conftest import ENVIRONMENT, ROOT
from sernet.config.load import load_corpus, load_recipe
from sernet.corpus.entries import read_entries
from sernet.errors import UsageError
from utils import check_recipe, new_recipe

NAMES = [f"{e}/{s}_{n}.wav" for e in ("wut", "freude", "trauer") for s in ("f1", "f2", "m1", "m2") for n in "12"]


def _corpus(folder: Path, names: list[str] = NAMES) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, np.zeros(160), 16000)
    return folder


@pytest.fixture
def egs(tmp_path: Path) -> Path:
    (tmp_path / "egs").mkdir()
    return tmp_path / "egs"


FACTS = ["--title", "Mine", "--source", "us", "--licence", "none", "--language", "de"]


def test_a_folder_becomes_a_recipe_that_keeps_the_contract(
    egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = _corpus(tmp_path / "corpora" / "Release-2")
    assert new_recipe.main(["mine", str(root), *FACTS], egs) == 0
    said = capsys.readouterr().out
    assert "wut     anger      8           wut/f1_1.wav" in said and "because" in said
    config, folder = load_corpus(egs, "mine")
    found = read_entries(config, root, folder)
    assert {(e.speaker, e.gender) for e in found} == {
        ("f1", "female"),
        ("f2", "female"),
        ("m1", "male"),
        ("m2", "male"),
    }
    recipe = load_recipe(egs, "mine", {})
    assert recipe.config.runs["single"].classes == ["anger", "happiness", "sadness"]
    assert check_recipe.main(["mine", "--corpus-root", str(tmp_path / "corpora")], egs) == 0
    assert "ok  every fold can be trained and tested" in capsys.readouterr().out


def test_it_never_writes_over_a_folder(egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _corpus(tmp_path / "x")
    assert new_recipe.main(["mine", str(root)], egs) == 0
    before = {path: path.read_bytes() for path in egs.rglob("*") if path.is_file()}
    assert new_recipe.main(["mine", str(root), "--language", "de"], egs) == 1
    assert "is there already, and is left as it is" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in egs.rglob("*") if path.is_file()}


def test_labels_that_nobody_knows_are_refused_until_they_are_filled_in(
    egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = _corpus(tmp_path / "x", [name.replace("wut", "zz7") for name in NAMES])
    assert new_recipe.main(["mine", str(root), "--emotion-group", "1"], egs) == 0
    with pytest.raises(UsageError, match=r"maps: emotion\.zz7: no such emotion: 'FILL IN'; allowed: anger, happiness"):
        load_corpus(egs, "mine")
    assert check_recipe.main(["mine"], egs) == 1
    assert "no  corpus.yaml loads" in capsys.readouterr().out
    path = egs / "mine" / "corpus.yaml"
    path.write_text(path.read_text().replace("zz7: FILL IN", "zz7: anger"))
    assert load_corpus(egs, "mine")[0].maps["emotion"]["zz7"] == "anger"
    assert new_recipe.main(["other", str(root), "--emotion-group", "1", "--label", "zz7=anger"], egs) == 0
    assert load_recipe(egs, "other", {}).config.runs["single"].classes == ["anger", "happiness", "sadness"]


def test_what_is_open_is_asked_and_nothing_is_written(
    egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [
        f"{s}_{t}_{e}.wav" for s in ("1001", "1002", "1003") for t in ("DFA", "IEO") for e in ("ANG", "SAD", "HAP")
    ]
    root = _corpus(tmp_path / "x", [*names, "notes.wav"])
    assert new_recipe.main(["mine", str(root)], egs) == 1
    error = capsys.readouterr().err
    assert "which field is the speaker? --speaker-group N" in error and "1 (1001, 1002, 1003)" in error
    assert "1 files are named otherwise: notes.wav; give a --pattern that reads all" in error
    assert not list(egs.iterdir())
    assert new_recipe.main(["mine", str(root), "--speaker-group", "1", "--ignore", r"notes\.wav"], egs) == 0
    config, folder = load_corpus(egs, "mine")
    assert len(read_entries(config, root, folder)) == 18
    assert "off" in (egs / "mine" / "conf" / "recipe.yaml").read_text()  # nobody knows the genders
    assert load_recipe(egs, "mine", {}).systems["msac"][0].attributes["gender"].control == "off"


def test_a_pattern_of_ones_own_is_taken_as_it_is(egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _corpus(tmp_path / "x")
    assert new_recipe.main(["mine", str(root), "--pattern", "("], egs) == 2
    assert new_recipe.main(["mine", str(root), "--pattern", r"wut/.*\.wav"], egs) == 1
    assert "16 files are named otherwise" in capsys.readouterr().err
    pattern = r"(?P<emotion>\w+)/(?P<speaker>\w\d)_\d\.wav"
    assert new_recipe.main(["mine", str(root), "--pattern", pattern], egs) == 0
    assert load_corpus(egs, "mine")[0].pattern == pattern


def test_the_names_of_a_corpus_that_is_there_are_pointed_at(
    egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = _corpus(tmp_path / "x")
    assert new_recipe.main(["mine", str(root), *FACTS], egs) == 0
    assert new_recipe.main(["again", str(root)], egs) == 1
    assert "these are the file names of mine (Mine)" in capsys.readouterr().err
    assert new_recipe.main(["again", str(root), "--like", "mine"], egs) == 0
    first, again = (load_corpus(egs, name)[0] for name in ("mine", "again"))
    assert (first.pattern, first.maps, first.speakers) == (again.pattern, again.maps, again.speakers)
    assert new_recipe.main(["afresh", str(root), "--like", "none"], egs) == 0
    assert new_recipe.main(["else", str(root), "--like", "nobody"], egs) == 2


def test_one_speaker_is_a_corpus_without_a_run(egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _corpus(tmp_path / "x", [f"{e}_{n}.wav" for e in ("joy", "anger") for n in range(5)])
    assert new_recipe.main(["mine", str(root), "--speaker-group", "none"], egs) == 0
    assert "no run, a corpus only" in capsys.readouterr().out
    assert sorted(path.name for path in (egs / "mine").iterdir()) == ["README.md", "corpus.yaml"]


def test_a_dry_run_writes_nothing(egs: Path, tmp_path: Path) -> None:
    assert new_recipe.main(["mine", str(_corpus(tmp_path / "x")), "--dry-run"], egs) == 0
    assert not list(egs.iterdir())


@pytest.mark.parametrize("script", ["new_recipe", "import_corpus", "export_corpus", "check_recipe"])
def test_the_scripts_are_run_from_anywhere_and_say_what_they_take(script: str, tmp_path: Path) -> None:
    made = subprocess.run(
        [ROOT / "utils" / f"{script}.sh", "--help"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert made.returncode == 0 and f"usage: bash utils/{script}.sh" in made.stdout


def test_what_breaks_the_contract_is_said(egs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _corpus(tmp_path / "x")
    assert new_recipe.main(["mine", str(root)], egs) == 0
    path = egs / "mine" / "corpus.yaml"
    path.write_text(path.read_text().replace("utterances: 24", "utterances: 25"))
    (egs / "mine" / "run.sh").write_text("echo\n")
    (root / "wut" / "f1_1.wav").unlink()
    assert check_recipe.main(["mine", "--corpus-root", str(tmp_path)], egs) == 1
    said = capsys.readouterr().out
    for line in (
        "mine: licence is not said yet",
        "expected: 25 utterances, but 24 with an emotion",
        "utterances: 23 of 25",
        "does not end by handing --recipe mine and its options to the driver",
    ):
        assert line in said
    assert check_recipe.main(["nobody"], egs) == 2

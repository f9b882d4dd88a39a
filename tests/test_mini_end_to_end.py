"""The recipe mini at its smallest setting, as a user runs it: to a report, again, changed, killed, elsewhere."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from conftest import ENVIRONMENT, ROOT
from sernet.report.measured import load

pytestmark = pytest.mark.slow

FIELDS = {
    *("recipe", "tag", "run", "system", "versus", "detector", "seed", "fold", "train", "test", "condition"),
    *("metric", "value", "ci_low", "ci_high", "n", "n_ood", "n_speakers"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with smaller mini corpora, and a work folder in which the recipe has been run."""
    house = tmp_path_factory.mktemp("house")
    for name in ("run.sh", "path.sh", "cmd.sh"):
        shutil.copy(ROOT / name, house)
    for name in ("sernet", "local", "utils"):
        shutil.copytree(ROOT / name, house / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "egs" / "mini", house / "egs" / "mini")
    path = house / "egs" / "mini" / "corpus.yaml"
    corpora = json.loads(json.dumps(yaml.safe_load(path.read_text())[:2]))  # without YAML's shared anchors
    for corpus in corpora:
        sentences = corpus["synthesis"]["sentences"]
        corpus["synthesis"] |= {"sentences": dict(list(sentences.items())[:1]), "takes": 1}
        corpus["expected"] = {"utterances": 56, "speakers": 8}
    path.write_text(yaml.safe_dump(corpora, sort_keys=False))
    recipe = house / "egs" / "mini" / "conf" / "recipe.yaml"
    config = yaml.safe_load(recipe.read_text())
    config["train"] = {"epochs": 2, "crop_seconds": 1.0}
    config["model"] = {"encoder": {"channels": [8, 8], "strides": [[2, 4], [2, 4]], "stem_channels": 4}}
    config["runs"]["single"] |= {"folds": [0], "ood": ["unseen", "german", "noise", "reversed"]}
    config["runs"]["cross"]["corpora"] = ["mini_en", "mini_de"]
    recipe.write_text(yaml.safe_dump(config, sort_keys=False))
    done = _call(house)
    assert done.returncode == 0, done.stdout + done.stderr
    (house / "first.txt").write_text(done.stdout)
    return house


def _call(house: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(house / "run.sh"), "--nj", "2", *map(str, arguments)]
    return subprocess.run(command, env=ENVIRONMENT | environment, capture_output=True, text=True, timeout=1800)


def _rows(house: Path, name: str = "mini") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((house / "exp" / name / "results.json").read_text())
    return rows


def test_one_command_ends_in_a_table_and_a_report(house: Path) -> None:
    said = (house / "first.txt").read_text()
    assert "majority" in said and "baseline" in said and "msac" in said
    assert said.strip().splitlines()[-1].endswith("report/index.html")
    for name in ("results.json", "RESULTS.md", "report/index.html", "config.yaml"):
        assert (house / "exp" / "mini" / name).stat().st_size > 0


def test_results_are_in_the_promised_form(house: Path) -> None:
    rows = _rows(house)
    assert all(set(row) == FIELDS for row in rows)
    assert {row["condition"] for row in rows} == {"single", "cross", "ood-near", "ood-shift", "ood-far"}
    assert {row["system"] for row in rows} == {"baseline", "am", "msac", "majority"}
    detectors = {row["detector"] for row in rows} - {None}
    assert {"msp", "max_cosine", "energy", "mahalanobis", "knn", "duration", "level", "bandwidth"} <= detectors
    majority = [row for row in rows if row["system"] == "majority" and row["metric"] == "uar"]
    assert majority and all(row["value"] == pytest.approx(0.2) for row in majority)


def test_matched_far_sets_cannot_be_told_by_duration(house: Path) -> None:
    wanted = {"detector": "duration", "test": "noise", "metric": "auroc", "versus": None}
    rows = [r for r in _rows(house) if all(r[key] == value for key, value in wanted.items())]
    assert rows and all(row["value"] == pytest.approx(0.5, abs=0.01) for row in rows)


def test_the_reported_uar_is_that_of_the_score_file(house: Path) -> None:
    scores = np.load(house / "exp/mini/cross-mini_en/am/all/seed0/scores/mini_de.npz", allow_pickle=False)
    label, guess = scores["label"], scores["logits"].argmax(axis=1)
    by_hand = np.mean([(guess[label == c] == c).mean() for c in np.unique(label)])
    wanted = {"run": "cross-mini_en", "system": "am", "metric": "uar", "fold": "mean", "seed": 0, "versus": None}
    (row,) = [r for r in _rows(house) if all(r[key] == value for key, value in wanted.items())]
    assert row["value"] == pytest.approx(by_hand, abs=1e-6) and (row["n"], row["n_speakers"]) == (40, 8)


def test_the_second_run_does_nothing_and_imports_no_torch(house: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch must not be imported')\n")
    before = (house / "exp/mini/results.json").stat()
    again = _call(house, PYTHONPATH=str(tmp_path))
    assert again.returncode == 0, again.stderr
    assert "done" not in again.stdout.replace("not done", "")
    assert again.stdout.count("up to date") == 7
    assert (house / "exp/mini/results.json").stat().st_mtime_ns == before.st_mtime_ns


def test_a_dry_run_says_what_would_be_done_and_why_and_makes_nothing(house: Path) -> None:
    before = sorted(str(path) for path in house.rglob("*") if "__pycache__" not in str(path))
    dry = _call(house, "--dry-run", "--seeds", "0 7")
    assert dry.returncode == 0
    assert "stage 2 features: up to date" in dry.stdout
    assert "train single/am/fold0/seed7: not done yet" in dry.stdout and "seed0:" not in dry.stdout
    assert before == sorted(str(path) for path in house.rglob("*") if "__pycache__" not in str(path))


def test_adding_a_seed_trains_that_seed_alone(house: Path) -> None:
    models = house / "exp/mini/single/am/fold0/seed0/model.safetensors"
    before = models.stat().st_mtime_ns
    done = _call(house, "--seeds", "0 1", "--stop-stage", "train")
    assert done.returncode == 0, done.stderr
    assert "9 of 18 jobs done" in done.stdout and models.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "train.epocs=3"], "train (system baseline): epocs: unknown key; allowed: epochs"),
        (["--set", "trian.epochs=3"], "trian: unknown key; allowed: title"),
        (["--set", "train.epochs=many"], "epochs: Input should be a valid integer"),
        (["--set", "runs.single.classes=[anger, rage]"], "no such emotion: 'rage'"),
        (["--set", "runs.single.merge={calm: anger}"], "calm may not be merged into anger"),
    ],
)
def test_a_bad_key_or_value_is_exit_2_and_nothing_is_made(
    house: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = _call(house, "--workdir", tmp_path / "new", *arguments)
    assert done.returncode == 2 and said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_stage_whose_needs_are_not_there_names_them_and_the_command(house: Path, tmp_path: Path) -> None:
    done = _call(house, "--stage", "score", "--workdir", tmp_path)
    assert done.returncode == 1
    assert "needs stage 0 corpora" in done.stderr and "--stop-stage corpora" in done.stderr
    done = _call(house, "--stage", "score", "--tag", "new")
    assert "bash run.sh --recipe mini --stop-stage prepare --tag new" in done.stderr


def test_a_changed_key_of_corpus_yaml_redoes_what_follows_and_no_more(house: Path) -> None:
    path = house / "egs/mini/corpus.yaml"
    text = path.read_text()
    corpora = yaml.safe_load(text)
    corpora[0]["known_defects"] = ["none"]
    path.write_text(yaml.safe_dump(corpora, sort_keys=False))
    said = _call(house, "--stop-stage", "prepare").stdout  # the card alone shows it
    assert f"  card of {corpora[0]['name']}: setting " in said
    assert not any(f"  {job} mini_en" in said for job in ("prepare", "listen to", "folds of"))
    corpora[0]["maps"]["emotion"]["shouted"] = "anger"
    path.write_text(yaml.safe_dump(corpora, sort_keys=False))
    done = _call(house)
    path.write_text(text)
    assert done.returncode == 0, done.stderr
    assert "prepare mini_en: setting corpus.maps.emotion.shouted changed" in done.stdout
    assert "prepare mini_de" not in done.stdout and "train " not in done.stdout.replace("stage 3 train", "")


@pytest.fixture
def own(house: Path) -> list[object]:
    """Options that take mini_en from a folder of the user's own, with a work folder in which it has been trained."""
    release = house / "own" / "mini_en"
    options = ["--tag", "own", "--set", f"corpora.mini_en.root={release}", "--set", "train.epochs=1"]
    if not release.exists():
        shutil.copytree(house / "data/mini_en/release", release)
        done = _call(house, *options)
        assert done.returncode == 0, done.stderr
    return options


def test_changed_audio_is_found_and_a_finished_training_is_not_overwritten(house: Path, own: list[object]) -> None:
    path = next((house / "own/mini_en").glob("m4_angry_*.wav"))
    original = path.read_bytes()
    samples, rate = soundfile.read(path)
    soundfile.write(path, 0.5 * samples, rate, subtype="PCM_16")
    model = house / "exp/mini-own/cross-mini_en/am/all/seed0/model.safetensors"
    before = model.read_bytes()
    refused = _call(house, *own)
    assert refused.returncode == 1
    assert f"{path.name} changed" in refused.stdout
    assert "train cross-mini_en/am/all/seed0: setting training utterances changed" in refused.stderr
    assert "--tag NAME" in refused.stderr and "--force --stage train" in refused.stderr
    assert "cross-mini_de" not in refused.stderr and model.read_bytes() == before
    forced = _call(house, *own, "--stage", "train", "--stop-stage", "train", "--force")
    assert forced.returncode == 0 and model.read_bytes() != before
    path.write_bytes(original)


def test_a_changed_feature_setting_is_refused_for_finished_trainings_and_kept_apart_by_tag(house: Path) -> None:
    change = ["--set", "features.bins=40", "--set", "features.name=fbank40"]
    refused = _call(house, *change)
    assert refused.returncode == 1 and "finished trainings would be overwritten" in refused.stderr
    kept = _call(house, *change, "--tag", "bins40", "--stop-stage", "train")
    assert kept.returncode == 0, kept.stderr
    assert (house / "exp/mini-bins40/single/am/fold0/seed0/model.safetensors").exists()
    assert "up to date (9 jobs)" in _call(house, "--stop-stage", "train").stdout.splitlines()[-1]


def test_killed_and_resumed_is_the_same_to_the_byte_and_so_is_another_nj(house: Path, tmp_path: Path) -> None:
    command = ["bash", str(house / "run.sh"), "--nj", "1", "--workdir", str(tmp_path)]
    for _ in range(3):
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True)
        # Not a timing: whatever has been reached when the kill comes, the end must be the same.
        time.sleep(9)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one, two = (folder / "exp/mini/results.json" for folder in (house, tmp_path))
    _call(house)  # other tests may have left other seeds in the report
    assert one.read_bytes() == two.read_bytes()


def test_publishing_puts_tables_notes_and_predictions_into_the_recipe(house: Path) -> None:
    _call(house)
    (house / "egs/mini/NOTES.md").write_text("## A note\n")
    done = subprocess.run(
        ["python", "-m", "utils.publish", "mini"], cwd=house, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    published = house / "egs/mini"
    kept = json.loads((published / "results.json").read_text())
    assert [r for r in kept if r["detector"] is None] == [r for r in _rows(house) if r["detector"] is None]
    means = [r for r in _rows(house) if r["detector"] and r["seed"] is None and r["fold"] == "mean"]
    assert [r for r in kept if r["detector"]] == means
    assert (published / "RESULTS.md").read_text().endswith("## A note\n")
    asked = yaml.safe_load((published / "config.yaml").read_text())["systems"]
    assert asked["baseline"]["model"]["head"]["kind"] == "softmax" and asked["am"]["train"]["batch_size"] == 32
    header, *lines = (
        gzip.decompress((published / "predictions/cross-mini_en.tsv.gz").read_bytes()).decode().splitlines()
    )
    assert len(lines) == 3 * 40 and header.split("\t")[:6] == ["system", "fold", "seed", "test", "utterance", "label"]
    am = [line.split("\t") for line in lines if line.startswith("am\t")]
    right = [header.split("\t")[6 + int(np.argmax([float(v) for v in row[6:]]))] == row[5] for row in am]
    wanted = {"run": "cross-mini_en", "system": "am", "metric": "war", "fold": "mean", "seed": 0}
    (row,) = [r for r in _rows(house) if all(r[key] == value for key, value in wanted.items())]
    assert np.mean(right) == pytest.approx(row["value"], abs=1e-6)


def test_a_part_has_a_page_of_its_own_and_the_recipes_stays(house: Path) -> None:
    _call(house)
    before = sorted(path.relative_to(house) for path in (house / "egs/mini").iterdir())
    call = ["python", "-m", "utils.publish", "mini", "--part"]
    done = subprocess.run([*call, "later"], cwd=house, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    part = house / "egs/mini/later"
    assert sorted(path.relative_to(house) for path in (house / "egs/mini").iterdir() if path != part) == before
    assert {path.name for path in part.iterdir()} == {"RESULTS.md", "results.json", "config.yaml", "predictions"}
    found = [load(folder) for folder in (part, house / "exp/mini")]
    (place, *_) = found[0].places("single")
    of_part, of_scores = ([m.outputs(place, model).unit.tolist() for model in m.models(place)] for m in found)
    assert of_part == of_scores and all(len(set(units)) > 1 for units in of_part), "speakers are known"
    for wrong in ("conf", "../ravdess"):
        done = subprocess.run([*call, wrong], cwd=house, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 2 and "a new folder's name" in done.stderr


def test_a_corpus_that_is_not_there_is_said_with_the_way_to_get_it(house: Path, tmp_path: Path) -> None:
    done = _call(house, "--workdir", tmp_path / "new", "--set", f"corpora.mini_en.root={tmp_path}/absent")
    assert done.returncode == 1 and not (tmp_path / "new").exists()
    assert f"corpora.mini_en.root: no such folder: {tmp_path}/absent" in done.stderr

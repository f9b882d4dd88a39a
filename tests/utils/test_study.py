"""The study's table: means over groups and seeds, and paired differences, against scikit-learn."""

from pathlib import Path

import numpy as np
import yaml
from sklearn.metrics import recall_score

from sernet.config.base import validate
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from utils.bench import study

ROOT = Path(__file__).parents[2]


def dev(folder, name, group, seed, right):
    """Logits on four speakers who say each emotion five times; a share ``right`` of them is told."""
    draws = np.random.default_rng([round(100 * right), seed, ord(group)])
    label = np.tile(np.arange(len(study.CLASSES)), 20)
    guess = np.where(draws.random(len(label)) < right, label, draws.integers(len(study.CLASSES), size=len(label)))
    logits = np.stack([np.eye(len(study.CLASSES))[guess]] * len(study.SHIFTS))
    speaker = np.repeat([f"ravdess-{name}" for name in study.DEV[group]], len(label) // 4)
    np.savez(
        folder / f"{name}-{group}-{seed}.npz",
        logits=logits,
        label=label,
        speaker=speaker,
        seconds=1,
        accuracy=1,
        read=0.5,
    )
    return recall_score(label, guess, average="macro")


def test_means_and_differences(tmp_path):
    found = {
        name: np.mean([dev(tmp_path, name, group, seed, right) for group in "AB" for seed in (0, 1)])
        for name, right in (("default", 0.6), ("better", 0.8))
    }
    lines = study.table({"default": {}, "better": {"what": "more"}, "unseen": {}}, [0, 1], tmp_path).splitlines()
    assert len(lines) == 4  # a setting that was not trained has no row
    first, second = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:])
    assert float(first[3]) == round(found["default"], 3) and first[4] == ""
    assert float(second[3]) == round(found["better"], 3) and second[:3] == ["better", "more", "0 1"]
    assert abs(float(second[4].split()[0]) - (found["better"] - found["default"])) < 6e-4
    assert "[+" in second[4]  # far beyond noise


def test_groups_and_sums(tmp_path):
    alone = dev(tmp_path, "default", "C", 0, 0.6)
    dev(tmp_path, "default", "A", 0, 0.6)  # not asked for
    told = dev(tmp_path, "told", "C", 0, 1.0)
    settings = {"default": {}, "told": {}, "sum": {"fuse": {"default": 1, "told": 3}}, "half": {"fuse": {"absent": 1}}}
    lines = [line.split("|") for line in study.table(settings, [0], tmp_path, "C").splitlines()[2:]]
    assert [line[1].strip() for line in lines] == ["default", "told", "sum"], "a sum needs all that it is made of"
    assert [float(line[4]) for line in lines] == [round(alone, 3), told, told], "three to one, the one who knows wins"
    assert lines[2][9].strip() == "-", "nothing is trained for a sum"


def test_every_setting_is_one_that_training_takes():
    settings = yaml.safe_load((ROOT / "egs" / "ablation" / "studies.yaml").read_text(encoding="utf-8"))
    for name, setting in settings.items():
        assert set(setting) <= {
            "what",
            "model",
            "train",
            "speakers",
            "with",
            "distil",
            "align",
            "pretrain",
            "start",
            "features",
            "peer",
            "fuse",
        }, name
        validate(ModelConfig, setting.get("model", {}), name)
        validate(TrainConfig, setting.get("train", {}), name)
    tested = set(study.TEST)
    assert not tested & {speaker for group in study.DEV.values() for speaker in group}
    listed = {s for setting in settings.values() for group in setting.get("speakers", {}).values() for s in group}
    assert not tested & listed

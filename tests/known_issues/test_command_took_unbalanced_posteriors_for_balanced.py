"""`sernet timeline` read every model's posteriors as if its classes had counted alike in training."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

import speech
from sernet.commands import timeline
from sernet.pipeline.reading import read_json
from sernet.score.files import ScoreSet
from sernet.score.infer import load_model, score
from sernet.train.loop import fit


def test_an_unbalanced_training_is_told_by_its_settings(tmp_path: Path) -> None:
    balanced, unbalanced = tmp_path / "balanced", tmp_path / "unbalanced"
    fit(speech.examples(), None, speech.CLASSES, {}, None, speech.MODEL, speech.CONFIG, 0, balanced, "cpu", "x")
    scores = ScoreSet(**score(*load_model(balanced), speech.examples()))
    replace(scores, label=np.r_[np.zeros(18, dtype=np.int64), np.ones(6, dtype=np.int64)]).save(
        balanced / "scores" / "train.npz"
    )
    shutil.copytree(balanced, unbalanced)
    meta = read_json(unbalanced / "model.json")
    meta["train"]["balance"] = ["speaker"]
    (unbalanced / "model.json").write_text(json.dumps(meta))
    parser = argparse.ArgumentParser()
    timeline.arguments(parser)
    options = parser.parse_args(["MODEL", "FILE"])
    for folder, implied in ((balanced, ()), (unbalanced, (0.75, 0.25))):
        model = timeline._load(folder, "cpu")
        assert timeline._setting(model, timeline._config(options, model.classes), None).implied == implied

"""A sum of two networks as a user runs it: nothing is trained for it, and its rows are those of the sum."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.metrics import recall_score

from local import features, ood, prepare, report, score, train
from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.options import parse
from sernet.report.results import read_results, select
from sernet.score.files import ScoreSet
from tiny import RAW, Tiny, tiny

pytestmark = pytest.mark.slow

__all__ = ["tiny"]

RECIPE: dict[str, Any] = {
    "title": "Fused",
    "seeds": [0, 1],
    "runs": {
        "single": {
            "corpora": ["tiny"],
            "classes": ["anger", "neutral"],
            "protocol": {"kind": "speaker-groups", "groups": 2},
            "systems": ["baseline", "am", "both", "twice"],
            "ood": ["noise"],
        },
    },
    "systems": {
        "both": {"fuse": {"baseline": 1, "am": 0.5}, "versus": "am"},
        "twice": {"fuse": {"am": 3}, "ensemble": 2, "versus": "am"},
    },
    "model": {"encoder": {"channels": [4, 4], "strides": [[2, 4], [2, 4]], "stem_channels": 2}, "embedding": 8},
    "train": {"epochs": 1, "crop_seconds": 0.3, "tensorboard": False},
    "ood": {"detectors": ["msp"], "sets": {"noise": {"condition": "ood-far", "source": "noise"}}},
    "probes": ["gender"],
}


@pytest.fixture
def experiment(tiny: Tiny, tmp_path: Path) -> Experiment:
    """All stages."""
    for name, content in ((f"{RAW['name']}/corpus.yaml", tiny.raw), ("fused/conf/recipe.yaml", RECIPE)):
        (tmp_path / "egs" / name).parent.mkdir(parents=True)
        (tmp_path / "egs" / name).write_text(yaml.safe_dump(content, sort_keys=False))
    request = parse(["--recipe", "fused", "--nj", "1"], tmp_path)
    made = Experiment(load_recipe(tmp_path / "egs", "fused", {}), tmp_path / "work", corpus_root=tmp_path)
    for stage in (prepare, features, train, score, ood, report):
        for phase in stage.jobs(made, request, lambda job: "not done yet"):
            for job in phase:
                job.arguments["identity"] = job.name
                sent = json.loads(json.dumps(job.config, sort_keys=True))  # as a job reaches its process
                stage.run(replace(job, config=sent))
                assert all(path.exists() for path in job.outputs), job.name
    return made


def test_from_sounds_to_rows(experiment: Experiment) -> None:
    folder = experiment.folder / "single"
    assert not list(folder.glob("both/*/*/model.*")) and list(folder.glob("am/*/*/model.safetensors"))
    by_hand = []
    for fold in (0, 1):
        for seed in (0, 1):
            place = f"fold{fold}/seed{seed}/scores/test.npz"
            plain, am, both = (ScoreSet.load(folder / system / place) for system in ("baseline", "am", "both"))
            assert np.array_equal(plain.utt_id, am.utt_id)
            expected = plain.logits + 0.5 * am.logits
            assert np.allclose(both.logits, expected, atol=1e-3)
            twice = ScoreSet.load(folder / "twice" / place).logits
            other = ScoreSet.load(folder / "am" / place.replace(f"seed{seed}", f"seed{1 - seed}")).logits
            assert np.allclose(twice, 1.5 * am.logits + 1.5 * other, atol=1e-3)
            by_hand.append(recall_score(both.label, expected.argmax(axis=1), average="macro"))
    rows = read_results(experiment.folder / "results.json")
    means = {"fold": "mean", "seed": None, "metric": "uar", "condition": "single", "system": "both"}
    (row,) = select(rows, versus=None, **means)
    assert row["value"] == pytest.approx(np.mean(by_hand), abs=1e-6)
    assert {r["versus"] for r in select(rows, **means)} == {None, "baseline", "am"}
    assert {r["system"] for r in rows if r["condition"] == "ood-far"} == {"baseline", "am", "both", "twice"}
    assert "both" in {r["system"] for r in rows if r["metric"].startswith("probe")}
    assert not ood.announce(experiment)
    page = (experiment.folder / "RESULTS.md").read_text()
    assert "fused: both 1 baseline + 0.5 am" in page and "twice 3 am, networks averaged over 2 seeds" in page

"""A system that no detector scores, an SVM beside networks, took every detector's selective prediction from all."""

from pathlib import Path

import numpy as np

from sernet.report.results import build_results, select
from sernet.score.files import Scored, ScoreSet

CLASSES = ("anger", "neutral")


def model(root: Path, system: str, detected: bool) -> Scored:
    speakers = [f"s{i}" for i in range(5) for _ in range(4)]
    label = np.tile([0, 1], 10)
    logits = np.random.default_rng(len(system)).normal(size=(20, 2)) + np.eye(2)[label]
    ids = np.asarray([f"u{i}" for i in range(20)])
    item = Scored("single", system, 0, 0, "mini_en", "mini_en", "single", "test", root / system)
    ScoreSet(
        utt_id=ids, speaker=np.asarray(speakers), corpus=np.full(20, "mini_en"),
        emotion=np.asarray(CLASSES)[label], label=label, logits=logits, cosine=np.tanh(logits),
        embedding=logits, classes=np.asarray(CLASSES), weight=np.eye(2), bias=np.zeros(2), scale=1.0,
    ).save(item.score_file)  # fmt: skip
    if detected:
        (item.directory / "ood" / "msp").mkdir(parents=True)
        np.savez(item.directory / "ood" / "msp" / "test.npz", utt_id=ids, score=-logits.max(axis=1))
    return item


def test_the_others_keep_theirs(tmp_path: Path) -> None:
    scored = [model(tmp_path, "baseline", True), model(tmp_path, "egemaps-svm", False)]
    rows = select(build_results(scored, "mini"), detector="msp", metric="failure_auroc")
    assert {row["system"] for row in rows} == {"baseline"}

"""Rows and tables of reliability, against what the score files say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from sernet.report.reliability_tables import reliability_tables
from sernet.report.results import Row, build_results, select
from sernet.score.calibration import fit_temperature
from sernet.score.files import Scored, ScoreSet, load_detector_scores

RUN = "single_mini_en"
Maker = Callable[..., list[Scored]]


@pytest.fixture(scope="module")
def tested(make: Maker, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scored], list[Row]]:
    """Two systems, two seeds, two folds; the train set stands for dev, and a copy of the test for corrupted speech."""
    root: Path = tmp_path_factory.mktemp("reliability")
    scored = []
    for item in make(root, seeds=(0, 1), takes=2, systems=("baseline", "am"), detectors=("msp", "mahalanobis")):
        if item.condition == "cross":
            continue
        scored.append(replace(item, dev=True))
        if item.condition == "single":
            (item.directory / "scores/dev.npz").write_bytes((item.directory / "scores/train.npz").read_bytes())
            (item.directory / "scores/hiss.npz").write_bytes(item.score_file.read_bytes())
            for file in list(item.directory.glob("ood/*/test.npz")):
                file.with_name("hiss.npz").write_bytes(file.read_bytes())
            scored.append(replace(item, dev=True, condition="corrupted", test="hiss", set="hiss"))
    return scored, build_results(scored, "mini")


def one(rows: list[Row], **where: object) -> Row:
    (row,) = select(rows, **where)
    return row


def models(scored: list[Scored], **where: object) -> list[Scored]:
    return [item for item in scored if all(getattr(item, key) == value for key, value in where.items())]


def test_scaled_metrics_are_those_of_cooled_logits(tested: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = tested
    items = models(scored, run=RUN, system="am", seed=1, condition="single")
    nll, brier, temperatures = [], [], []
    for item in items:
        scores = ScoreSet.load(item.score_file)
        temperature = fit_temperature(ScoreSet.load(item.directory / "scores/dev.npz"))
        p = softmax(scores.logits.astype(float) / temperature, axis=1)
        hot = np.eye(p.shape[1])[scores.label]
        nll.append(-np.mean(np.log(p[hot > 0])))
        brier.append(np.mean(((p - hot) ** 2).sum(axis=1)))
        temperatures.append(temperature)
    where = {"run": RUN, "system": "am", "seed": 1, "condition": "single", "fold": "mean", "detector": None}
    for name, expected in (("nll_scaled", nll), ("brier_scaled", brier), ("temperature", temperatures)):
        assert one(rows, metric=name, **where)["value"] == pytest.approx(np.mean(expected), rel=1e-4), name
    pooled = one(rows, metric="ece_scaled", **{**where, "fold": None})
    assert pooled["n"] == 80 and pooled["ci_low"] is not None


def test_perfect_calibration_stands_beside_ece(tested: tuple[list[Scored], list[Row]]) -> None:
    _, rows = tested
    for name in ("ece_perfect", "ece_scaled_perfect"):
        row = one(rows, metric=name, run=RUN, system="am", seed=None, fold=None, condition="single")
        assert 0 < row["ci_low"] < row["value"] < row["ci_high"] < 0.3 and row["n"] == 80


def test_without_dev_there_is_no_scaled_metric(make: Maker, tmp_path: Path) -> None:
    rows = build_results(make(tmp_path, systems=("am",), detectors=("msp",), ood=False), "mini")
    assert not any("scaled" in row["metric"] or row["metric"] == "temperature" for row in rows)


def test_detectors_rank_right_answers_above_wrong_ones(tested: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = tested
    for condition, test in (("single", "mini_en"), ("corrupted", "hiss")):
        values = []
        for item in models(scored, run=RUN, system="am", seed=0, condition=condition, test=test):
            scores = ScoreSet.load(item.score_file)
            score = load_detector_scores(item.directory / "ood/mahalanobis" / f"{item.set}.npz")[1]
            values.append(roc_auc_score(scores.logits.argmax(axis=1) == scores.label, -score))
        where = {"run": RUN, "system": "am", "seed": 0, "fold": "mean", "condition": condition, "test": test}
        row = one(rows, metric="failure_auroc", detector="mahalanobis", **where)
        assert row["value"] == pytest.approx(np.mean(values), abs=1e-6)


def test_full_spectrum_counts_the_shifted_as_id(tested: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = tested
    values = []
    for item in models(scored, run=RUN, system="am", seed=0, condition="ood-near"):
        folder = item.directory / "ood/msp"
        inside = np.concatenate([load_detector_scores(folder / f"{name}.npz")[1] for name in ("test", "shift")])
        outside = load_detector_scores(folder / "near.npz")[1]
        is_ood = np.repeat([0, 1], [len(inside), len(outside)])
        values.append(roc_auc_score(is_ood, np.concatenate([inside, outside])))
        n = len(inside)
    where = {"run": RUN, "system": "am", "seed": 0, "fold": "mean", "test": "near", "detector": "msp"}
    row = one(rows, metric="auroc_full", versus=None, **where)
    assert row["value"] == pytest.approx(np.mean(values), abs=1e-6)
    assert row["n"] > n / 2 and row["n_speakers"] == 8 and row["ci_low"] < row["value"] < row["ci_high"]
    assert not select(rows, metric="auroc_full", condition="ood-shift")


def test_tables_say_what_the_rows_say(tested: tuple[list[Scored], list[Row]]) -> None:
    _, rows = tested
    tables = {table.title: table for table in reliability_tables(rows)}
    answer = tables[f"Which detector: {RUN}"]
    assert answer.header[2:] == ["near (1)", "shift (1)", "far (1)"]
    value = one(rows, metric="auroc", run=RUN, system="am", seed=None, test="noise", detector="msp", versus=None)
    line = next(line for line in answer.body if line[:2] == ["msp", "am"])
    assert line[4].startswith(f"{value['value']:.3f} +- ")
    assert ["msp", "am - baseline"] in [line[:2] for line in answer.body]
    selective = tables[f"Selective prediction: {RUN}"]
    assert [line[0] for line in selective.body] == ["mini_en", "mini_en", "hiss", "hiss"]
    values = [[cell.split(" ")[0] for cell in line] for line in selective.body]
    assert values[0][2:] == values[2][2:]  # hiss is a copy
    assert {"Calibration", f"Right against wrong: {RUN}", f"Full spectrum: {RUN}, near"} <= set(tables)

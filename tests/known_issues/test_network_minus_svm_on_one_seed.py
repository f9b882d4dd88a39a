"""Of a network of several seeds and an SVM, which has one, the paired difference took that one seed of the network.

Nothing in an SVM is random: its one seed says what every seed would. The difference is the network's mean over seeds
minus the SVM, and its interval that of the means.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import recall_score

from made_experiment import make_experiment
from sernet.report.results import build_results, select
from sernet.report.tables import differences

SVM = "egemaps-svm"


def test_all_seeds_of_the_network_take_part(tmp_path: Path) -> None:
    made = make_experiment(tmp_path, ("mini_en",), (SVM, "baseline", "am"), (0, 1, 2), folds=8, ood=False)
    scored = [i for i in made if i.condition == "single" and (i.system != SVM or i.seed == 0)]
    rows = build_results(scored, "mini", versus={"am": [SVM]}, undrawn=[SVM])
    by_speaker: dict[str, np.ndarray] = {}  # every speaker is a fold
    for system in (SVM, "baseline", "am"):
        uar = []
        for fold in range(8):
            sets = [item.load() for item in scored if (item.system, item.fold) == (system, fold)]
            uar.append([recall_score(s.label, s.logits.argmax(axis=1), average="macro") for s in sets])
        by_speaker[system] = np.mean(uar, axis=1)
    for system, versus in (("am", SVM), (SVM, "baseline"), ("am", "baseline")):
        (row,) = select(rows, metric="uar", system=system, versus=versus)
        here, there = by_speaker[system], by_speaker[versus]
        assert row["value"] == pytest.approx((here - there).mean(), abs=1e-6)
        low, high = ttest_rel(here, there).confidence_interval(0.95)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.06 * (high - low))
    (table,) = differences(rows, undrawn=[SVM])
    assert f"In {SVM} nothing is random" in table.caption
    assert "nothing is random" not in differences(rows)[0].caption


def test_of_two_networks_only_common_seeds_are_paired(tmp_path: Path) -> None:
    made = make_experiment(tmp_path, ("mini_en",), ("baseline", "am"), (0, 1), ood=False)
    scored = [i for i in made if i.condition == "single" and (i.system, i.seed) != ("am", 1)]
    rows = build_results(scored, "mini", undrawn=[SVM])
    am, baseline = (select(rows, metric="uar", system=s, seed=0, fold="mean")[0]["value"] for s in ("am", "baseline"))
    (row,) = select(rows, metric="uar", versus="baseline")
    assert row["value"] == pytest.approx(am - baseline, abs=2e-6)

"""A chain of systems: each against the one before it, paired, and one table of the chain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import recall_score

from sernet.report.markdown import results_markdown
from sernet.report.results import Row, build_results, select
from sernet.report.steps import depths, step_by_step
from sernet.report.tables import differences, show
from sernet.score.files import Scored, ScoreSet

CHAIN = ("baseline", "am", "gender", "msac")
VERSUS = {"am": [], "gender": ["am"], "msac": ["speaker", "gender", "am"]}
Maker = Callable[..., list[Scored]]


@pytest.fixture(scope="module")
def chain(make: Maker, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Scored], list[Row]]:
    """Four systems, two seeds, every speaker a fold."""
    scored = make(tmp_path_factory.mktemp("chain"), ("mini_en",), CHAIN, (0, 1), folds=8, detectors=("msp",))
    scored = [item for item in scored if item.run == "single_mini_en"]
    return scored, build_results(scored, "mini", versus=VERSUS)


def by_speaker(scored: list[Scored], system: str) -> np.ndarray:
    """UAR of each speaker, mean over seeds."""
    found = []
    for fold in range(8):
        sets = [
            ScoreSet.load(i.score_file) for i in scored if (i.system, i.fold, i.condition) == (system, fold, "single")
        ]
        found.append(np.mean([recall_score(s.label, s.logits.argmax(axis=1), average="macro") for s in sets]))
    return np.asarray(found)


def test_every_step_is_the_paired_difference_of_the_speakers(chain: tuple[list[Scored], list[Row]]) -> None:
    """Where each fold is one speaker, the interval is that of the paired t test."""
    scored, rows = chain
    where = {"metric": "uar", "seed": None, "fold": "mean", "condition": "single"}
    pairs = {(row["system"], row["versus"]): row for row in select(rows, **where) if row["versus"]}
    wanted = [(name, "baseline") for name in CHAIN[1:]] + [("gender", "am"), ("msac", "gender"), ("msac", "am")]
    assert set(pairs) == set(wanted), "and nothing of a system that was not scored"
    for system, versus in wanted:
        here, there = by_speaker(scored, system), by_speaker(scored, versus)
        row = pairs[system, versus]
        assert row["value"] == pytest.approx((here - there).mean(), abs=1e-6)
        low, high = ttest_rel(here, there).confidence_interval(0.95)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.06 * (high - low))
    ood = {(row["system"], row["versus"]) for row in rows if row["metric"] == "auroc" and row["versus"]}
    assert ood == set(wanted)


def test_the_chain_is_one_table_with_the_steps_first(chain: tuple[list[Scored], list[Row]]) -> None:
    _, rows = chain
    (table,) = differences(rows)
    assert table.header == ["", "difference", "single_mini_en"]
    steps = [line[1] for line in table.body if line[0] == "step"]
    assert steps == ["am - baseline", "gender - am", "msac - gender"] == [line[1] for line in table.body[:3]]
    assert {line[1] for line in table.body[3:]} == {"gender - baseline", "msac - baseline", "msac - am"}
    where = {"metric": "uar", "seed": None, "fold": "mean", "condition": "single"}
    (row,) = select(rows, system="msac", versus="gender", **where)
    assert table.body[2][2] == show(row)
    text = results_markdown(rows, {})
    assert "### Paired differences, step by step" in text and "### Paired differences, OOD: msp" in text


def test_the_step_before_is_the_nearest_that_is_there() -> None:
    one = [("am", "baseline"), ("gender", "am"), ("gender", "baseline"), ("msac", "gender"), ("msac", "am")]
    more = [*one, ("speaker", "gender"), ("msac", "speaker"), ("auto", "msac"), ("no-gender", "msac")]
    assert depths(more) == {"baseline": 0, "am": 1, "gender": 2, "speaker": 3, "msac": 4, "auto": 5, "no-gender": 5}
    steps = [pair for pair, step in step_by_step([one, more]).items() if step]
    assert steps == [
        ("am", "baseline"),
        ("gender", "am"),
        ("speaker", "gender"),
        ("msac", "speaker"),
        ("msac", "gender"),
        ("auto", "msac"),
        ("no-gender", "msac"),
    ]


def test_of_systems_that_as_many_steps_lead_to_the_known_one_comes_just_before() -> None:
    peers = [("am", "baseline"), ("egemaps-svm", "baseline"), ("msac", "am"), ("msac", "egemaps-svm")]
    steps = step_by_step([peers], ("baseline", "am", "msac"))
    assert steps["msac", "am"] and not steps["msac", "egemaps-svm"]

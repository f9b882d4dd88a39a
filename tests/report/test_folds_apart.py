"""Folds that stand apart: each is quoted by itself, and no mean over them anywhere that is read first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sernet.report.markdown import results_markdown
from sernet.report.results import Row, build_results, headline, select
from sernet.report.tables import main_table, show
from sernet.score.files import Scored

REASON = "speaker and emotion are nested"
PROVENANCE = {"title": "urdu", "folds apart": {"single_mini_en": REASON}}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, make: Callable[..., list[Scored]]) -> list[Row]:
    made = make(
        tmp_path_factory.mktemp("exp"), ("mini_en",), ("baseline", "am"), seeds=(0, 1), takes=1, detectors=("msp",)
    )
    kept = [item for item in made if item.condition in ("single", "ood-far")]
    return build_results(kept, "urdu", apart=["single_mini_en"])


def test_each_fold_has_its_mean_over_seeds_and_the_mean_over_folds_is_kept(rows: list[Row]) -> None:
    where = {"metric": "uar", "system": "am", "versus": None, "detector": None}
    for fold in (0, 1):
        seeds = [row["value"] for row in select(rows, fold=fold, **where) if row["seed"] is not None]
        (mean,) = select(rows, fold=fold, seed=None, **where)
        assert mean["value"] == pytest.approx(sum(seeds) / 2, abs=1e-6) and mean["n_speakers"] == 4
    assert select(rows, fold="mean", seed=None, **where)


def test_what_is_read_first_shows_folds_and_says_why(rows: list[Row]) -> None:
    assert {row["fold"] for row in headline(rows, metric=("uar", "auroc"))} == {0, 1}
    means = [row for row in select(rows, seed=None, fold="mean") if row["metric"] in ("uar", "auroc")]
    text = results_markdown(rows, PROVENANCE)
    recognition = text[text.index("## Recognition") :].split("\n## ")[0]
    for row in headline(rows, metric="uar"):
        assert show(row) in recognition
    assert not any(show(row) in recognition for row in means if row["metric"] == "uar" and row["system"] != "majority")
    assert "| single_mini_en, fold 0 |" in recognition and REASON in recognition
    assert "### OOD far: single_mini_en, fold 1, noise" in text
    table = main_table(rows, (), PROVENANCE["folds apart"])
    assert "single_mini_en, fold 1" in table and f"fold by fold, without a mean: {REASON}" in table

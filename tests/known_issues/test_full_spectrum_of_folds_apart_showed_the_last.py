"""Where folds stand apart, the table of full-spectrum OOD held the last fold's figures, called a mean over folds."""

from __future__ import annotations

from pathlib import Path

from made_experiment import make_experiment
from sernet.report.reliability_tables import full_spectrum
from sernet.report.results import build_results, quotable, select
from sernet.report.tables import show


def test_every_fold_has_its_table(tmp_path: Path) -> None:
    made = make_experiment(tmp_path, ("mini_en",), ("am",), takes=1, detectors=("msp",))
    scored = [item for item in made if item.test in ("shift", "near")]
    rows = build_results(scored, "urdu", apart=["single_mini_en"])
    tables = {table.title: table for table in full_spectrum(quotable(rows))}
    for fold in (0, 1):
        (row,) = select(rows, metric="auroc_full", fold=fold, seed=None, versus=None)
        table = tables[f"Full spectrum: single_mini_en, fold {fold}, near"]
        assert table.body[0][2] == show(row) and "mean over seeds" in table.caption
    assert len(tables) == 2
    (whole,) = full_spectrum(build_results(scored, "mini"))
    assert whole.title == "Full spectrum: single_mini_en, near" and "mean over folds and seeds" in whole.caption

"""RESULTS.md and the table on the terminal."""

from __future__ import annotations

import pytest

from sernet.report.markdown import results_markdown
from sernet.report.results import Row, headline
from sernet.report.tables import main_table, show
from sernet.score.files import Scored
from sernet.score.metrics import OOD_METRICS

PROVENANCE = {
    "title": "mini",
    "command": "bash run.sh",
    "environment": {"python": "3.11.2", "torch": "2.13.0"},
    "preliminary": ["single_mini_en"],
}


@pytest.fixture
def rows(experiment: tuple[list[Scored], list[Row]]) -> list[Row]:
    return experiment[1]


def table_under(text: str, heading: str) -> list[list[str]]:
    lines = text.split(f"### {heading}\n", 1)[1].split("\n### ")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def test_every_headline_uar_stands_in_the_text_with_its_interval(rows: list[Row]) -> None:
    text = results_markdown(rows, PROVENANCE)
    for row in headline(rows, metric="uar"):
        assert show(row) in text
    single = table_under(text, "UAR, one corpus, unseen speakers (single)")
    assert single[0] == [
        "run",
        "trained -> tested",
        "majority",
        "baseline",
        "am",
        "msac",
        "n",
        "speakers",
        "folds",
        "seeds",
    ]
    assert single[2][0] == "single_mini_de" and single[3][0] == "single_mini_en (preliminary)"
    assert single[2][-4:] == ["80", "8", "2", "0 1"]
    assert "- environment: python 3.11.2; torch 2.13.0" in text and "`bash run.sh`" in text


def test_tables_are_well_formed(rows: list[Row]) -> None:
    width = None
    for line in results_markdown(rows, PROVENANCE).splitlines():
        if line.startswith("|"):
            width = width or line.count("|")
            assert line.count("|") == width, line
        else:
            width = None


def test_ood_tables_show_both_conventions_and_mark_trivial_detectors(rows: list[Row]) -> None:
    table = table_under(results_markdown(rows, PROVENANCE), "OOD near: single_mini_en, near")
    assert table[0] == ["detector", "system", *OOD_METRICS]
    systems = ("baseline", "am", "msac")
    assert [line[:2] for line in table[2:]] == [
        [detector, system] for detector in ("msp", "duration (trivial)") for system in systems
    ]


def test_a_trivial_detector_that_no_model_changes_has_one_line(rows: list[Row]) -> None:
    same = [{**row, "value": 0.5, "ci_low": None} if row["detector"] == "duration" else row for row in rows]
    table = table_under(results_markdown(same, PROVENANCE), "OOD near: single_mini_en, near")
    assert [line[:2] for line in table[-2:]] == [["msp", "msac"], ["duration (trivial)", "any"]]


def test_what_was_not_measured_is_left_out(rows: list[Row]) -> None:
    text = results_markdown([row for row in rows if row["condition"] == "single"], PROVENANCE)
    assert "Out of distribution" not in text and "Across corpora" not in text and "Recall by class" in text
    assert "Nothing has been scored" in results_markdown([], {})
    assert main_table([]) == "no set was scored"


def test_the_terminal_table_has_aligned_columns(rows: list[Row]) -> None:
    lines = main_table(rows).split("\n\n")[0].splitlines()
    assert lines[0].startswith("UAR") and "msac" in lines[1]
    starts = {line.index("0.200") for line in lines[3:]}
    assert len(starts) == 1 and "\t" not in "".join(lines)

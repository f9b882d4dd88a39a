"""Rows and tables of emotion over time, against sums by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sernet.config.load import load_recipe
from sernet.errors import UsageError
from sernet.report.results import build_results, select
from sernet.report.timeline import timeline_tables
from sernet.score.metrics import METRICS, TIMELINE_METRICS
from sernet.score.timeline import Timed

EGS = Path(__file__).resolve().parents[2] / "egs"


def _write(path: Path, errors: dict[str, dict[str, list[list[float]]]]) -> None:
    """``errors``: method -> speaker -> one list a recording, as in `Errors`."""
    recordings = []
    for speaker, of in next(iter(errors.values())).items():
        for number in range(len(of)):
            own = {method: errors[method][speaker][number] for method in errors}
            recordings.append({"id": f"{speaker}-{number}", "speaker": speaker, "errors": own})
    path.write_text(json.dumps({"recordings": recordings}))


@pytest.fixture
def timed(tmp_path: Path) -> list[Timed]:
    """Two folds of four speakers, two recordings each."""
    draws = np.random.default_rng(0)
    made = []
    for fold in range(2):
        errors: dict[str, dict[str, list[list[float]]]] = {"hmm": {}, "argmax": {}}
        for method, of in errors.items():
            for speaker in range(4):
                of[f"f{fold}s{speaker}"] = [
                    [*draws.uniform(0, 0.5, 3), 0.0, 4.0 + speaker, 1, 2, 3 if method == "argmax" else 2]
                    for _ in range(2)
                ]
        path = tmp_path / f"{fold}.json"
        _write(path, errors)
        made.append(Timed("single", "am", fold, 0, "tiny", path))
    return made


def test_values_are_means_over_recordings_then_folds(timed: list[Timed]) -> None:
    rows = build_results([], "recipe", timed=timed)
    by_fold = []
    for item in timed:
        recordings = json.loads(item.path.read_text())["recordings"]
        errors = [entry["errors"]["hmm"] for entry in recordings]
        by_fold.append(np.mean([sum(e[:4]) / e[4] for e in errors]))
        (row,) = select(rows, fold=item.fold, seed=0, system="am+hmm", metric="eder")
        assert row["value"] == pytest.approx(by_fold[-1], abs=1e-6) and (row["n"], row["n_speakers"]) == (8, 4)
    (row,) = select(rows, fold="mean", seed=None, system="am+hmm", metric="eder", versus=None)
    assert row["value"] == pytest.approx(np.mean(by_fold), abs=1e-6) and (row["n"], row["n_speakers"]) == (16, 8)
    assert row["ci_low"] < row["value"] < row["ci_high"] and row["condition"] == "timeline"
    parts = [
        select(rows, fold="mean", seed=None, system="am+hmm", metric=name, versus=None)[0] for name in TIMELINE_METRICS
    ]
    assert sum(part["value"] for part in parts[1:5]) == pytest.approx(parts[0]["value"], abs=1e-5)
    assert parts[5]["value"] == pytest.approx(0.5) and parts[5]["metric"] == "segment_f1"


def test_differences_are_paired_with_arg_max(timed: list[Timed]) -> None:
    rows = build_results([], "recipe", timed=timed)
    (gap,) = select(rows, system="am+hmm", versus="am+argmax", metric="eder")
    one, other = (
        select(rows, system=f"am+{name}", fold="mean", seed=None, metric="eder", versus=None)[0]["value"]
        for name in ("hmm", "argmax")
    )
    assert gap["value"] == pytest.approx(one - other, abs=2e-6)
    assert not select(rows, system="am+argmax", versus="am+argmax")
    (f1,) = select(rows, system="am+hmm", versus="am+argmax", metric="segment_f1")
    assert f1["value"] == pytest.approx(0.5 - 0.4) and f1["ci_low"] == pytest.approx(f1["ci_high"])


def test_a_fine_tuned_model_is_paired_with_what_it_was_and_tuned_speakers_are_left_out(timed: list[Timed]) -> None:
    both = [*timed, *(replace(item, system="am-sequence", path=timed[1 - item.fold].path) for item in timed)]
    for item in both[2:]:  # the same recordings, half of the confusion
        recordings = json.loads(timed[item.fold].path.read_text())["recordings"]
        for entry in recordings:
            for errors in entry["errors"].values():
                errors[2] /= 2
        (path := timed[0].path.with_name(f"sequence{item.fold}.json")).write_text(
            json.dumps({"recordings": recordings})
        )
        both[2 + item.fold] = replace(item, path=path)
    rows = build_results([], "recipe", timed=both, tuned={"f0s0", "f0s1"})
    (gap,) = select(rows, system="am-sequence+hmm", versus="am+hmm", metric="eder", fold="mean")
    (confusion,) = select(rows, system="am+hmm", versus=None, metric="eder_confusion", fold="mean", seed=None)
    assert gap["value"] == pytest.approx(-confusion["value"] / 2, abs=2e-6)
    (untuned,) = select(rows, system="am+hmm", versus=None, metric="eder", fold="mean-untuned")
    (alone,) = select(rows, system="am+hmm", versus=None, metric="eder", fold=1)
    assert untuned["value"] == alone["value"] and untuned["n"] == 8
    assert "untuned folds" in {line[0].partition(", ")[2] for line in timeline_tables(rows)[0].body}


def test_tables_name_each_method(timed: list[Timed]) -> None:
    main, gaps = timeline_tables(build_results([], "recipe", timed=timed))
    assert [line[:2] for line in main.body] == [["am", "HMM"], ["am", "frame-wise arg-max"]]
    assert main.header[2:] == list(TIMELINE_METRICS) and "16 recordings of 8 speakers" in main.caption
    assert [line[:2] for line in gaps.body] == [["am", "HMM"]]
    assert set(TIMELINE_METRICS) <= set(METRICS)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("timeline.runs", "[solo]", "solo is no run"),
        ("timeline.runs", "[cross]", "cross tests other corpora"),
        ("timeline.classes", "[neutral, disgust]", "does not train disgust"),
        ("timeline.classes", "[neutral, joy]", "no such emotion"),
        ("timeline.quiet", "[calm]", "calm is not one of classes"),
        ("timeline.tune", "{run: single}", "single has no dev speakers"),
        ("timeline.decoder", "viterbi", "'auto', 'k2' or 'torch'"),
        ("timeline.windows", "1", "unknown key; allowed: runs, classes"),
    ],
)
def test_a_wrong_timeline_is_refused_in_words(setting: str, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_recipe(EGS, "mini", {"timeline.runs": "[single]", setting: value})

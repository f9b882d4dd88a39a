"""The options of run.sh: what is refused, and how."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conftest import ROOT
from sernet.pipeline.options import parse


def test_defaults_run_everything_on_mini() -> None:
    request = parse([], ROOT)
    assert (request.recipe, request.stage, request.stop_stage, request.tag) == ("mini", 0, 7, None)
    assert request.settings == {} and not request.force


def test_stages_go_by_number_or_name() -> None:
    assert parse(["--stage", "train", "--stop-stage", "4"], ROOT).stage == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stage", "abc"], "allowed: 0 corpora, 1 prepare"),
        (["--stage"], "expected one argument"),
        (["--stage", "5", "--stop-stage", "2"], "comes before"),
        (["--recipe", "nosuch"], "no recipe 'nosuch'; there are: "),
        (["--reci", "mini"], "unrecognized"),
        (["--nj", "0"], "whole number"),
        (["--nj", "2", "--nj", "3"], "given twice"),
        (["--set", "train.epochs"], "key=value"),
        (["--set", "a=1", "--set", "a=2"], "given twice"),
        (["--seeds", "0 x"], "whole numbers"),
        (["--seeds", "1 1"], "twice"),
        (["--tag", "a/b"], "letters"),
        (["--cmd", "sge"], "choose from"),
        (["--corpus-root", "/no/such/folder"], "no such folder"),
    ],
)
def test_faults_are_one_line_and_exit_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(arguments, ROOT)
    error = capsys.readouterr().err
    assert exit_.value.code == 2
    assert said in error and error.count("\n") == 1


def test_values_are_never_evaluated(tmp_path) -> None:  # type: ignore[no-untyped-def]
    canary = tmp_path / "canary"
    request = parse(["--set", f"train.epochs=$(touch {canary})"], ROOT)
    assert request.settings["train.epochs"] == f"$(touch {canary})" and not canary.exists()


def test_help_needs_the_standard_library_alone() -> None:
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r});"]
    command[-1] += "from pathlib import Path; from sernet.pipeline.options import parse;"
    command[-1] += f"parse(['--help'], Path({str(ROOT)!r}))"
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "--stop-stage" in done.stdout and "mini" in done.stdout

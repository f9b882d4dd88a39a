"""The options of run.sh: what is refused, and how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
        (["--seeds", "1 01"], "twice"),
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


def test_relative_paths_are_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora").mkdir()
    monkeypatch.setenv("SERNET_CALLER", str(tmp_path))
    request = parse(["--corpus-root", "corpora", "--workdir", "out", "--set", "corpora.ravdess.root=r"], ROOT)
    assert (request.corpus_root, request.workdir) == (str(tmp_path / "corpora"), str(tmp_path / "out"))
    assert request.settings == {"corpora.ravdess.root": str(tmp_path / "r")}


def test_the_published_command_names_no_place(tmp_path: Path) -> None:
    options = ["--corpus-root", str(tmp_path), "--seeds", "0 1", "--set", f"corpora.ravdess.root={tmp_path}"]
    request = parse([*options, "--workdir", str(tmp_path), "--set", "train.epochs=3"], ROOT)
    assert str(tmp_path) not in request.command
    assert request.command.endswith("--seeds '0 1' --set corpora.ravdess.root=PATH --set train.epochs=3")


def test_values_are_never_evaluated(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    request = parse(["--set", f"train.epochs=$(touch {canary})"], ROOT)
    assert request.settings["train.epochs"] == f"$(touch {canary})" and not canary.exists()


def test_help_needs_the_standard_library_alone() -> None:
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r});"]
    command[-1] += "from pathlib import Path; from sernet.pipeline.options import parse;"
    command[-1] += f"parse(['--help'], Path({str(ROOT)!r}))"
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "--stop-stage" in done.stdout and "mini" in done.stdout

"""One bad recording is one line; a prediction that is killed goes on; nothing is half-written or lost."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sernet import cli
from sernet.bundle.predictor import Predictor

ROOT = Path(__file__).resolve().parents[2]
RATE = 16000


def predict(*words: object) -> int:
    return cli.main(["predict", *map(str, words), "--engine", "torch"])


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder(experiment: Path, tmp_path: Path) -> Path:
    """Five good recordings."""
    made = tmp_path / "wav"
    made.mkdir()
    for number in range(5):
        samples, _ = soundfile.read(experiment / "wav" / f"u{number + 20}.wav", dtype="float32")
        soundfile.write(made / f"{number}.wav", samples, RATE)
    return made


def test_a_name_that_is_not_utf8_is_predicted_and_comes_back(bundle: Path, folder: Path, tmp_path: Path) -> None:
    odd = os.fsencode(folder) + b"/fr\xe9d.wav"
    os.rename(os.fsencode(folder / "2.wav"), odd)
    assert predict(bundle, folder, "--output", tmp_path / "out.jsonl") == 0
    (found,) = (line for line in lines(tmp_path / "out.jsonl") if line["id"].endswith("d.wav"))
    assert os.fsencode(found["id"]) == odd
    assert predict(bundle, folder, "--output", tmp_path / "out.csv") == 0
    with open(tmp_path / "out.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 5 and rows[4]["id"].endswith("fr\\xe9d.wav")


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "0.0"},
        {"start": float("nan")},
        {"start": -5},
        {"start": 1e9},
        {"duration": -1},
        {"duration": [1]},
        {"channel": -1},
        {"channel": 7},
        {"channel": "x"},
        {"recording": "x"},
        {"recording": None},
        {"recording": {"sources": [None]}},
        {"recording": {"sources": [{"type": "file", "source": None}]}},
        {"recording": {"sources": [{"type": "file", "source": "a\0b"}]}},
        {"id": None},
        {"id": ["x"]},
        "not JSON",
        "[" * 100_000,
        "7",
    ],
)
def test_a_malformed_cut_is_one_line(wrong: Any, bundle: Path, folder: Path, tmp_path: Path) -> None:
    def cut(number: int, **other: Any) -> str:
        recording = {"id": "r", "sources": [{"type": "file", "channels": [0], "source": str(folder / f"{number}.wav")}]}
        return json.dumps({"id": f"u{number}", "start": 0, "duration": 0.3, "recording": recording, **other})

    middle = wrong if isinstance(wrong, str) else cut(1, **wrong)
    (tmp_path / "cuts.jsonl").write_text("\n".join([cut(0), middle, cut(2)]) + "\n")
    assert predict(bundle, tmp_path / "cuts.jsonl", "--output", tmp_path / "out.jsonl") == 1
    found = lines(tmp_path / "out.jsonl")
    assert [sorted(line) == ["error", "id"] for line in found] == [False, True, False]
    assert "Traceback" not in found[1]["error"] and "\n" not in found[1]["error"]


@pytest.mark.parametrize("raised", [MemoryError(), RecursionError("deep"), ValueError("odd"), OSError(5, "broken")])
def test_whatever_one_recording_raises_is_its_line(
    raised: Exception, bundle: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Predictor.predict_pieces
    calls = iter(range(5))

    def failing(self: Predictor, *given: Any) -> Any:
        if next(calls) == 1:
            raise raised
        return usual(self, *given)

    monkeypatch.setattr(Predictor, "predict_pieces", failing)
    assert predict(bundle, folder, "--output", tmp_path / "out.jsonl") == 1
    assert [line.get("error") is None for line in lines(tmp_path / "out.jsonl")] == [True, False, True, True, True]
    assert len(list(tmp_path.glob("out*"))) == 1


def stopping(folder: Path, bundle: Path, output: Path, after: int, how: str) -> subprocess.CompletedProcess[str]:
    """Run the command so that ``how`` happens while recording ``after`` is predicted."""
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from sernet import cli
from sernet.bundle.predictor import Predictor
usual, calls = Predictor.predict_pieces, iter(range(99))
def stopped(self, *given):
    if next(calls) == {after}:
        {how}
    return usual(self, *given)
Predictor.predict_pieces = stopped
sys.exit(cli.main(["predict", {str(bundle)!r}, {str(folder)!r}, "--engine", "torch", "--output", {str(output)!r}]))
"""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(signal.SIGKILL, "csv"), (signal.SIGKILL, "jsonl"), (signal.SIGTERM, "jsonl"), (signal.SIGINT, "jsonl"),
     (signal.SIGHUP, "jsonl")],
)  # fmt: skip
def test_a_killed_prediction_goes_on_where_it_was(
    number: signal.Signals, kind: str, bundle: Path, folder: Path, tmp_path: Path
) -> None:
    (folder / "1.wav").write_text("no sound")
    (folder / '3"\n.wav').write_bytes((folder / "3.wav").read_bytes())
    whole, output = tmp_path / f"whole.{kind}", tmp_path / f"out.{kind}"
    assert predict(bundle, folder, "--output", whole) == 1
    done = stopping(folder, bundle, output, 4, f"os.kill(os.getpid(), {int(number)})")
    assert done.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in done.stderr
    (part,) = set(tmp_path.glob("*out*"))
    assert part.suffix == ".part" and not output.exists()
    kept = part.read_bytes()
    assert whole.read_bytes().startswith(kept) and kept.count(b"error") >= 1
    part.write_bytes(kept + b'{"id": "torn')
    done = stopping(folder, bundle, output, 2, "raise SystemExit('predicted more than the rest')")
    assert done.returncode == 1 and "going on after 4 of 6" in done.stderr  # 1: one of those before has an error
    assert output.read_bytes() == whole.read_bytes()
    assert [path.name for path in tmp_path.glob("*out*")] == [output.name]


def test_another_list_bundle_or_option_begins_anew(bundle: Path, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    assert stopping(folder, bundle, output, 3, "os.kill(os.getpid(), 9)").returncode == -9
    (part,) = tmp_path.glob("out*.part")
    soundfile.write(folder / "0.wav", 0.1 * np.random.default_rng(0).standard_normal(RATE), RATE)
    assert predict(bundle, folder, "--output", output) == 0
    assert lines(output)[0]["duration"] == 1.0  # not the line of before
    assert not part.exists()
    assert predict(bundle, folder, "--output", output, "--channel", "0") == 0
    assert [path.name for path in tmp_path.glob("out*")] == ["out.jsonl"]


def test_two_at_once_do_not_write_one_file(bundle: Path, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    words = ["predict", str(bundle), str(folder), "--engine", "torch", "--output", str(output)]
    how = f"print(cli.main({words!r}), flush=True)"
    done = stopping(folder, bundle, output, 1, how)
    assert done.returncode == 0 and done.stdout.split() == ["1"]
    assert "is being written by another sernet predict" in done.stderr
    assert len(lines(output)) == 5


def test_what_is_there_twice_is_said(
    bundle: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wav.scp").write_text(f"a {folder}/0.wav\nb {folder}/1.wav\na {folder}/2.wav\n")
    assert predict(bundle, tmp_path / "wav.scp") == 0
    said = capsys.readouterr()
    assert "more than once, with a line each: a" in said.err and len(said.out.splitlines()) == 3


def test_lists_with_tabs_and_a_byte_order_mark(bundle: Path, folder: Path, tmp_path: Path) -> None:
    os.rename(folder / "0.wav", folder / "a b\tc.wav")
    (tmp_path / "tab.scp").write_text(f"u1\t{folder}/1.wav\r\nu2 \t {folder}/a b\tc.wav\n\n")
    (tmp_path / "bom.scp").write_text(f"\ufeffu3 {folder}/2.wav\n", encoding="utf-8")
    assert predict(bundle, tmp_path / "tab.scp", tmp_path / "bom.scp", "--output", tmp_path / "out.jsonl") == 0
    assert [line["id"] for line in lines(tmp_path / "out.jsonl")] == ["u1", "u2", "u3"]


@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        (">/dev/full", "No space left on device"),
        (">&-", "standard output is closed"),
        ("| true", "nobody reads standard output"),
        ("--output /dev/full/x", "File exists: /dev/full"),
        ("--output .", "is a folder"),
    ],
)
def test_an_output_that_takes_nothing_is_one_line(
    redirected: str, said: str, bundle: Path, folder: Path, tmp_path: Path
) -> None:
    command = f"{sys.executable} -m sernet.cli predict {bundle} {folder} --engine torch"
    if redirected == "| true":
        command = f"({command}; echo code $? >&2) | sleep 0"
    else:
        command = f"{command} {redirected}; echo code $? >&2"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "code 1" in done.stderr and said in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


def test_standard_input_that_is_closed_or_no_audio_is_an_error_line(bundle: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m sernet.cli predict {bundle} - --engine torch"
    for given in ("<&-", "</dev/null", "< /etc/passwd"):
        done = subprocess.run(["bash", "-c", f"{command} {given}"], env=environment, capture_output=True, text=True)
        (line,) = map(json.loads, done.stdout.splitlines())
        assert done.returncode == 1 and line["id"] == "-"
        assert "object at" not in line["error"] and "0x" not in line["error"], line

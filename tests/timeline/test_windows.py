"""Recordings as windows, segments from them, and the command that does both, with a small trained model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import speech
from sernet import cli
from sernet.config.timeline import TimelineConfig
from sernet.errors import SernetError
from sernet.model.sernet import classify, embed
from sernet.score.infer import front_end, load_model
from sernet.timeline.annotate import METHODS, Setting, by_baseline, by_hmm
from sernet.timeline.decode import choose
from sernet.timeline.segments import NONE
from sernet.timeline.store import load_windows, save_windows
from sernet.timeline.windows import Windows, look
from sernet.train.loop import fit


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    fit(speech.examples(), None, speech.CLASSES, {}, None, speech.MODEL, speech.CONFIG, 0, directory, "cpu", "x")
    return directory


@pytest.fixture(scope="module")
def features(trained: Path) -> np.ndarray:
    bins = load_model(trained)[1]["bins"]
    draws = np.random.default_rng(0)
    return (draws.normal(size=(430, bins)) - 8).astype(np.float32)


@pytest.mark.parametrize("normalise", ["train", "recording"])
def test_a_window_is_what_the_model_says_of_that_stretch(trained: Path, features: np.ndarray, normalise: str) -> None:
    model, meta = load_model(trained)
    prepare = front_end(meta)
    found = look(model, prepare, features, 0.01, 1.0, 0.5, duration=4.3, normalise=normalise)
    assert len(found.logits) == 9 and found.duration == 4.3
    mean = prepare.mean if normalise == "train" else features.mean(0)
    whole = ((features - mean) / prepare.std).astype(np.float32)
    # Middles are at 0.25, 0.75, ... s; the first and last windows are cut by the recording's ends.
    for number, (start, stop) in {0: (0, 75), 3: (125, 225), 8: (375, 430)}.items():
        logits, _ = classify(model, embed(model, [whole[start:stop]], "cpu"), "cpu")
        np.testing.assert_allclose(found.logits[number], logits[0], atol=1e-4)
        power = np.exp(features[max(0, 10 + 50 * number) : 40 + 50 * number].astype(float)).sum(1).mean()
        assert found.level[number] == pytest.approx(10 * np.log10(power), abs=1e-6)


def test_windows_come_back_from_disk(trained: Path, features: np.ndarray, tmp_path: Path) -> None:
    model, meta = load_model(trained)
    made = [look(model, front_end(meta), features[:n], 0.01, 1.0, 0.5) for n in (430, 40, 1)]
    save_windows(tmp_path / "w.npz", made)
    for one, other in zip(made, load_windows(tmp_path / "w.npz"), strict=True):
        assert one.duration == other.duration
        np.testing.assert_array_equal(one.logits, other.logits)
        np.testing.assert_array_equal(one.level, other.level)


def test_features_that_are_not_finite_are_refused(trained: Path, features: np.ndarray) -> None:
    model, meta = load_model(trained)
    bad = features.copy()
    bad[3, 3] = np.nan
    for matrix in (bad, features[:0]):
        with pytest.raises(SernetError, match="no features"):
            look(model, front_end(meta), matrix, 0.01, 1.0, 0.5)


def _windows(labels: list[int], level: list[float], sure: float = 6.0) -> Windows:
    logits = np.zeros((len(labels), 3), dtype=np.float32)
    logits[np.arange(len(labels)), labels] = sure
    empty = np.zeros((len(labels), 2), dtype=np.float32)
    return Windows(0.1 * len(labels), logits, logits, empty, np.array(level))


CONFIG = TimelineConfig(runs=["x"], classes=["neutral", "anger"], window_seconds=0.1)
SETTING = Setting(CONFIG, ("fear", "neutral", "anger"))


def test_all_methods_find_what_is_plain_and_silence_is_none() -> None:
    windows = _windows([1] * 20 + [2] * 15 + [1] * 30, [-20.0] * 35 + [-95.0] * 10 + [-20.0] * 20)
    expected = [("neutral", 0, 2.0), ("anger", 2.0, 3.5), (NONE, 3.5, 4.5), ("neutral", 4.5, 6.5)]
    (annotated,) = by_hmm([windows], SETTING, choose("torch"), n=2)
    found = {name: by_baseline(name, [windows], SETTING)[0] for name in METHODS[1:]} | {"hmm": annotated.segments}
    for name, segments in found.items():
        got = [(s.label, s.start, s.end) for s in segments]
        assert [g[0] for g in got] == [e[0] for e in expected], name
        np.testing.assert_allclose([g[1:] for g in got], [e[1:] for e in expected], atol=0.11)
    assert all(s.confidence is not None and s.confidence > 0.9 for s in annotated.segments)
    assert annotated.alternatives[0][0] == [s._replace(confidence=None) for s in annotated.segments]


def test_the_hmm_leaves_out_what_is_too_short() -> None:
    windows = _windows([1] * 20 + [2] * 2 + [1] * 20, [-20.0] * 42)
    assert [s.label for s in by_baseline("argmax", [windows], SETTING)[0]] == ["neutral", "anger", "neutral"]
    assert [s.label for s in by_hmm([windows], SETTING, choose("torch"))[0].segments] == ["neutral"]


def test_an_outlier_score_rejects() -> None:
    known = np.random.default_rng(0).normal(size=1000)
    outlier = np.r_[np.zeros(20), np.full(20, 30.0)]
    setting = Setting(CONFIG, SETTING.classes, known=known)
    (found,) = by_hmm([_windows([1] * 40, [-20.0] * 40)], setting, choose("torch"), [outlier])
    assert [s.label for s in found.segments] == ["neutral", NONE]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    samples = 0.1 * np.random.default_rng(1).standard_normal((22050 * 3, 2))
    soundfile.write(tmp_path / "a call.flac", samples, 22050)
    return tmp_path / "a call.flac"


def test_command_writes_each_format(
    trained: Path, wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["timeline", str(trained), str(wav), "--decoder", "torch", "--window", "1", "--hop", "0.5"]
    assert cli.main([*common, "--n-best", "2"]) == 0
    said = capsys.readouterr()
    value = json.loads(said.out)
    assert value["duration"] == 3.0 and len(value["n_best"]) == 2 and "decoder: torch" in said.err
    assert value["segments"][0]["start"] == 0 and value["segments"][-1]["end"] == 3.0
    out, plots = tmp_path / "out", tmp_path / "plots"
    for name in ("rttm", "textgrid"):
        assert cli.main([*common, "--format", name, "--out", str(out), "--plot", str(plots)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["a call.TextGrid", "a call.rttm"]
    assert (plots / "a call.png").stat().st_size > 1000
    (tmp_path / "reference.rttm").write_text("SPEAKER a_call 1 0.0 3.0 <NA> <NA> neutral <NA> <NA>\n")
    assert cli.main([*common, "--reference", str(tmp_path / "reference.rttm")]) == 0
    assert "EDER " in capsys.readouterr().err


def test_command_goes_on_behind_a_file_that_cannot_be_read(
    trained: Path, wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    files = [str(broken), str(wav)]
    assert cli.main(["timeline", str(trained), *files, "--decoder", "torch", "--format", "rttm"]) == 1
    said = capsys.readouterr()
    assert "broken.wav: cannot be read" in said.err and "1 of 2" in said.err and "SPEAKER a_call" in said.out


def test_command_refuses_what_makes_no_sense(
    trained: Path, wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["timeline", str(tmp_path), str(wav)]) == 2
    assert cli.main(["timeline", str(trained), str(wav), "--classes", "neutral,joy"]) == 2
    assert cli.main(["timeline", str(trained), str(wav), "--format", "rttm", "--n-best", "3"]) == 2
    assert cli.main(["timeline", str(trained), str(wav), "--detector", "knn", "--decoder", "torch"]) == 2
    assert cli.main(["timeline", str(trained), str(wav), "--n-best", "-1"]) == 2
    assert cli.main(["timeline", str(trained), str(wav), "--reference", str(wav), "--decoder", "torch"]) == 1
    monkeypatch.setattr("sernet.timeline.decode.k2_problem", lambda: "k2 is not installed here")
    monkeypatch.setenv("SERNET_K2_PYTHON", str(tmp_path / "no-python"))
    assert cli.main(["timeline", str(trained), str(wav), "--decoder", "k2"]) == 1


def test_k2_that_is_not_there_is_said_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from sernet.timeline import decode

    monkeypatch.setattr(decode, "k2_problem", lambda: "k2 is not installed here")
    monkeypatch.setattr(decode, "ROOT", tmp_path)
    monkeypatch.delenv("SERNET_K2_PYTHON", raising=False)
    assert choose("auto").name == "torch" and "not installed" in choose("auto").why
    with pytest.raises(SernetError, match=r"utils/setup_k2\.sh"):
        choose("k2")
    (tmp_path / ".venv-k2" / "bin").mkdir(parents=True)
    (tmp_path / ".venv-k2" / "bin" / "python").write_text("")
    assert choose("auto").name == "torch"  # setup_k2.sh is still at work, or was killed
    (tmp_path / ".venv-k2" / ".complete").write_text("")
    assert choose("auto").python == tmp_path / ".venv-k2" / "bin" / "python"

"""Predictions of a bundle: those of the experiment, whatever the recording comes as; and what goes wrong in words."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.special import softmax

import sernet
from sernet import cli
from sernet.bundle.audio import PIECE_SECONDS, pieces
from sernet.bundle.format import seal
from sernet.bundle.inputs import recordings
from sernet.config.features import FeatureConfig
from sernet.data.dataset import Examples, Utterance
from sernet.errors import SernetError
from sernet.features.fbank import extract
from sernet.ood.registry import make_detector
from sernet.score.files import ScoreSet
from sernet.score.infer import load_model, score

RATE = 16000
SCORES = Path("single/am/fold0/seed0/scores")


def predicted(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[dict]]:
    """The exit code of `sernet predict` and its lines."""
    code = cli.main(["predict", *map(str, words), "--engine", "torch"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_predictions_are_those_of_the_score_file(experiment: Path, bundle: Path) -> None:
    train, test = (ScoreSet.load(experiment / SCORES / f"{name}.npz") for name in ("train", "test"))
    detector = make_detector("mahalanobis")
    detector.fit(train)
    model = sernet.load(bundle, engine="torch")
    temperature = model.bundle.contents.calibration.temperature
    expected, outlying = softmax(test.logits.astype(np.float64) / temperature, axis=1), detector.score(test)
    for index, name in enumerate(test.utt_id):
        samples, rate = soundfile.read(experiment / "wav" / f"{name}.wav", dtype="float32")
        found = model.predict(samples, rate)
        np.testing.assert_allclose(list(found.posterior.values()), expected[index], atol=1e-5)
        assert found.emotion == test.classes[expected[index].argmax()]
        assert found.confidence == max(found.posterior.values())
        assert found.ood == pytest.approx(outlying[index], rel=1e-4)
        assert found.accepted == (found.ood <= model.bundle.contents.outliers.threshold)


def test_silence_is_trimmed_where_training_trimmed_it(experiment: Path, bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    contents = json.loads((copy / "bundle.json").read_text())
    contents["front_end"]["trim_db"] = 30.0
    (copy / "bundle.json").write_text(json.dumps(contents))
    seal(copy)
    sound, rate = soundfile.read(experiment / "wav" / "u22.wav", dtype="float32")
    samples = np.concatenate([1e-4 * sound[:4000], sound, 1e-4 * sound[:2000]])
    model, meta = load_model(experiment / SCORES.parent)
    meta["front_end"]["trim_db"] = 30.0
    features = extract(samples, FeatureConfig(bins=20))
    expected = score(model, meta, Examples([Utterance("u", "tiny")], [features]))["logits"][0]
    found = list(sernet.load(copy, engine="torch").predict(samples, rate).posterior.values())
    temperature = sernet.load(bundle).bundle.contents.calibration.temperature
    np.testing.assert_allclose(found, softmax(expected.astype(np.float64) / temperature), atol=1e-5)
    assert abs(np.array(found) - list(sernet.load(bundle).predict(samples, rate).posterior.values())).max() > 1e-4


def test_channels_are_averaged_or_chosen_and_integers_are_full_scale(bundle: Path, experiment: Path) -> None:
    model = sernet.load(bundle, engine="torch")
    samples, rate = soundfile.read(experiment / "wav" / "u22.wav", dtype="float32")
    alone = model.predict(samples, rate)
    assert model.predict(np.stack([1.5 * samples, 0.5 * samples], axis=1), rate).ood == pytest.approx(
        alone.ood, rel=1e-3
    )
    whole = np.round(samples * 32768).clip(-32768, 32767).astype(np.int16)
    assert model.predict(whole, rate).ood == pytest.approx(alone.ood, rel=1e-2)
    for wrong, said in (
        (samples[:100], "at least 0.025 s"),
        (samples[:0], "at least"),
        (np.array([np.nan] * 800), "not finite"),
        (np.float32(1e25) * samples, "where full scale is 1"),
        (samples[None], "expected"),
    ):
        with pytest.raises(SernetError, match=said):
            model.predict(wrong, rate)


def test_a_long_recording_is_heard_in_equal_pieces(bundle: Path, tmp_path: Path) -> None:
    rate = 1000
    samples = 0.1 * np.random.default_rng(0).standard_normal(round(2.5 * PIECE_SECONDS * rate))
    soundfile.write(tmp_path / "long.flac", samples, rate)
    sizes = [len(piece) for piece, _ in pieces(str(tmp_path / "long.flac"))]
    assert sum(sizes) == len(samples)
    assert len(sizes) == 3 and max(sizes) - min(sizes) <= 3 and max(sizes) <= PIECE_SECONDS * rate
    model = sernet.load(bundle, engine="torch")
    parts = [model.predict(piece, rate).ood for piece, rate in pieces(str(tmp_path / "long.flac"))]
    whole = model.predict(samples, rate).ood
    assert whole < max(parts) and whole == pytest.approx(
        model.predict_pieces(pieces(str(tmp_path / "long.flac"))).ood, rel=1e-3
    )


def test_lists_are_opened_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "wav.scp").write_text("".join(f"u{n} /not/there/{n}.wav\n" for n in range(1000)))
    listed = recordings([str(tmp_path / "wav.scp")])
    first = next(listed)
    assert first.name == "u0"
    with pytest.raises(SernetError, match="no such file"):
        next(first.open())
    assert next(listed).name == "u1"


def test_every_kind_of_input_gives_the_same(
    bundle: Path, experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = experiment / "wav" / "u22.wav"
    samples, _ = soundfile.read(path, dtype="float32")
    folder = tmp_path / "folder"
    folder.mkdir()
    soundfile.write(folder / "u22.flac", samples, RATE, subtype="PCM_24")
    (tmp_path / "wav.scp").write_text(f"u22 {path}\n")
    recording = {"id": "r", "sources": [{"type": "file", "channels": [0], "source": str(path)}]}
    cut = {"id": "u22", "type": "MonoCut", "start": 0, "duration": 99, "channel": 0, "recording": recording}
    (tmp_path / "cuts.jsonl").write_text(json.dumps(cut) + "\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    code, lines = predicted(capsys, bundle, path, folder, tmp_path / "wav.scp", tmp_path / "cuts.jsonl", "-")
    assert code == 0
    assert [line["id"] for line in lines] == [str(path), str(folder / "u22.flac"), "u22", "u22", "-"]
    for line in lines:
        assert line["ood"] == pytest.approx(lines[0]["ood"], rel=1e-3)


def test_a_file_that_cannot_be_read_is_a_line_and_the_exit_code_says_so(
    bundle: Path, experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.wav").write_text("dear")
    wanted = [tmp_path / "letter.wav", experiment / "wav" / "u22.wav", tmp_path / "none.wav"]
    code, lines = predicted(capsys, bundle, *wanted)
    assert code == 1
    assert [sorted(line) == ["error", "id"] for line in lines] == [True, False, True]
    assert cli.main(["predict", str(bundle), *map(str, wanted), "--output", str(tmp_path / "out.csv")]) == 1
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert [bool(row["error"]) for row in rows] == [True, False, True]
    assert float(rows[1]["anger"]) == pytest.approx(lines[1]["posterior"]["anger"], abs=1e-4)
    assert "2 of 3" in capsys.readouterr().err


def test_commands_in_lists_are_refused_and_not_run(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "wav.scp").write_text(f"a touch {trace} |\n")
    assert cli.main(["predict", str(bundle), str(tmp_path / "wav.scp")]) == 1
    assert "wav.scp:1: a is a command" in capsys.readouterr().err
    source = {"type": "command", "channels": [0], "source": f"touch {trace}"}
    cut = {"id": "a", "start": 0, "duration": 1, "channel": 0, "recording": {"id": "r", "sources": [source]}}
    (tmp_path / "cuts.jsonl").write_text(json.dumps(cut) + "\n")
    code, lines = predicted(capsys, bundle, tmp_path / "cuts.jsonl")
    assert code == 1 and "only a recording of one file" in lines[0]["error"]
    assert not trace.exists()


def test_the_timeline_covers_the_recording(bundle: Path, experiment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = experiment / "wav" / "u22.wav"
    code, (line,) = predicted(capsys, bundle, path, "--timeline")
    assert code == 0
    segments = line["timeline"]
    assert segments[0]["start"] == 0 and segments[-1]["end"] == pytest.approx(line["duration"], abs=1e-3)
    assert {segment["label"] for segment in segments} <= {"anger", "neutral", "none"}


def test_importing_sernet_imports_nothing_heavy() -> None:
    code = "import sys, sernet; sernet.load; sys.exit(any(n in sys.modules for n in ('torch', 'numpy', 'pydantic')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(sernet.__file__).parents[1]).returncode == 0

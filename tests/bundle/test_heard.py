"""What cannot be heard gets no emotion: silence, channels that cancel, cut files, numbers that mean two things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import sernet
from sernet import cli
from sernet.bundle.predictor import Predictor
from sernet.errors import SernetError

RATE = 16000


@pytest.fixture(scope="module")
def model(bundle: Path) -> Predictor:
    return sernet.load(bundle, engine="torch")


@pytest.fixture(scope="module")
def speech(experiment: Path) -> np.ndarray:
    return np.asarray(soundfile.read(experiment / "wav" / "u22.wav", dtype="float32")[0])


def test_files_that_nothing_can_be_heard_in(
    bundle: Path, speech: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wav = tmp_path / "good.wav"
    soundfile.write(wav, speech, RATE)
    soundfile.write(tmp_path / "zeros.wav", 0 * speech, RATE)
    soundfile.write(tmp_path / "constant.wav", 0 * speech + 0.3, RATE)
    soundfile.write(tmp_path / "opposite.wav", np.stack([speech, -speech], 1), RATE)
    soundfile.write(tmp_path / "integers.wav", speech * 32768, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "1ms.wav", speech[:16], RATE)
    (tmp_path / "half.wav").write_bytes(wav.read_bytes()[: wav.stat().st_size // 2])
    data = bytearray(wav.read_bytes())
    data[24:28] = (16_821_316).to_bytes(4, "little")
    (tmp_path / "rate.wav").write_bytes(data)
    assert cli.main(["predict", str(bundle), str(tmp_path), "--engine", "torch"]) == 1
    said = {Path(line["id"]).stem: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert "error" not in said.pop("good")
    for name, why in {
        "zeros": "silent throughout",
        "constant": "silent throughout: every sample is 0.3",
        "opposite": "channels cancel",
        "integers": "where full scale is 1",
        "1ms": "lasts 1 ms",
        "half": f"of {len(speech)} samples",
        "rate": "16821316 Hz",
    }.items():
        assert why in said.pop(name)["error"]
    assert not said


def test_one_of_two_channels_that_cancel_can_be_heard(
    bundle: Path, speech: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "opposite.wav", np.stack([speech, -speech], 1), RATE)
    for kind in ("jsonl", "csv"):
        words = ["predict", str(bundle), str(tmp_path), "--engine", "torch", "--channel", "0", "--format", kind]
        assert cli.main(words) == 0
        said = capsys.readouterr()
        assert "channels cancel" in (json.loads(said.out)["note"] if kind == "jsonl" else said.err)


@pytest.mark.parametrize("kind", [np.int64, np.int32, list])
def test_whole_numbers_that_mean_two_things_are_refused(kind: Any, model: Predictor, speech: np.ndarray) -> None:
    whole = np.round(speech * 32767)
    given = [int(value) for value in whole] if kind is list else whole.astype(kind)
    with pytest.raises(SernetError, match=r"two ways.*16 bits \(divide by 32768\) or of (32|64) bits"):
        model.predict(given, RATE)
    with pytest.raises(SernetError, match="24 bits"):
        model.predict((whole * 200).astype(np.int32), RATE)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda x: np.round(x * 127 + 128).astype(np.uint8), "type uint8.*if 128 is silence"),
        (lambda x: np.round(x * 32767 + 32768).astype(np.uint16), "type uint16"),
        (lambda x: x * 32768, "were whole numbers stored as floats"),
        (lambda x: x > 0, "type bool"),
        (lambda x: x.astype(complex), "type complex"),
        (lambda x: [str(value) for value in x], "type <U"),
        (lambda x: [[0.1], [0.1, 0.2]], "no array"),
        (lambda x: None, "shape"),
        (lambda x: x[:, None, None], "shape"),
        (lambda x: 0 * x, "silent throughout"),
        (lambda x: 0 * x + 0.5, "every sample is 0.5"),
        (lambda x: np.stack([x, -x], 1), "channels cancel"),
        (lambda x: x / 32768 / 32768, "silent throughout"),
    ],
)
def test_arrays_that_are_no_recording_are_refused(given: Any, said: str, model: Predictor, speech: np.ndarray) -> None:
    with pytest.raises(SernetError, match=said):
        model.predict(given(speech), RATE)


def test_what_is_clear_is_accepted_and_means_the_same(model: Predictor, speech: np.ndarray) -> None:
    expected = model.predict(speech, RATE)
    for same in (
        speech.tolist(),
        speech.astype(np.float64),
        np.round(speech * 32768).astype(np.int16),
        np.round(speech.astype(np.float64) * 2**31).astype(np.int32),
        np.stack([speech, speech], 1),
    ):
        assert model.predict(same, RATE).ood == pytest.approx(expected.ood, rel=0.02)
    assert model.predict(speech / np.abs(speech).max() * 1.5, RATE).emotion  # decoders go a little beyond full scale
    assert model.predict(speech, float(RATE)) == expected


@pytest.mark.parametrize("rate", [0, -1, 1, 10**9, float("nan"), 16000.5, "16000", None])
def test_rates_that_no_recording_has_are_refused(rate: Any, model: Predictor, speech: np.ndarray) -> None:
    with pytest.raises(SernetError, match="a rate of"):
        model.predict(speech, rate)


def test_confidence_is_the_largest_posterior(model: Predictor, speech: np.ndarray, bundle: Path, experiment: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert cli.main(["predict", str(bundle), str(experiment / "wav"), "--engine", "torch"]) == 0
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        assert line["confidence"] == max(line["posterior"].values()) == line["posterior"][line["emotion"]]
        assert sum(line["posterior"].values()) == pytest.approx(1, abs=1e-5)

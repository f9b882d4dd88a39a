"""`sernet timeline` on a list with bad recordings: each is one line, the others are done."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bundle.conftest import bundle as bundle
from bundle.conftest import experiment as experiment
from bundle.conftest import exported as exported
from sernet import cli
from sernet.commands import timeline


def test_bad_recordings_are_one_line_each(
    bundle: Path, experiment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = 0.1 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/fr\xe9d.wav")
    for name in ("a.wav", "huge.wav", "z.wav"):
        soundfile.write(tmp_path / name, sound, 16000)
    os.rename(tmp_path / "a.wav", odd)
    soundfile.write(tmp_path / "zeros.wav", 0 * sound, 16000)
    data = bytearray((tmp_path / "z.wav").read_bytes())
    data[24:28] = (10**9).to_bytes(4, "little")
    (tmp_path / "rate.wav").write_bytes(data)
    (tmp_path / "half.wav").write_bytes((tmp_path / "z.wav").read_bytes()[:16000])
    usual = timeline._features

    def features(samples: np.ndarray, rate: int, model: object) -> np.ndarray:
        if calls.pop(0):
            raise MemoryError
        return usual(samples, rate, model)

    calls = [False, True, False]
    monkeypatch.setattr(timeline, "_features", features)
    names = [odd, *(str(tmp_path / f"{name}.wav") for name in ("huge", "zeros", "rate", "half", "none", "z"))]
    assert cli.main(["timeline", str(bundle), *names]) == 1
    said = capsys.readouterr()
    found = [json.loads(text) for text in said.out.replace("}\n{", "}\0{").split("\0")]
    assert [os.fsencode(one["file"]) for one in found] == [os.fsencode(odd), os.fsencode(names[-1])]
    lines = [line for line in said.err.splitlines() if line.startswith(str(tmp_path))]
    expected = ("more memory than", "silent throughout", "1000000000 Hz", "holds", "no such file")
    assert len(lines) == 5 and all(why in line for why, line in zip(expected, lines, strict=True))
    assert "5 of 7 recordings could not be done" in said.err
    for kind, ending in (("rttm", "rttm"), ("textgrid", "TextGrid"), ("json", "json")):
        calls[:] = [False]
        assert cli.main(["timeline", str(bundle), odd, "--format", kind, "--out", str(tmp_path / "out")]) == 0
        written = os.path.join(os.fsencode(tmp_path), b"out", b"fr\xe9d." + ending.encode())
        with open(written, encoding="utf-8") as stream:
            assert len(stream.read()) > 20

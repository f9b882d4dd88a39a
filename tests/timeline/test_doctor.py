"""What `sernet doctor` says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sernet import cli
from sernet.commands import doctor


def test_names_versions_decoder_and_corpora(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ravdess").mkdir()
    (tmp_path / "unheard_of").mkdir()
    monkeypatch.delenv("SERNET_K2_PYTHON", raising=False)
    monkeypatch.setattr("sernet.timeline.decode.k2_python", lambda: None)
    assert cli.main(["doctor", "--corpus-root", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    version = ".".join(map(str, sys.version_info[:3]))
    for text in (
        f"Python: {version}",
        "decoder auto: ",
        "corpus ravdess: RAVDESS",
        "no recipe in egs/ knows it",
        "WAV",
    ):
        assert text in said, text
    assert "bad" not in said


def test_what_is_not_well_is_named_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERNET_K2_PYTHON", str(tmp_path / "nowhere"))
    monkeypatch.setattr(doctor, "_torch", lambda: iter(()))
    monkeypatch.setattr("sernet.timeline.decode.k2_problem", lambda: None)
    assert cli.main(["doctor", "--corpus-root", str(tmp_path / "absent")]) == 1
    said = capsys.readouterr().out
    assert "is no folder" in said and "nowhere" in said
    assert said.splitlines()[-1] == "not well: k2's own environment, corpora"

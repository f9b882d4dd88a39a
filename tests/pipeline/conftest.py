"""A folder for jobs to run in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import ROOT


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder where ``local/toil.py``, the job's script, is the `SCRIPT` of the test's module."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__init__.py").write_text("")
    (tmp_path / "local" / "toil.py").write_text(request.module.SCRIPT)
    (tmp_path / "exp").mkdir()
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{ROOT}")
    return tmp_path

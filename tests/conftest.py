"""What several tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key != "SERNET_CORPORA"},
    "SERNET_ENV": "current",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": "",
}
"""Variables under which run.sh uses the environment that the tests run in."""


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; tests that need it are skipped without it."""
    folder = os.environ.get("SERNET_CORPORA")
    if not folder:
        pytest.skip("SERNET_CORPORA names no folder of real corpora")
    return Path(folder)

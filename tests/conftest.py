"""What several tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if key not in ("SERNET_CORPORA", "SERNET_ENCODERS")},
    "SERNET_ENV": "current",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": "",
}
"""Variables under which run.sh uses the environment that the tests run in."""


def _named(variable: str, what: str) -> Path:
    """The folder that an environment variable names; the test is skipped where it names none."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} names no folder of {what}")
    return Path(folder)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; tests that need it are skipped without it."""
    return _named("SERNET_CORPORA", "real corpora")


@pytest.fixture(scope="session")
def encoders() -> Path:
    """The folder of pre-trained speech encoders, one folder each; tests that need it are skipped without it."""
    return _named("SERNET_ENCODERS", "pre-trained encoders")

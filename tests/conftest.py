"""What several tests share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real corpora; tests that need it are skipped without it."""
    folder = os.environ.get("SERNET_CORPORA")
    if not folder:
        pytest.skip("SERNET_CORPORA names no folder of real corpora")
    return Path(folder)


@pytest.fixture(scope="session")
def run_sh() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Calls run.sh in the environment that the tests run in."""

    def call(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", str(ROOT / "run.sh"), *map(str, arguments)]
        variables = {**os.environ, "SERNET_ENV": "current", **environment}
        variables.pop("SERNET_CORPORA", None)
        return subprocess.run(command, env=variables | environment, capture_output=True, text=True, timeout=600)

    return call

"""path.sh: an environment that somebody uses is not made anew, and who uses it is named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In place of the interpreter that path.sh is told to use: an environment made without a download.
PYTHON = """#!/usr/bin/env bash
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && touch "$3/made" ;;
  "-m pip") ;;
  *) exec {python} "$@" ;;
esac
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of what path.sh needs, with its environment made."""
    for name in ("path.sh", "sernet"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "path.sh").unlink()  # it finds its folder by its own place
    (tmp_path / "path.sh").write_text((ROOT / "path.sh").read_text())
    (tmp_path / "requirements.txt").write_text("one\n")
    (tmp_path / "python").write_text(PYTHON.format(python=sys.executable))
    (tmp_path / "python").chmod(0o755)
    made = source(tmp_path)
    assert made.returncode == 0, made.stderr
    assert "making the environment" in made.stderr
    return tmp_path


def command(house: Path, then: str) -> list[str]:
    return ["bash", "-euo", "pipefail", "-c", f". {house}/path.sh; {then}"]


def variables(house: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERNET_")}
    return kept | {"SERNET_PYTHON": str(house / "python"), "PYTHONPATH": ""}


def source(house: Path, then: str = "python -c 'print(\"there\")'") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(house, then), env=variables(house), capture_output=True, text=True, timeout=60)


@contextmanager
def user(house: Path, arguments: list[str]) -> Iterator[int]:
    """A process that says `ready`, then waits for its input."""
    process = subprocess.Popen(
        arguments, env=variables(house), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin and process.stdout and process.stdout.readline() == b"ready\n"
    try:
        yield process.pid
    finally:
        process.communicate(b"\n")


@pytest.mark.parametrize("who", ["a script", "what a script becomes", "a job that it left behind"])
def test_an_environment_in_use_is_left_alone(house: Path, who: str) -> None:
    python = "import sys; print('ready', flush=True); input()"
    job = f"import sys; sys.prefix = '{house}/.venv'; from sernet.pipeline import environment; environment.hold(); "
    wait = {
        "a script": command(house, "echo ready; read -r _"),
        "what a script becomes": command(house, f'exec python -c "{python}"'),
        "a job that it left behind": [str(house / "python"), "-c", f"{job}{python}"],
    }
    if who.startswith("a job"):
        wait[who] = ["env", f"PYTHONPATH={ROOT}", *wait[who]]
    (house / ".venv" / "theirs").touch()
    with user(house, wait[who]) as pid:
        (house / "requirements.txt").write_text("one\ntwo\n")
        refused = source(house)
        assert refused.returncode == 1 and "there" not in refused.stdout
        assert f"is in use by process {pid} (" in refused.stderr and "wait until that has ended" in refused.stderr
        assert (house / ".venv" / "theirs").exists()
    made = source(house)
    assert made.returncode == 0 and made.stdout == "there\n"
    assert (house / ".venv" / "made").exists() and not (house / ".venv" / "theirs").exists()


def test_users_do_not_stand_in_each_others_way(house: Path) -> None:
    with user(house, command(house, "echo ready; read -r _")):
        again = source(house)
        assert again.returncode == 0 and again.stdout == "there\n" and "making" not in again.stderr


def test_a_shell_that_a_person_works_in_holds_nothing(house: Path) -> None:
    shell = ["bash", "--norc", "-i", "-c", f". {house}/path.sh; echo ready; read -r _; . {house}/path.sh; echo $?"]
    with user(house, shell):
        (house / "requirements.txt").write_text("one\ntwo\n")
        assert source(house).returncode == 0


def test_a_folder_that_is_not_ours_is_never_emptied(house: Path) -> None:
    (house / "other").mkdir()
    (house / "other" / "thesis.tex").touch()
    refused = subprocess.run(
        command(house, "true"),
        env=variables(house) | {"SERNET_ENV": str(house / "other")},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1 and "is there and not sernet's" in refused.stderr
    assert [path.name for path in (house / "other").iterdir()] == ["thesis.tex"]

"""Which revision of the code this is, and who works with it."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def revision(root: Path) -> str:
    """The commit of the repository in ``root``, marked where files differ from it; "unknown" where there is none."""
    head, changed = _git(root, "rev-parse", "--short=12", "HEAD"), _git(root, "status", "--porcelain")
    if head is None or changed is None:
        return UNKNOWN
    return head + (" with changes" if changed else "")


def user(root: Path) -> str:
    """The name of who works here: git's user.name, or the login."""
    if name := _git(root, "config", "user.name"):
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this number
        return UNKNOWN


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()

"""Where the user stands: the scripts of this folder change to the repository before they start Python."""

from __future__ import annotations

import os
from pathlib import Path


def callers(path: str) -> Path:
    """A path as the user gave it, made absolute from the folder in which they called the script."""
    return Path(os.path.abspath(Path(os.environ.get("SERNET_CALLER", "."), path).expanduser()))

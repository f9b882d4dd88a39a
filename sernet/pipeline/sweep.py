"""Removes what killed processes left half-written: the temporaries of `files.atomic`, which nothing ever reads."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

LEFTOVER = re.compile(r"\..+\.\d+\.part(\.\w+)?|\..+\.old\.\w{8}")
"""Names that `files.atomic` gives to what is not whole yet, and to what a folder has replaced."""


def sweep(folder: Path) -> int:
    """Remove such temporaries below ``folder``, which must be locked: nobody else may be writing there.

    Returns:
        How many there were.
    """
    found = 0
    for place, folders, names in os.walk(folder):
        for name in [name for name in folders if LEFTOVER.fullmatch(name)]:
            folders.remove(name)
            shutil.rmtree(Path(place, name))
            found += 1
        for name in [name for name in names if LEFTOVER.fullmatch(name)]:
            Path(place, name).unlink()
            found += 1
    return found

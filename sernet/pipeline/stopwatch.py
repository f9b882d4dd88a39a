"""How long stages took, for the report; no result hangs on it."""

from __future__ import annotations

import math
from pathlib import Path

from sernet.errors import SernetError
from sernet.pipeline.reading import read_json

FILE = "stages.json"


def read(path: Path) -> dict[str, float]:
    """Stage -> seconds. What is damaged is not known."""
    try:
        known = read_json(path)
    except SernetError:
        return {}
    times = known.items() if isinstance(known, dict) else ()
    return {name: value for name, value in times if type(value) in (int, float) and math.isfinite(value)}

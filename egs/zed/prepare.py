"""ZED.json: for each recording its file, duration and one emotional stretch; what is around that is neutral.

python egs/zed/prepare.py ROOT >zed.rttm     the reference of all recordings, for `sernet timeline --reference`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sernet.corpus.entries import Entry
from sernet.errors import SernetError
from sernet.timeline.formats import rttm
from sernet.timeline.segments import Segment

LISTS = ("ZED.json",)
NAMES = {"happy": "happiness", "sad": "sadness", "angry": "anger"}


def prepare(root: Path) -> Iterator[Entry]:
    """The recordings; what is felt in them lies in their stretches."""
    for name, path, _ in recordings(root):
        yield Entry(path=path, name=name)


def recordings(root: Path) -> Iterator[tuple[str, str, list[Segment]]]:
    """Name, path below ``root`` and stretches of each recording.

    Raises:
        SernetError: there is no ZED.json, or an entry of it is not as documented (named).
    """
    path = root / "ZED.json"
    if not path.is_file():
        raise SernetError(f"{path} is not there: see egs/zed/README.md for how to get it")
    for name, entry in sorted(json.loads(path.read_text(encoding="utf-8")).items()):
        try:
            yield name, entry["wav"].replace("datafolder/", "").lstrip("/"), _stretches(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise SernetError(f"{path}: {name}: not as its authors' code reads it ({error!r})") from error


def _stretches(entry: dict[str, Any]) -> list[Segment]:
    (emotion,) = entry["emotion"]
    start, end, duration = float(emotion["start"]), float(emotion["end"]), float(entry["duration"])
    found = [(0.0, start, "neutral"), (start, min(end, duration), NAMES[emotion["emo"]]), (end, duration, "neutral")]
    return [Segment(*segment) for segment in found if segment[1] > segment[0]]


if __name__ == "__main__":
    try:
        for _, audio, segments in recordings(Path(sys.argv[1])):
            sys.stdout.write(rttm(Path(audio).stem, segments))
    except SernetError as error:
        sys.exit(str(error))

"""ZED.json: for each recording its file, duration and one emotional stretch; what is around that is neutral.

python egs/zed/prepare.py ROOT DIR

makes DIR/zed.rttm, the reference for `sernet timeline --reference`, and in DIR/wav a link to each recording, by its
name in ZED.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sernet.corpus.entries import Entry
from sernet.errors import SernetError
from sernet.pipeline.files import write_text
from sernet.timeline.formats import rttm, rttm_name
from sernet.timeline.segments import Segment

LISTS = ("ZED.json",)
NAMES = {"h": "happiness", "s": "sadness", "a": "anger", "n": "neutral"}
"""By the first letter, which is all that the authors' code looks at."""


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
    try:
        listed = sorted(json.loads(path.read_text(encoding="utf-8")).items())
    except (ValueError, AttributeError) as error:
        raise SernetError(f"{path} is not a mapping in JSON: {error}") from error
    for name, entry in listed:
        try:
            yield name, entry["wav"].replace("datafolder", "").lstrip("/"), _stretches(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SernetError(f"{path}: {name}: not as its authors' code reads it ({error!r})") from error


def _stretches(entry: dict[str, Any]) -> list[Segment]:
    (emotion,) = entry["emotion"]
    start, end, duration = float(emotion["start"]), float(emotion["end"]), float(entry["duration"])
    label = NAMES[emotion["emo"][0].lower()]
    found = [(0.0, start, "neutral"), (start, min(end, duration), label), (end, duration, "neutral")]
    return [Segment(*segment) for segment in found if segment[1] > segment[0]]


def gather(root: Path, target: Path) -> int:
    """Write ``target``/zed.rttm and links to the recordings below ``target``/wav; returns how many there are.

    Raises:
        SernetError: as `recordings`; a recording's file is not there.
    """
    lines, folder = [], target / "wav"
    folder.mkdir(parents=True, exist_ok=True)
    for name, audio, segments in recordings(root):
        source = (root / audio).resolve()
        if not source.is_file():
            raise SernetError(f"{root / 'ZED.json'}: {name}: its file {source} is not there")
        own = rttm_name(name.removesuffix(source.suffix)).replace("/", "_")
        link = folder / f"{own}{source.suffix}"
        link.unlink(missing_ok=True)
        link.symlink_to(source)
        lines.append(rttm(own, segments))
    write_text(target / "zed.rttm", "".join(lines))
    return len(lines)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("python egs/zed/prepare.py ROOT DIR: ROOT holds ZED.json, DIR is made")
    try:
        print(f"{gather(Path(sys.argv[1]), Path(sys.argv[2]))} recordings in {sys.argv[2]}")
    except SernetError as error:
        sys.exit(str(error))

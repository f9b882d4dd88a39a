"""A Lhotse CutSet: cuts.jsonl.gz or cuts.jsonl of MonoCuts, each with one supervision on recordings in files.

Read as JSON, a line at a time, without Lhotse. Emotions are looked for in `custom` of the supervision, then of the cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sernet.corpus.cut_lines import audio_file, read_cut_lines
from sernet.corpus.entries import Entry
from sernet.corpus.imports.common import Places, piece, utterance
from sernet.errors import SernetError

NEGLIGIBLE = 1e-3  # seconds between a cut's duration and its recording's that are rounding


def read(root: Path, file: str, corpus: str = "", emotion: str = "emotion") -> Iterator[Entry]:
    """The cuts of ``root / file`` in their order; ``emotion`` is the key of the label in `custom`.

    Raises:
        SernetError: a cut that is not a piece of one audio file with one supervision; names file, line and cut.
    """
    places = Places(root, (root / file).parent)
    for place, cut in read_cut_lines(root / file):
        where = f"{place}: {cut.get('id')}"
        source, supervision = audio_file(cut, place), _supervision(cut, where)
        custom = {**(cut.get("custom") or {}), **(supervision.get("custom") or {})}
        start, duration = _part(cut, supervision)
        for key in (emotion, "intensity", "session"):
            if isinstance(custom.get(key), dict | list):
                raise SernetError(f"{where}: custom.{key} is not one value: {str(custom[key])[:60]}")
        whole = start == 0 and abs(duration - float(cut["recording"]["duration"])) < NEGLIGIBLE
        said: dict[str, Any] = {key: supervision.get(key) for key in ("speaker", "gender", "language", "text")}
        said |= {"emotion_raw": custom.get(emotion), "intensity": custom.get("intensity")}
        said |= {"session": custom.get("session")}
        said = {key: None if value is None else str(value) for key, value in said.items()}
        said |= {} if whole else piece(start, None, duration, where)
        yield utterance(
            places.path(source, where),
            corpus=corpus,
            identity=cut["id"],
            whole=whole,
            **said,
        )


def _part(cut: dict[str, Any], supervision: dict[str, Any]) -> tuple[float, float]:
    """Start and duration, in the recording, of what is labelled: the supervision, where that is a part of the cut."""
    start, duration = float(cut.get("start", 0)), float(cut["duration"])
    first, lasting = float(supervision.get("start", 0)), float(supervision.get("duration", duration))
    if abs(first) < NEGLIGIBLE and abs(lasting - duration) < NEGLIGIBLE:
        return start, duration
    end = min(first + lasting, duration)
    first = max(0.0, first)
    return round(start + first, 6), round(end - first, 6)


def channel(root: Path, file: str) -> int:
    """The channel that all cuts are taken from.

    Raises:
        SernetError: they are taken from different ones.
    """
    found = {str(cut.get("channel", 0)) for _, cut in read_cut_lines(root / file)}
    if len(found) > 1 or not all(name.isdecimal() for name in found):
        raise SernetError(f"{root / file}: channels {', '.join(sorted(found))}; a corpus is read from one channel")
    return int(next(iter(found), 0))


def _supervision(cut: dict[str, Any], where: str) -> dict[str, Any]:
    supervisions = cut.get("supervisions") or []
    if len(supervisions) != 1:
        raise SernetError(
            f"{where}: has {len(supervisions)} supervisions; trim_to_supervisions() of Lhotse makes one each"
        )
    return dict(supervisions[0])

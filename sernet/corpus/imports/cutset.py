"""A Lhotse CutSet: cuts.jsonl.gz or cuts.jsonl of MonoCuts, each with one supervision on recordings in files.

Read as JSON, a line at a time, without Lhotse. Emotions are looked for in `custom` of the supervision, then of the cut.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sernet.corpus.entries import Entry
from sernet.corpus.imports.common import Places, utterance
from sernet.errors import SernetError

NEGLIGIBLE = 1e-3  # seconds between a cut's duration and its recording's that are rounding


def read(root: Path, file: str, corpus: str = "", emotion: str = "emotion") -> Iterator[Entry]:
    """The cuts of ``root / file`` in their order; ``emotion`` is the key of the label in `custom`.

    Raises:
        SernetError: a cut that is not a piece of one audio file with one supervision; names file, line and cut.
    """
    places = Places(root, (root / file).parent)
    for number, cut in _cuts(root / file):
        where = f"{root / file}:{number}: {cut.get('id')}"
        source, supervision = _source(cut, where), _supervision(cut, where)
        custom = {**(cut.get("custom") or {}), **(supervision.get("custom") or {})}
        start, duration = float(cut["start"]), float(cut["duration"])
        whole = start == 0 and abs(duration - float(cut["recording"]["duration"])) < NEGLIGIBLE
        yield utterance(
            places.path(source, where),
            corpus=corpus,
            identity=cut["id"],
            speaker=supervision.get("speaker"),
            whole=whole,
            gender=supervision.get("gender"),
            emotion_raw=custom.get(emotion),
            language=supervision.get("language"),
            text=supervision.get("text"),
            intensity=custom.get("intensity"),
            session=custom.get("session"),
            **({} if whole else {"start": start, "duration": duration}),
        )


def channel(root: Path, file: str) -> int:
    """The channel that all cuts are taken from.

    Raises:
        SernetError: they are taken from different ones.
    """
    found = {cut.get("channel", 0) for _, cut in _cuts(root / file)}
    if len(found) > 1 or not all(isinstance(number, int) for number in found):
        raise SernetError(f"{root / file}: channels {found}; a corpus is read from one channel")
    return int(next(iter(found), 0))


def _cuts(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as stream:
        try:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, json.loads(line)
        except (json.JSONDecodeError, EOFError, gzip.BadGzipFile) as error:
            raise SernetError(f"{path}: is not JSON lines: {error}") from error


def _source(cut: dict[str, Any], where: str) -> str:
    recording = cut.get("recording") or {}
    sources = recording.get("sources") or []
    if cut.get("type", "MonoCut") != "MonoCut" or len(sources) != 1 or sources[0].get("type") != "file":
        raise SernetError(
            f"{where}: is not a MonoCut of one audio file ({cut.get('type')} of "
            f"{[source.get('type') for source in sources] or 'no recording'}); save_audios() of Lhotse makes such"
        )
    if recording.get("transforms"):
        raise SernetError(
            f"{where}: its recording is changed on the fly (transforms); save_audios() of Lhotse writes it"
        )
    return str(sources[0]["source"])


def _supervision(cut: dict[str, Any], where: str) -> dict[str, Any]:
    supervisions = cut.get("supervisions") or []
    if len(supervisions) != 1:
        raise SernetError(
            f"{where}: has {len(supervisions)} supervisions; trim_to_supervisions() of Lhotse makes one each"
        )
    return dict(supervisions[0])

"""MSP-IMPROV: the consensus of the raters from Evalution.txt; speaker, session and kind of turn from the names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sernet.corpus.entries import Entry
from sernet.errors import SernetError

NAMES = ("Evalution.txt", "Evaluation.txt")
"""The first is how the release spells it."""
LABEL = re.compile(r"UTD-(IMPROV-(S\d\d[AHNS])-([FM]0(\d))-([PRST])-[FM]{2}\d\d)\.avi; *([A-Z]);.*")


def inputs(root: Path) -> list[Path]:
    """The files that the utterances hang on."""
    return [_labels(root)]


def prepare(root: Path) -> Iterator[Entry]:
    """One utterance a turn; the raters' own lines, between the turns, are passed over.

    Raises:
        SernetError: no file of labels, or a turn whose line is not of the release's form; names file and line.
    """
    labels = _labels(root)
    folder = "Audio/" if (root / "Audio").is_dir() else ""
    for number, line in enumerate(labels.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not line.startswith("UTD-"):
            continue
        match = LABEL.fullmatch(line.strip())
        if not match:
            raise SernetError(f"{labels}:{number}: not `UTD-IMPROV-<turn>.avi; <label>; ...`: {line!r}")
        turn, scenario, speaker, session, kind, emotion = match.groups()
        yield Entry(
            path=f"{folder}session{session}/{scenario}/{kind}/MSP-{turn}.wav",
            speaker=speaker,
            emotion_raw=emotion,
            session=session,
        )


def _labels(root: Path) -> Path:
    for name in NAMES:
        if (root / name).is_file():
            return root / name
    raise SernetError(f"{root}: neither {' nor '.join(NAMES)}; the labels of the release are missing")

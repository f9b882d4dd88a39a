"""What all writers start from: the utterances of data/<corpus>, a line at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import soundfile

from sernet.corpus.audio import load_audio
from sernet.corpus.cut_lines import read_cut_lines
from sernet.corpus.utterances import Indexed, Source, Utterance, of_cut, of_line, source_of
from sernet.errors import SernetError

NEGLIGIBLE = 1e-3  # seconds


@dataclass(frozen=True)
class Row:
    """An utterance, where its audio lies, and whether it is a whole file."""

    utterance: Utterance
    source: Source
    recording: str
    whole: bool
    channels: int


def rows(folder: Path) -> Iterator[Row]:
    """The utterances of data/<corpus>, in the order of their ids.

    Raises:
        SernetError: stage 1 has not made it.
    """
    path = folder / "cuts.jsonl.gz"
    if not path.exists():
        raise SernetError(f"{folder} is not there: prepare the corpus first (bash run.sh --stop-stage prepare)")
    for where, cut in read_cut_lines(path):
        yield of_line(_row, cut, where)


def _row(cut: dict[str, Any]) -> Row:
    utterance, recording = of_cut(cut), cut["recording"]
    if utterance.speaker == utterance.id:
        utterance = replace(utterance, speaker=None)
    return Row(
        utterance,
        source_of(cut),
        recording["id"],
        whole=cut["start"] == 0 and abs(cut["duration"] - recording["duration"]) < NEGLIGIBLE,
        channels=len(recording["channel_ids"]),
    )


def place(row: Row, folder: Path, copy: bool) -> Path:
    """Put the audio of one utterance into ``folder`` under its id, and say where.

    A whole file of one channel is linked to (with ``copy``: copied); pieces and single channels are written as WAV.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = Path(row.source.path)
    if row.whole and row.channels == 1:
        target = folder / f"{row.utterance.id}{source.suffix.lower()}"
        if copy:
            target.write_bytes(source.read_bytes())
        else:
            os.symlink(source.resolve(), target)
        return target
    target = folder / f"{row.utterance.id}.wav"
    samples, rate = load_audio(Indexed(row.utterance, "", source=row.source))
    soundfile.write(target, samples, rate, subtype="FLOAT")
    return target

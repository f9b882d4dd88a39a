"""The cuts of stage 1, one at a time: for what must not hold a whole corpus in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet.corpus.cut_lines import read_cut_lines
from sernet.corpus.utterances import Indexed, Utterance, indexed, of_line


@dataclass(frozen=True)
class Listed(Indexed):
    """An utterance with what folds alone ask for."""

    split: str | None = None
    """The release's own part."""
    recording: str | None = None
    """The recording that it is a segment of; None: the recording is all its own."""


class Cuts:
    """The utterances of a cuts.jsonl.gz of ours, in its order, read anew each time one goes through them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[Listed]:
        for where, cut in read_cut_lines(self._path):
            yield of_line(_listed, cut, where)


def _listed(cut: dict[str, Any]) -> Listed:
    split = cut["supervisions"][0]["custom"].get("split")
    recording = cut["recording"]["id"] if "recording" in cut else cut["id"]
    segment = None if recording == cut["id"] else recording
    return Listed(**vars(indexed(cut)), split=split, recording=segment)


def speaker_of(utterance: Utterance) -> str | None:
    """Who speaks; None where stage 1 made the utterance its own speaker because nobody is named."""
    return None if utterance.speaker == utterance.id else utterance.speaker

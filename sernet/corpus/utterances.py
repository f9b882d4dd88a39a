"""Utterances as training and scoring see them: a light record, read without Lhotse or torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sernet.corpus.cut_lines import audio_file, read_cut_lines
from sernet.errors import SernetError

T = TypeVar("T")


@dataclass(frozen=True)
class Utterance:
    """What the manifests say of one utterance; None where they say nothing. `duration` is in seconds."""

    id: str
    corpus: str
    speaker: str | None = None
    emotion: str | None = None
    gender: str | None = None
    language: str | None = None
    intensity: str | None = None
    text: str | None = None
    session: str | None = None
    duration: float = 0.0


@dataclass(frozen=True)
class Source:
    """Where an utterance's audio lies: file, channel, start in seconds."""

    path: str
    channel: int
    start: float


@dataclass(frozen=True)
class Indexed:
    """An utterance and where it lies: digest of its samples, and of its features with their place in the ark.

    The cuts of stage 1 know the audio's `source`, those of stage 2 the features.
    """

    utterance: Utterance
    audio: str
    features: str | None = None
    offset: int = -1
    source: Source | None = None


def read_cuts(path: Path) -> list[Indexed]:
    """The utterances of a cuts.jsonl.gz of ours, in its order.

    Raises:
        SernetError: a line is not a cut of ours, or its audio is not a file; names file and line.
    """
    return [of_line(indexed, cut, where) for where, cut in read_cut_lines(path)]


def of_line(read: Callable[[dict[str, Any]], T], cut: dict[str, Any], where: str) -> T:
    """What ``read`` makes of a cut of ours.

    Raises:
        SernetError: the cut lacks something that ``read`` needs; begins with ``where``.
    """
    try:
        return read(cut)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        missing = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        if isinstance(error, ValidationError):
            fault = error.errors(include_url=False)[0]
            missing = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        raise SernetError(f"{where}: is not a cut that sernet wrote: {missing}") from error


def of_cut(cut: dict[str, Any]) -> Utterance:
    """What a line of a cuts.jsonl.gz of ours says of its utterance; one without a speaker has its own id as speaker."""
    supervision = cut["supervisions"][0]
    custom = supervision["custom"]
    said = {
        "id": cut["id"],
        "corpus": custom["corpus"],
        "speaker": supervision["speaker"],
        "emotion": custom.get("emotion"),
        "gender": supervision.get("gender"),
        "language": supervision.get("language"),
        "intensity": custom.get("intensity"),
        "text": supervision.get("text"),
        "session": custom.get("session"),
        "duration": cut["duration"],
    }
    return _UTTERANCE.validate_python(said)


def source_of(cut: dict[str, Any]) -> Source:
    """Where the audio of a line of a cuts.jsonl.gz of ours lies."""
    said = {"path": audio_file(cut, str(cut["id"])), "channel": cut["channel"], "start": cut["start"]}
    return _SOURCE.validate_python(said)


def indexed(cut: dict[str, Any]) -> Indexed:
    """A line of a cuts.jsonl.gz of ours: of stage 1 with its audio, of stage 2 with its features."""
    utterance, audio = of_cut(cut), cut["supervisions"][0]["custom"]["audio"]
    features = cut.get("features")
    if features is None:
        return Indexed(utterance, audio, source=source_of(cut))
    return Indexed(utterance, audio, str(cut["custom"]["features_digest"]), int(features["storage_key"]))


_UTTERANCE, _SOURCE = TypeAdapter(Utterance), TypeAdapter(Source)
"""They hold values against the types above."""

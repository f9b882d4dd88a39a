"""The lines of a cut manifest, whoever wrote it: JSON whose audio is a file.

A manifest is data, and Lhotse would run a source of type `command` in it, download one of type `url`, or apply
transforms that it names. So every manifest is read here, and what is not one audio file is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sernet.config.base import validate
from sernet.errors import SernetError
from sernet.pipeline.reading import read_jsonl


def read_cut_lines(path: Path, kinds: Collection[str] = ("MonoCut",)) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cuts of a manifest, as JSON has them, and where each is: `path:line`.

    Each has its audio in a file, or no audio where it has features; see `audio_file`.

    Raises:
        SernetError: the manifest cannot be read, or a cut is not of that kind or has values of other types; names file
            and line.
    """
    for where, cut in read_jsonl(path):
        if "recording" in cut or "features" not in cut:
            audio_file(cut, where, kinds)
        check(cut, where)
        yield where, cut


def check(cut: dict[str, Any], where: str) -> None:
    """Hold the values of a cut against the types that Lhotse writes; what it may lack may be absent.

    Raises:
        SernetError: begins with ``where``, names the key.
    """
    validate(_Cut, cut, f"{where}: {_shown(cut.get('id'))}", SernetError)


def check_supervision(supervision: dict[str, Any], where: str) -> None:
    """The same of a line of supervisions.

    Raises:
        SernetError: begins with ``where``, names the key.
    """
    validate(_Segment, supervision, where, SernetError)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Supervision(_Part):
    """Who speaks; speakers and languages that are numbers are taken for their names."""

    speaker: str | int | None = None
    gender: str | None = None
    language: str | int | None = None
    text: str | None = None
    custom: dict[str, Any] | None = None


class _Segment(_Supervision):
    """A supervision that stands by itself."""

    id: str = Field(min_length=1)
    recording_id: str = Field(min_length=1)
    start: float = Field(ge=0)
    duration: float = Field(gt=0)
    channel: int = 0


class _Recording(_Part):
    id: str | None = None
    duration: float = Field(gt=0)
    sampling_rate: float | None = Field(None, gt=0)
    num_samples: int | None = Field(None, ge=0)
    channel_ids: list[int] | None = None


class _Features(_Part):
    storage_key: str


class _Cut(_Part):
    id: str = Field(min_length=1)
    start: float = Field(0.0, ge=0)
    duration: float = Field(gt=0)
    channel: Annotated[int, Field(ge=0)] | list[Annotated[int, Field(ge=0)]] = 0
    supervisions: list[_Supervision] | None = None
    recording: _Recording | None = None
    features: _Features | None = None
    custom: dict[str, Any] | None = None


def audio_file(cut: dict[str, Any], where: str, kinds: Collection[str] = ("MonoCut",)) -> str:
    """The path of the file that a cut's audio lies in.

    Raises:
        SernetError: the cut is of another kind, has no recording, or its recording is not one file that is read as it
            is: a command, an address, audio in the manifest itself, several sources, transforms. Begins with ``where``.
    """
    where = f"{where}: {_shown(cut.get('id'))}"
    if (kind := cut.get("type", "MonoCut")) not in kinds:
        raise SernetError(f"{where}: {_not_a_file(f'it is a {_shown(kind)}')}")
    recording = cut.get("recording")
    if not isinstance(recording, dict):
        raise SernetError(
            f"{where}: the cut carries no recording; give cuts with audio, as in data/<corpus>/cuts.jsonl.gz"
        )
    if recording.get("transforms"):
        raise SernetError(f"{where}: {_not_a_file('its recording is changed on the fly: transforms')}")
    sources = recording.get("sources")
    if not isinstance(sources, list) or len(sources) != 1 or not isinstance(sources[0], dict):
        number = len(sources) if isinstance(sources, list) else "no list of"
        raise SernetError(f"{where}: {_not_a_file(f'it has {number} sources')}")
    kind, path = sources[0].get("type"), sources[0].get("source")
    if kind != "file":
        raise SernetError(f"{where}: {_not_a_file(f'its source is of type {_shown(kind)}')}")
    if not isinstance(path, str) or not path or "\0" in path:
        raise SernetError(f"{where}: its source is not the path of a file")
    return path


def _not_a_file(why: str) -> str:
    return (
        f"is not a MonoCut of one audio file ({why}); only a recording of one file is read, as it is, and nothing is "
        "run or fetched: save_audios() of a Lhotse CutSet writes such cuts to files"
    )


def _shown(value: object) -> str:
    """A value of a stranger's, short enough for a message."""
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

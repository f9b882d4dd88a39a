"""Made recordings and their windows on disk."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from pydantic import Field

from sernet.config.base import Strict, validate
from sernet.config.features import FeatureConfig
from sernet.corpus.audio import load_audio
from sernet.corpus.utterances import Indexed
from sernet.errors import SernetError
from sernet.features import ark
from sernet.features.fbank import extract
from sernet.pipeline.arrays import read_npz
from sernet.pipeline.files import atomic, write_text
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_jsonl
from sernet.timeline.made import Plan, join
from sernet.timeline.segments import Segment
from sernet.timeline.windows import Windows


@dataclass(frozen=True)
class Recording:
    """A made recording: who speaks, in which pattern, its duration in seconds, its reference, its place in the ark."""

    id: str
    speaker: str
    pattern: str
    duration: float
    reference: tuple[Segment, ...]
    offset: int

    def emotion(self, quiet: Collection[str]) -> str:
        """The one label of the recording as a whole: its emotion, or what is quiet where it has none."""
        return next(
            (segment.label for segment in self.reference if segment.label not in quiet), self.reference[0].label
        )


def make(plans: Sequence[Plan], items: Mapping[str, Indexed], features: FeatureConfig, path: Path) -> int:
    """Join the recordings and write their FBanks to the ark ``path``, with an index beside it as .jsonl."""
    lines = []
    with atomic(path) as temporary, open(temporary, "wb") as stream:
        for wanted in track(plans, description="joining"):
            pieces = [load_audio(items[identity]) for identity, _ in wanted.pieces]
            labels = [label for _, label in wanted.pieces]
            samples, reference = join(pieces, labels, features.sample_rate)
            offset = ark.append(stream, wanted.id, extract(samples, features), features.storage)
            lines.append(
                {
                    "id": wanted.id,
                    "speaker": wanted.speaker,
                    "pattern": wanted.pattern,
                    "pieces": [identity for identity, _ in wanted.pieces],
                    "duration": len(samples) / features.sample_rate,
                    "reference": [segment[:3] for segment in reference],
                    "offset": offset,
                }
            )
    write_text(path.with_suffix(".jsonl"), "".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def read_index(path: Path) -> list[Recording]:
    """The recordings whose index lies beside the ark ``path``.

    Raises:
        SernetError: it is missing or damaged; names the line.
    """
    lines = [validate(_Line, line, where, SernetError) for where, line in read_jsonl(path.with_suffix(".jsonl"))]
    return [
        Recording(
            line.id,
            line.speaker,
            line.pattern,
            line.duration,
            tuple(Segment(*segment) for segment in line.reference),
            line.offset,
        )
        for line in lines
    ]


class _Line(Strict):
    """Of the index."""

    id: str
    speaker: str
    pattern: str
    pieces: list[str]
    duration: float = Field(gt=0)
    reference: list[tuple[float, float, str]] = Field(min_length=1)
    offset: int


def read_features(path: Path, recordings: Sequence[Recording]) -> Iterator[np.ndarray]:
    """Their FBanks ``(frames, bins)``, one after the other."""
    with open(path, "rb") as stream:
        for item in recordings:
            yield ark.read_stream(stream, item.offset, 0, None, str(path), item.id)


def save_windows(path: Path, windows: Sequence[Windows]) -> None:
    """Write the windows of several recordings, without pickle, whole or not at all."""
    names = [field.name for field in fields(Windows) if field.name != "duration"]
    arrays = {name: np.concatenate([getattr(item, name) for item in windows]) for name in names}
    with atomic(path) as temporary:
        np.savez_compressed(
            temporary,
            duration=np.array([item.duration for item in windows]),
            frames=np.array([len(item.level) for item in windows]),
            **arrays,
        )


def load_windows(path: Path) -> list[Windows]:
    """What `save_windows` wrote.

    Raises:
        SernetError: the file is missing or damaged.
    """
    again = "run the stage timeline again"
    names = [field.name for field in fields(Windows) if field.name != "duration"]
    arrays = read_npz(path, ["duration", "frames", *names], again)
    frames, sizes = arrays["frames"], {arrays[name].shape[:1] for name in names}
    right = frames.dtype.kind == "i" and frames.ndim == 1 and (frames >= 0).all() and sizes == {(int(frames.sum()),)}
    if not right or arrays["duration"].shape != frames.shape or any(a.dtype.kind not in "if" for a in arrays.values()):
        raise SernetError(f"{path} does not hold windows (other types or shapes): remove it, and {again}")
    edges = np.cumsum(frames)[:-1]
    parts = zip(*(np.split(arrays[name], edges) for name in names))
    return [Windows(float(duration), *part) for duration, part in zip(arrays["duration"], parts)]

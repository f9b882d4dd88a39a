"""The far sets of one fold on disk: an ark of FBanks and an index, shared by all systems and seeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import Field

from sernet.config.base import Strict, validate
from sernet.config.ood import OodSetConfig
from sernet.corpus.audio import load_audio
from sernet.corpus.utterances import Indexed, Utterance
from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.features import ark
from sernet.features.extraction import storage
from sernet.features.front_ends import FrontEnd
from sernet.ood.matching import BINS, Recording, Reference
from sernet.ood.sets import make_clips
from sernet.pipeline.files import atomic, write_text
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_jsonl


def make_set(
    name: str,
    config: OodSetConfig,
    id_test: Sequence[Indexed],
    clips: Sequence[Indexed],
    front_end: FrontEnd,
    path: Path,
) -> int:
    """Make the far set ``name`` for the ID test utterances ``id_test``; returns the number of its utterances.

    Args:
        clips: utterances of the corpus that it is made from, or whose sounds are added; none for synthetic sounds.
            Reversed, scrambled and corrupted speech are made from ``id_test`` itself.
        front_end: what makes features of samples.
        path: of the ark, <fold>/<name>.ark: clips are named after both. Its index lies beside it as .jsonl.
    """
    if config.source == "corrupted":  # matched to nothing
        reference = Reference([], np.zeros(BINS), front_end.sample_rate)
    else:
        reference = Reference.of((_recording(item) for item in id_test), front_end.sample_rate)
    sources = clips if config.source == "corpus" else id_test
    recordings, noises = ([_recording(item) for item in items] for items in (sources, clips))
    emotions = {item.utterance.id: item.utterance.emotion for item in id_test}
    lines = []
    with atomic(path) as temporary, open(temporary, "wb") as stream:
        made = make_clips(name, config, reference, recordings, noises, path.parent.name)
        for clip in track(made, description=name):
            matrix = front_end([np.asarray(clip.samples, dtype=np.float32)])[0]
            offset = ark.append(stream, clip.utt_id, matrix, storage(front_end.config))
            duration = len(clip.samples) / front_end.sample_rate
            line = {"id": clip.utt_id, "speaker": clip.speaker, "duration": duration, "offset": offset}
            lines.append(line | ({"emotion": emotions[clip.said]} if clip.said else {}))
    write_text(path.with_suffix(".jsonl"), "".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def load_set(path: Path) -> Examples:
    """The set at ``path``; its name stands for a corpus, and only corrupted speech has an emotion.

    Raises:
        SernetError: its ark or index is missing or damaged; names the line.
    """
    clips = [validate(_Clip, line, where, SernetError) for where, line in read_jsonl(path.with_suffix(".jsonl"))]
    utterances = [
        Utterance(
            id=clip.id, corpus=path.stem, speaker=clip.speaker or None, emotion=clip.emotion, duration=clip.duration
        )
        for clip in clips
    ]
    return Examples(utterances, ark.read_all(path, [(clip.offset, clip.id) for clip in clips]))


class _Clip(Strict):
    """A line of the index."""

    id: str
    speaker: str
    duration: float = Field(gt=0)
    offset: int
    emotion: str | None = None


def _recording(item: Indexed) -> Recording:
    # Only a speaker that several recordings share is one: unknown speakers are their own (Kaldi's way).
    speaker = item.utterance.speaker or ""
    return Recording(item.utterance.id, "" if speaker == item.utterance.id else speaker, partial(load_audio, item))

"""From utterances to Lhotse manifests; every file is read once, and what is wrong with it is said."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from lhotse import CutSet, MonoCut, Recording, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.audio import AudioSource

from sernet.config.corpus import CorpusConfig
from sernet.corpus.entries import SHOWN, BadAudio, Entry, clean, speaker_id
from sernet.errors import SernetError
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track


@dataclass(frozen=True)
class Manifests:
    """One corpus as Lhotse sees it. Ids are `<corpus>-<speaker>-<name>`, sorted as C sorts."""

    recordings: RecordingSet
    supervisions: SupervisionSet
    cuts: CutSet


@dataclass(frozen=True)
class _Audio:
    rate: int
    samples: int
    channels: int
    digest: str


def build(config: CorpusConfig, entries: list[Entry], root: Path) -> tuple[Manifests, list[BadAudio]]:
    """Manifests of all readable ``entries``, and the list of the others.

    A supervision's `custom` holds emotion (canonical), emotion_raw, corpus, intensity, session and `audio`, the
    SHA-256 of its samples. Utterances without a speaker are their own speaker, as Kaldi has it.

    Raises:
        SernetError: two utterances would have the same id.
    """
    ids = [utterance_id(config, entry) for entry in entries]
    _refuse_twins(config, ids, entries)
    recordings: dict[str, Recording] = {}
    supervisions, cuts, bad = [], [], []
    audio: dict[str, _Audio | str] = {}
    for identity, entry in track(sorted(zip(ids, entries, strict=True)), description=f"reading {config.name}"):
        if entry.path not in audio:
            audio[entry.path] = _examine(root / entry.path, config.channel)
        found = audio[entry.path]
        if isinstance(found, str):
            bad.append(BadAudio(identity, entry.path, found))
            continue
        whole = entry.name is None
        recording_id = identity if whole else f"{_prefix(config, entry)}-{clean(Path(entry.path).stem)}"
        recording = Recording(
            id=recording_id,
            sources=[AudioSource("file", list(range(found.channels)), str(root / entry.path))],
            sampling_rate=found.rate,
            num_samples=found.samples,
            duration=found.samples / found.rate,
            channel_ids=list(range(found.channels)),
        )
        recordings[recording_id] = recording
        duration = recording.duration - entry.start if entry.duration is None else entry.duration
        supervision = SupervisionSegment(
            id=identity,
            recording_id=recording_id,
            start=entry.start,
            duration=duration,
            channel=config.channel,
            text=entry.text,
            language=entry.language,
            speaker=_prefix(config, entry) if entry.speaker else identity,
            gender=entry.gender,
            custom=_custom(config, entry, found),
        )
        supervisions.append(supervision)
        cuts.append(
            MonoCut(
                id=identity,
                start=entry.start,
                duration=duration,
                channel=config.channel,
                recording=recording,
                supervisions=[supervision.with_offset(-entry.start)],
            )
        )
    manifests = Manifests(
        RecordingSet.from_recordings(recordings[key] for key in sorted(recordings)),
        SupervisionSet.from_segments(supervisions),
        CutSet.from_cuts(cuts),
    )
    return manifests, bad


def utterance_id(config: CorpusConfig, entry: Entry) -> str:
    """`<corpus>-<speaker>-<name>`: a speaker's utterances sort together, in Kaldi's C order."""
    path = Path(entry.path)
    name = entry.name or (path.stem if config.id == "name" else path.with_suffix("").as_posix())
    return f"{_prefix(config, entry)}-{clean(name)}"


def write(manifests: Manifests, folder: Path) -> None:
    """recordings.jsonl.gz, supervisions.jsonl.gz and cuts.jsonl.gz, the same bytes for the same content."""
    write_jsonl(folder / "recordings.jsonl.gz", manifests.recordings.to_dicts())
    write_jsonl(folder / "supervisions.jsonl.gz", manifests.supervisions.to_dicts())
    write_jsonl(folder / "cuts.jsonl.gz", manifests.cuts.to_dicts())


def write_jsonl(path: Path, items: Iterable[Any]) -> None:
    """Gzipped JSON lines without a time stamp inside, whole or not at all."""
    with atomic(path) as temporary, open(temporary, "wb") as raw:
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6) as stream:
            for item in items:
                stream.write((json.dumps(item, ensure_ascii=False) + "\n").encode())


def _prefix(config: CorpusConfig, entry: Entry) -> str:
    return speaker_id(config.name, entry.speaker) if entry.speaker else config.name


def _custom(config: CorpusConfig, entry: Entry, audio: _Audio) -> dict[str, Any]:
    custom = {
        "corpus": config.name,
        "emotion": entry.emotion,
        "emotion_raw": entry.emotion_raw,
        "intensity": entry.intensity,
        "session": entry.session,
        "audio": audio.digest,
    }
    return {key: value for key, value in custom.items() if value is not None}


def _examine(path: Path, channel: int) -> _Audio | str:
    """Rate, length and digest of a file's samples, or what is wrong with it."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        return f"cannot be read: {error}"
    if not len(samples):
        return "has no samples"
    if not np.isfinite(samples).all():
        return "holds samples that are not finite"
    if channel >= samples.shape[1]:
        return f"has {samples.shape[1]} channels; corpus.yaml takes channel {channel} (they count from 0)"
    digest = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
    return _Audio(rate, len(samples), samples.shape[1], digest)


def _refuse_twins(config: CorpusConfig, ids: list[str], entries: list[Entry]) -> None:
    first: dict[str, str] = {}
    twins = []
    for identity, entry in zip(ids, entries, strict=True):
        if identity in first:
            twins.append(f"{identity} ({first[identity]} and {entry.path})")
        first[identity] = entry.path
    if twins:
        more = f" and {len(twins) - SHOWN} more" if len(twins) > SHOWN else ""
        raise SernetError(f"{config.name}: utterances share an id: {', '.join(twins[:SHOWN])}{more}; try `id: path`")

"""Features of a corpus: extracted in splits that resume where they were killed, then merged into one ark."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.corpus.cut_lines import read_cut_lines
from sernet.corpus.kaldi_dir import write_table
from sernet.corpus.manifests import write_jsonl
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.errors import SernetError
from sernet.features import ark, split_index
from sernet.features.front_ends import FrontEnd, Settings, of_utterances
from sernet.features.split_index import Written
from sernet.pipeline.files import atomic, write_json
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_json, read_lines


def extract_split(
    cuts: Path,
    first: int,
    last: int,
    front_end: FrontEnd,
    out: Path,
    identity: str = "",
) -> None:
    """Extract utterances ``first`` to ``last`` of a cut manifest into ``out``.ark, with an index in ``out``.jsonl.

    Each utterance is indexed when it has been written. A killed split goes on after the last indexed one that is as it
    was written; the index begins with what it was made from, so that one of other cuts, settings or code
    (``identity``, the job's) is not taken up. Utterances that ``front_end`` computes together (`FrontEnd.block`) are
    the same ones in any split.

    Raises:
        SernetError: audio that could be read in stage 1 no longer can; names the utterance.
    """
    config = front_end.config
    made_from = _digest(cuts, json.dumps([first, last, identity, config.model_dump(mode="json")]))
    done = split_index.resume(out, made_from)
    if done:
        print(f"going on after {len(done)} finished utterances", flush=True)
    wanted = read_cuts(cuts)[first:last]
    if about := described(front_end):
        write_json(out.with_suffix(".about.json"), about)
    with open(out.with_suffix(".ark"), "a+b") as stream, open(out.with_suffix(".jsonl"), "ab") as lines:
        if not lines.tell():
            lines.write(split_index.first_line(made_from))
            lines.flush()
        features = _features(front_end, wanted, len(done))
        for item, matrix in track(features, total=len(wanted) - len(done), description="extracting"):
            begin = stream.tell()
            offset = ark.append(stream, item.utterance.id, matrix, storage(config))
            end = stream.tell()
            stream.seek(begin)
            stored = split_index.digest(stream.read(end - begin))
            content = split_index.digest(matrix.tobytes())
            lines.write(Written(item.utterance.id, offset, len(matrix), end, content, stored).line)
            lines.flush()
        os.fsync(stream.fileno())


def _features(front_end: FrontEnd, items: Sequence[Indexed], done: int) -> Iterator[tuple[Indexed, np.ndarray]]:
    """Each utterance from number ``done`` on with its features; a block that was begun is computed again, whole."""
    for start in range(done // front_end.block * front_end.block, len(items), front_end.block):
        block = items[start : start + front_end.block]
        made = list(zip(block, of_utterances(front_end, block), strict=True))
        yield from made[max(done - start, 0) :]


def described(front_end: FrontEnd) -> dict[str, Any]:
    """What later stages and reports must know of a pre-trained encoder; nothing of other front ends."""
    encoder = getattr(front_end, "encoder", None)
    if encoder is None:
        return {}
    about = {name: getattr(encoder, name) for name in ("layers", "dimensions", "hop", "parameters")}
    return about | {"bins": front_end.bins, "frame_shift": front_end.frame_shift}


def storage(config: Settings) -> str:
    """How numbers of these features lie in an ark."""
    return config.stored if isinstance(config, SpeechEncoderConfig) else config.storage


def merge(cuts: Path, splits: Sequence[Path], config: Settings, folder: Path) -> None:
    """Join splits, in order, into ``folder``: feats.ark, feats.scp, utt2num_frames and cuts.jsonl.gz.

    The result is the same to the byte for any number of splits.

    Raises:
        SernetError: an utterance has no features, or a split is damaged.
    """
    index: dict[str, Written] = {}
    with atomic(folder / "feats.ark") as temporary:
        with open(temporary, "wb") as joined:
            for split in splits:
                base = joined.tell()
                for entry in split_index.whole(split):
                    index[entry.id] = replace(entry, offset=base + entry.offset)
                _copy(split.with_suffix(".ark"), joined)
    if isinstance(config, SpeechEncoderConfig):
        about = read_json(splits[0].with_suffix(".about.json"))
        write_json(folder / "front_end.json", about)
        shape = about["bins"], about["frame_shift"]
    else:
        shape = config.bins, config.frame_shift
    wanted = [cut for _, cut in read_cut_lines(cuts)]
    absent = [cut["id"] for cut in wanted if cut["id"] not in index]
    if absent:
        raise SernetError(f"{folder}: {len(absent)} utterances have no features: {', '.join(absent[:5])}")
    write_table(folder / "feats.scp", {key: f"{folder / 'feats.ark'}:{entry.offset}" for key, entry in index.items()})
    write_table(folder / "utt2num_frames", {key: str(entry.frames) for key, entry in index.items()})
    lines = (_with_features(cut, index[cut["id"]], config, *shape) for cut in wanted)
    write_jsonl(folder / "cuts.jsonl.gz", lines)


def _with_features(
    cut: dict[str, Any], entry: Written, config: Settings, bins: int, frame_shift: float | None
) -> dict[str, Any]:
    """A cut of Lhotse with features in place of its recording; paths are relative to the manifest's folder."""
    features = {
        "type": "fbank" if isinstance(config, FeatureConfig) else config.name,
        "num_frames": entry.frames,
        "num_features": bins,
        "frame_shift": frame_shift or cut["duration"],
        "sampling_rate": config.sample_rate,
        "start": 0.0,
        "duration": cut["duration"],
        "storage_type": "sernet_ark",
        "storage_path": "feats.ark",
        "storage_key": str(entry.offset),
        "recording_id": cut["recording"]["id"],
        "channels": 0,
    }
    return {
        "id": cut["id"],
        "start": 0.0,
        "duration": cut["duration"],
        "channel": 0,
        "supervisions": [supervision | {"channel": 0} for supervision in cut["supervisions"]],
        "features": features,
        "custom": {"features_digest": entry.digest},
        "type": "MonoCut",
    }


def _digest(cuts: Path, more: str) -> str:
    """Of a manifest, unpacked, and of ``more``."""
    digest = hashlib.sha256()
    for _, line in read_lines(cuts):
        digest.update(f"{line}\n".encode("utf-8", "surrogateescape"))
    digest.update(more.encode())
    return digest.hexdigest()


def _copy(source: Path, target: BinaryIO) -> None:
    with open(source, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 22), b""):
            target.write(block)

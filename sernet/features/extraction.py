"""Features of a corpus: extracted in splits that resume where they were killed, then merged into one ark."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from lhotse import Features, MonoCut

from sernet.config.features import FeatureConfig
from sernet.config.functionals import FunctionalsConfig
from sernet.corpus.cut_lines import read_cut_lines
from sernet.corpus.kaldi_dir import write_table
from sernet.corpus.manifests import write_jsonl
from sernet.corpus.utterances import of_line
from sernet.errors import SernetError
from sernet.features import ark, split_index
from sernet.features.fbank import extract_cut
from sernet.features.split_index import Written
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track

Settings = FeatureConfig | FunctionalsConfig


def extract_split(
    cuts: Path,
    first: int,
    last: int,
    config: Settings,
    out: Path,
    identity: str = "",
    extract: Callable[..., np.ndarray] = extract_cut,
) -> None:
    """Extract utterances ``first`` to ``last`` of a cut manifest into ``out``.ark, with an index in ``out``.jsonl.

    ``extract(cut, config)`` gives a cut's features (frames, bins): FBanks, or one frame of functionals.

    Each utterance is indexed when it has been written. A killed split goes on after the last indexed one that is as it
    was written; the index begins with what it was made from, so that one of other cuts, settings or code
    (``identity``, the job's) is not taken up.

    Raises:
        SernetError: audio that could be read in stage 1 no longer can; names the utterance.
    """
    made_from = _digest(cuts, json.dumps([first, last, identity, config.model_dump(mode="json")]))
    done = split_index.resume(out, made_from)
    if done:
        print(f"going on after {len(done)} finished utterances", flush=True)
    wanted = [cut for number, cut in enumerate(_cuts(cuts)) if first <= number < last][len(done) :]
    with open(out.with_suffix(".ark"), "a+b") as stream, open(out.with_suffix(".jsonl"), "ab") as lines:
        if not lines.tell():
            lines.write(split_index.first_line(made_from))
            lines.flush()
        for cut in track(wanted, description="extracting"):
            try:
                matrix = extract(cut, config)
            except Exception as error:
                raise SernetError(f"{cut.id}: no features of {cut.recording.sources[0].source}: {error}") from error
            begin = stream.tell()
            offset = ark.append(stream, cut.id, matrix, config.storage)
            end = stream.tell()
            stream.seek(begin)
            stored = split_index.digest(stream.read(end - begin))
            content = split_index.digest(matrix.tobytes())
            lines.write(Written(cut.id, offset, len(matrix), end, content, stored).line)
            lines.flush()
        os.fsync(stream.fileno())


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
    wanted = list(_cuts(cuts))
    absent = [cut.id for cut in wanted if cut.id not in index]
    if absent:
        raise SernetError(f"{folder}: {len(absent)} utterances have no features: {', '.join(absent[:5])}")
    write_table(folder / "feats.scp", {key: f"{folder / 'feats.ark'}:{entry.offset}" for key, entry in index.items()})
    write_table(folder / "utt2num_frames", {key: str(entry.frames) for key, entry in index.items()})
    write_jsonl(folder / "cuts.jsonl.gz", (_with_features(cut, index[cut.id], config).to_dict() for cut in wanted))


def _cuts(path: Path) -> Iterator[MonoCut]:
    """Those of stage 1, as Lhotse has them; all that they name are audio files."""
    for where, cut in read_cut_lines(path):
        yield of_line(MonoCut.from_dict, cut, where)


def _with_features(cut: Any, entry: Written, config: Settings) -> Any:
    """The cut with features in place of its recording; paths are relative to the manifest's folder."""
    is_fbank = isinstance(config, FeatureConfig)
    features = Features(
        type="fbank" if is_fbank else config.name,
        num_frames=entry.frames,
        num_features=config.bins,
        frame_shift=config.frame_shift or cut.duration,
        sampling_rate=config.sample_rate,
        start=0.0,
        duration=cut.duration,
        storage_type="sernet_ark",
        storage_path="feats.ark",
        storage_key=str(entry.offset),
        channels=0,
        recording_id=cut.recording.id,
    )
    cut.start, cut.channel, cut.features = 0.0, 0, features
    cut = cut.drop_recording()
    cut.supervisions = [supervision.with_offset(0) for supervision in cut.supervisions]
    for supervision in cut.supervisions:
        supervision.channel = 0
    cut.custom = {"features_digest": entry.digest}
    return cut


def _digest(cuts: Path, more: str) -> str:
    """Of a manifest, unpacked, and of ``more``."""
    with gzip.open(cuts) as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    digest.update(more.encode())
    return digest.hexdigest()


def _copy(source: Path, target: BinaryIO) -> None:
    with open(source, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 22), b""):
            target.write(block)

"""Features of a corpus: extracted in splits that resume where they were killed, then merged into one ark."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
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
from sernet.features import ark
from sernet.features.fbank import extract_cut
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

    Each utterance is indexed when it has been written. A killed split goes on after the last indexed one; the index
    begins with what it was made from, so that one of other cuts, settings or code (``identity``, the job's) is not
    taken up.

    Raises:
        SernetError: audio that could be read in stage 1 no longer can; names the utterance.
    """
    made_from = _digest(cuts, json.dumps([first, last, identity, config.model_dump(mode="json")]))
    index = out.with_suffix(".jsonl")
    done = _resume(index, out.with_suffix(".ark"), made_from)
    if done:
        print(f"going on after {len(done)} finished utterances", flush=True)
    wanted = [cut for number, cut in enumerate(_cuts(cuts)) if first <= number < last][len(done) :]
    with open(out.with_suffix(".ark"), "ab") as stream, open(index, "a", encoding="utf-8") as lines:
        if not lines.tell():
            print(json.dumps({"made_from": made_from}), file=lines, flush=True)
        for cut in track(wanted, description="extracting"):
            try:
                matrix = extract(cut, config)
            except Exception as error:
                raise SernetError(f"{cut.id}: no features of {cut.recording.sources[0].source}: {error}") from error
            offset = ark.append(stream, cut.id, matrix, config.storage)
            stream.flush()
            entry = {"id": cut.id, "offset": offset, "frames": len(matrix), "end": stream.tell(), **_content(matrix)}
            print(json.dumps(entry), file=lines, flush=True)
        os.fsync(stream.fileno())


def merge(cuts: Path, splits: Sequence[Path], config: Settings, folder: Path) -> None:
    """Join splits, in order, into ``folder``: feats.ark, feats.scp, utt2num_frames and cuts.jsonl.gz.

    The result is the same to the byte for any number of splits.

    Raises:
        SernetError: an utterance has no features.
    """
    index: dict[str, dict[str, Any]] = {}
    with atomic(folder / "feats.ark") as temporary:
        with open(temporary, "wb") as joined:
            for split in splits:
                base = joined.tell()
                for entry in _entries(split.with_suffix(".jsonl"))[1:]:
                    index[entry["id"]] = entry | {"offset": base + entry["offset"]}
                _copy(split.with_suffix(".ark"), joined)
    wanted = list(_cuts(cuts))
    absent = [cut.id for cut in wanted if cut.id not in index]
    if absent:
        raise SernetError(f"{folder}: {len(absent)} utterances have no features: {', '.join(absent[:5])}")
    write_table(
        folder / "feats.scp", {key: f"{folder / 'feats.ark'}:{entry['offset']}" for key, entry in index.items()}
    )
    write_table(folder / "utt2num_frames", {key: str(entry["frames"]) for key, entry in index.items()})
    write_jsonl(folder / "cuts.jsonl.gz", (_with_features(cut, index[cut.id], config).to_dict() for cut in wanted))


def _cuts(path: Path) -> Iterator[MonoCut]:
    """Those of stage 1, as Lhotse has them; all that they name are audio files."""
    for where, cut in read_cut_lines(path):
        yield of_line(MonoCut.from_dict, cut, where)


def _with_features(cut: Any, entry: dict[str, Any], config: Settings) -> Any:
    """The cut with features in place of its recording; paths are relative to the manifest's folder."""
    is_fbank = isinstance(config, FeatureConfig)
    features = Features(
        type="fbank" if is_fbank else config.name,
        num_frames=entry["frames"],
        num_features=config.bins,
        frame_shift=config.frame_shift or cut.duration,
        sampling_rate=config.sample_rate,
        start=0.0,
        duration=cut.duration,
        storage_type="sernet_ark",
        storage_path="feats.ark",
        storage_key=str(entry["offset"]),
        channels=0,
        recording_id=cut.recording.id,
    )
    cut.start, cut.channel, cut.features = 0.0, 0, features
    cut = cut.drop_recording()
    cut.supervisions = [supervision.with_offset(0) for supervision in cut.supervisions]
    for supervision in cut.supervisions:
        supervision.channel = 0
    cut.custom = {"features_digest": entry["digest"]}
    return cut


def _content(matrix: np.ndarray) -> dict[str, str]:
    return {"digest": hashlib.sha256(matrix.tobytes()).hexdigest()[:32]}


def _digest(cuts: Path, more: str) -> str:
    """Of a manifest, unpacked, and of ``more``."""
    with gzip.open(cuts) as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    digest.update(more.encode())
    return digest.hexdigest()


def _entries(index: Path) -> list[dict[str, Any]]:
    """The whole lines of an index: a line that was being written when the split was killed does not count."""
    text = index.read_text(encoding="utf-8") if index.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _resume(index: Path, stream: Path, made_from: str) -> list[dict[str, Any]]:
    """Finished utterances of an earlier try, with both files cut back to them; else none and no files."""
    index.parent.mkdir(parents=True, exist_ok=True)
    entries = _entries(index)
    size = stream.stat().st_size if stream.exists() else 0
    if (
        not entries
        or entries[0].get("made_from") != made_from
        or (len(entries) > 1 and entries[-1].get("end", size + 1) > size)
    ):
        index.unlink(missing_ok=True)
        stream.unlink(missing_ok=True)
        return []
    os.truncate(index, sum(len(json.dumps(entry)) + 1 for entry in entries))
    with open(stream, "ab") as file:
        file.truncate(entries[-1]["end"] if len(entries) > 1 else 0)
    return entries[1:]


def _copy(source: Path, target: BinaryIO) -> None:
    with open(source, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 22), b""):
            target.write(block)

"""A manifest of any origin names audio files; all else in it is refused by name and line, by every reader."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sernet.config.features import FeatureConfig
from sernet.corpus.cut_lines import audio_file, read_cut_lines
from sernet.corpus.cuts import Cuts
from sernet.corpus.exports.rows import rows
from sernet.corpus.imports import cutset
from sernet.corpus.utterances import read_cuts
from sernet.errors import SernetError
from sernet.features.extraction import extract_split, merge
from sernet.features.fbank import FbankFrontEnd


def cut(source: Any = "a.wav", kind: Any = "file", **recording: Any) -> dict[str, Any]:
    """A cut as stage 1 writes it."""
    sources = [{"type": kind, "channels": [0], "source": source}]
    of = {"id": "r", "sources": sources, "sampling_rate": 16000, "num_samples": 16000, "duration": 1.0}
    custom = {"corpus": "c", "emotion": "anger", "audio": "00"}
    spoken = {"id": "u", "recording_id": "r", "start": 0.0, "duration": 1.0, "channel": 0, "speaker": "s"}
    return {
        **{"id": "u", "type": "MonoCut", "start": 0.0, "duration": 1.0, "channel": 0},
        "supervisions": [{**spoken, "custom": custom}],
        "recording": {**of, "channel_ids": [0], **recording},
    }


def manifest(folder: Path, *cuts: Any) -> Path:
    path = folder / "cuts.jsonl.gz"
    with gzip.open(path, "wt") as stream:
        stream.writelines(json.dumps(item) + "\n" for item in cuts)
    return path


STRANGE = {
    "command": (cut("touch PWNED", "command"), "type command"),
    "url": (cut("http://localhost/a.wav", "url"), "type url"),
    "memory": (cut("UklGRg==", "memory"), "type memory"),
    "shar": (cut("", "shar"), "type shar"),
    "list": (cut("x", ["file"]), "type ['file']"),
    "transforms": (cut(transforms=[{"name": "Volume", "kwargs": {"factor": 2.0}}]), "changed on the fly"),
    "two": (cut(sources=2 * cut()["recording"]["sources"]), "2 sources"),
    "null": (cut(sources=None), "no list of sources"),
    "nothing in it": (cut(sources=[None]), "1 sources"),
    "no text": (cut(7), "not the path"),
    "NUL": (cut("a\0.wav"), "not the path"),
    "text": (cut() | {"recording": "x"}, "carries no recording"),
    "mixed": (cut() | {"type": "MixedCut", "tracks": [{"cut": cut()}]}, "is a MixedCut"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_not_a_file_is_refused_by_every_reader(name: str, tmp_path: Path) -> None:
    strange, said = STRANGE[name]
    path = manifest(tmp_path, cut(), strange)
    (tmp_path / "a.wav").touch()
    out = tmp_path / "split"
    for read in (
        lambda: list(read_cut_lines(path)),
        lambda: read_cuts(path),
        lambda: list(Cuts(path)),
        lambda: list(rows(tmp_path)),
        lambda: list(cutset.read(tmp_path, path.name)),
        lambda: cutset.channel(tmp_path, path.name),
        lambda: extract_split(path, 0, 2, FbankFrontEnd(FeatureConfig()), out),
        lambda: merge(path, [], FeatureConfig(), tmp_path),
    ):
        with pytest.raises(SernetError) as found:
            read()
        assert "cuts.jsonl.gz:2" in str(found.value)
        assert said in str(found.value) or "NUL" in str(found.value)  # no text of ours holds one


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    assert audio_file(cut("/a/$(b);c.wav"), "x:1") == "/a/$(b);c.wav"
    (found,) = read_cuts(manifest(tmp_path, cut("/a/$(b);c.wav")))
    assert found.source is not None and found.source.path == "/a/$(b);c.wav"


@pytest.mark.parametrize(
    "damaged",
    [[], 7, cut() | {"supervisions": []}, cut() | {"supervisions": None}, {"id": "u"}, cut() | {"features": 1}],
)
def test_a_line_that_is_no_cut_of_ours_is_named(damaged: Any, tmp_path: Path) -> None:
    path = manifest(tmp_path, cut(), damaged)
    for read in (read_cuts, lambda path: list(Cuts(path))):
        with pytest.raises(SernetError, match=r"cuts\.jsonl\.gz:2: "):
            read(path)


def test_features_need_no_audio(tmp_path: Path) -> None:
    with_features = {**cut(), "features": {"storage_key": "12"}, "custom": {"features_digest": "ab"}}
    del with_features["recording"]
    (found,) = read_cuts(manifest(tmp_path, with_features))
    assert (found.offset, found.source) == (12, None)

"""Stage 2 let Lhotse open what a prepared data folder names: it ran sources of type `command` and, for every corpus,
handed the names of files that end with `.sph` to a shell."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet.config.features import FeatureConfig
from sernet.errors import SernetError
from sernet.features.extraction import extract_split
from sernet.features.fbank import FbankFrontEnd


def _extract(folder: Path, kind: str, source: str) -> None:
    sources = [{"type": kind, "channels": [0], "source": source}]
    recording = {"id": "r", "sources": sources, "sampling_rate": 16000, "num_samples": 16000, "duration": 1.0}
    spoken = {"id": "u", "recording_id": "r", "start": 0.0, "duration": 1.0, "channel": 0, "speaker": "s"}
    spoken["custom"] = {"corpus": "c", "audio": "0"}
    cut = {"id": "u", "type": "MonoCut", "start": 0.0, "duration": 1.0, "channel": 0, "supervisions": [spoken]}
    with gzip.open(folder / "cuts.jsonl.gz", "wt") as stream:
        stream.write(json.dumps({**cut, "recording": {**recording, "channel_ids": [0]}}) + "\n")
    extract_split(folder / "cuts.jsonl.gz", 0, 1, FbankFrontEnd(FeatureConfig()), folder / "split")


def test_neither_a_command_nor_a_name_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sound = 0.1 * np.random.default_rng(0).standard_normal(16000)
    soundfile.write("a.wav", sound, 16000)
    with pytest.raises(SernetError, match=r"cuts\.jsonl\.gz:1: u: .*type command"):
        _extract(tmp_path, "command", "touch PWNED; cat a.wav")
    soundfile.write("b;touch PWNED;.sph", sound, 16000, format="NIST", subtype="PCM_16")
    _extract(tmp_path, "file", "b;touch PWNED;.sph")
    assert (tmp_path / "split.ark").stat().st_size > 100 * 80 * 4
    assert not os.path.exists("PWNED")

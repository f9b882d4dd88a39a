"""Utterances that a list names, each a whole file, shared one recording id where a speaker's files had one stem in two
folders: wav.scp kept one of the two, and the other utterance pointed at its audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import Entry
from tiny import Tiny, tiny

__all__ = ["tiny"]


def test_each_whole_file_is_a_recording_of_its_own(tiny: Tiny, tmp_path: Path) -> None:  # noqa: F811
    for folder, level in (("a", 0.1), ("b", 0.2)):
        (tiny.root / folder).mkdir()
        soundfile.write(tiny.root / folder / "001.wav", level * np.sin(np.arange(1600)), 16000)
    entries = [Entry(f"{f}/001.wav", speaker="f1", emotion="anger", name=f"{f}001") for f in "ab"]
    made, _ = manifests.build(tiny.config, entries, tiny.root)
    kaldi_dir.write(made, tmp_path)
    table = dict(line.split() for line in (tmp_path / "wav.scp").read_text().splitlines())
    assert table == {f"tiny-f1-{f}001": str(tiny.root / f / "001.wav") for f in "ab"}
    assert not (tmp_path / "segments").exists()

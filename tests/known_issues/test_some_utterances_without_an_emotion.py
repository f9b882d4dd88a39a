"""A corpus of which some utterances have no emotion could not be prepared.

`utt2emo` rightly lacked them, and the check of the Kaldi directory wanted every utterance in every table.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import read_entries
from tiny import Tiny, tiny

__all__ = ["tiny"]


def test_an_utterance_without_an_emotion_stays_without_one(tiny: Tiny, tmp_path: Path) -> None:
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    made, _ = manifests.build(tiny.config, [replace(entries[0], emotion=None), *entries[1:]], tiny.root)
    manifests.write(made, tmp_path)
    kaldi_dir.write(made, tmp_path)
    kaldi_dir.check(tmp_path, made.supervisions)
    assert len((tmp_path / "utt2emo").read_text().splitlines()) == 15

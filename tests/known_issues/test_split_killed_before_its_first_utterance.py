"""A split killed before its first utterance wrote its head line a second time, and could then not be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from sernet.config.features import FeatureConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.features import extraction
from sernet.features.fbank import FbankFrontEnd
from tiny import Tiny, tiny

__all__ = ["tiny"]


def test_it_resumes_however_often_it_was_killed(tiny: Tiny, tmp_path: Path) -> None:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path)
    cuts, split = tmp_path / "cuts.jsonl.gz", tmp_path / "split1" / "1"

    class Killed(FbankFrontEnd):
        def __call__(self, batch: object) -> NoReturn:
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            extraction.extract_split(cuts, 0, 16, Killed(FeatureConfig()), split)
    extraction.extract_split(cuts, 0, 16, FbankFrontEnd(FeatureConfig()), split)
    lines = (tmp_path / "split1" / "1.jsonl").read_text().splitlines()
    assert len(lines) == 1 + 16 and "made_from" in lines[0]

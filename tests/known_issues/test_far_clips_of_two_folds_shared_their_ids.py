"""Far clips were numbered from 0 in every fold: 5 folds of 288 counted as 288, and sounds cut from one recording were
resampled as though they were independent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sernet.config.features import FeatureConfig
from sernet.config.ood import OodSetConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.features.fbank import FbankFrontEnd
from sernet.ood.store import load_set, make_set
from tiny import Tiny, tiny

__all__ = ["tiny"]


@pytest.fixture
def items(tiny: Tiny, tmp_path: Path) -> list[Indexed]:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path / "tiny-data")
    return read_cuts(tmp_path / "tiny-data" / "cuts.jsonl.gz")


@pytest.mark.parametrize("source", ["noise", "corpus"])
def test_clips_made_to_measure_are_others_in_every_fold(items: list[Indexed], tmp_path: Path, source: str) -> None:
    config = OodSetConfig(condition="ood-far", source=source, corpus="tiny" if source == "corpus" else None)
    folds = []
    for fold in ("fold0", "fold1"):
        (tmp_path / fold).mkdir()
        make_set("far", config, items[:6], items[6:], FbankFrontEnd(FeatureConfig()), tmp_path / fold / "far.ark")
        folds.append(load_set(tmp_path / fold / "far.ark"))
    ids = [utterance.id for fold in folds for utterance in fold.utterances]
    assert len(set(ids)) == 12
    if source == "noise":
        assert not any(np.array_equal(a, b) for a, b in zip(folds[0].features, folds[1].features, strict=True))


def test_clips_as_they_are_are_the_same_in_every_fold(items: list[Indexed], tmp_path: Path) -> None:
    config = OodSetConfig(condition="ood-far", source="corpus", corpus="tiny", matched=False)
    found = []
    for fold in ("fold0", "fold1"):
        (tmp_path / fold).mkdir()
        make_set("plain", config, items[:2], items[6:], FbankFrontEnd(FeatureConfig()), tmp_path / fold / "plain.ark")
        found.append([utterance.id for utterance in load_set(tmp_path / fold / "plain.ark").utterances])
    assert found[0] == found[1]


def test_clips_cut_from_one_recording_of_nobody_share_a_unit(tmp_path: Path) -> None:
    from sernet.ood.matching import Recording, Reference
    from sernet.ood.sets import make_clips

    draws = np.random.default_rng(0)
    speech = [Recording(f"id{i}", "s", lambda: (0.1 * draws.standard_normal(16000), 16000)) for i in range(6)]
    sounds = [Recording(f"sound{i}", "", lambda: (0.1 * draws.standard_normal(24000), 16000)) for i in range(2)]
    config = OodSetConfig(condition="ood-far", source="corpus", corpus="sounds")
    clips = list(make_clips("far", config, Reference.of(iter(speech), 16000), sounds, fold="fold0"))
    assert sorted(clip.speaker for clip in clips) == ["sound0"] * 3 + ["sound1"] * 3

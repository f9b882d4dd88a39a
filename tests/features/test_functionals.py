"""Functionals: openSMILE's own names and values, one frame an utterance, split and merged as FBanks are."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sernet.config.functionals import FunctionalsConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import read_cuts
from sernet.data.load import load_examples
from sernet.errors import SernetError
from sernet.features import extraction, functionals
from tiny import Tiny

EGEMAPS = FunctionalsConfig(features="egemaps")


@pytest.fixture
def smile() -> None:
    pytest.importorskip("opensmile", reason="openSMILE is not installed (pip install opensmile==2.6.0)")
    functionals.smile.cache_clear()


def _buzz(pitch: float, seconds: float = 1.0) -> np.ndarray:
    """A pulse train with harmonics up to 4 kHz, 16 kHz."""
    time = np.arange(int(16000 * seconds)) / 16000
    harmonics = range(1, int(4000 / pitch))
    return np.sum([0.2 / n * np.sin(2 * np.pi * n * pitch * time) for n in harmonics], axis=0).astype(np.float32)


@pytest.mark.usefixtures("smile")
def test_egemaps_hears_pitch_and_level() -> None:
    import opensmile

    names = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=opensmile.FeatureLevel.Functionals
    ).feature_names
    pitch, level = names.index("F0semitoneFrom27.5Hz_sma3nz_amean"), names.index("equivalentSoundLevel_dBp")
    low, high, faint = (functionals.extract(x, EGEMAPS)[0] for x in (_buzz(110), _buzz(220), 0.1 * _buzz(110)))
    assert low[pitch] == pytest.approx(24, abs=0.5)  # two octaves above 27.5 Hz
    assert high[pitch] - low[pitch] == pytest.approx(12, abs=0.2)
    assert low[level] - faint[level] == pytest.approx(20, abs=0.2)


@pytest.mark.usefixtures("smile")
@pytest.mark.parametrize(("features", "size"), [("egemaps", 88), ("compare", 6373)])
def test_sizes_are_the_published_ones(features: str, size: int) -> None:
    config = FunctionalsConfig.model_validate({"features": features})
    found = functionals.extract(_buzz(150), config)
    assert found.shape == (1, size) == (1, config.bins) and found.dtype == np.float32
    assert np.isfinite(found).all()


@pytest.mark.usefixtures("smile")
def test_what_is_too_short_is_refused() -> None:
    with pytest.raises(SernetError, match="too short"):
        functionals.extract(np.zeros(100, dtype=np.float32), EGEMAPS)


def test_without_opensmile_its_licence_and_the_way_to_get_it_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    functionals.smile.cache_clear()
    with pytest.raises(SernetError, match=r"pip install opensmile==2\.6\.0 \(its licence allows research"):
        functionals.extract(_buzz(110), EGEMAPS)
    functionals.smile.cache_clear()


def test_one_frame_an_utterance_is_split_merged_and_read_like_fbanks(tiny: Tiny, tmp_path: Path) -> None:
    """With an extraction that tells utterances apart: the way, not openSMILE, is looked at."""
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path)
    cuts = tmp_path / "cuts.jsonl.gz"

    class Moments(functionals.FunctionalsFrontEnd):
        def __call__(self, batch):  # type: ignore[no-untyped-def]
            return [np.full((1, self.bins), x.std(), dtype=np.float32) * np.arange(self.bins) for x in batch]

    total = len(read_cuts(cuts))
    splits = [tmp_path / "egemaps" / f"split{number}" for number in range(2)]
    for split, (first, last) in zip(splits, [(0, 7), (7, total)], strict=True):
        extraction.extract_split(cuts, first, last, Moments(EGEMAPS), split, "x")
    extraction.merge(cuts, splits, EGEMAPS, tmp_path / "egemaps")
    items = read_cuts(tmp_path / "egemaps" / "cuts.jsonl.gz")
    examples = load_examples({"tiny": tmp_path / "egemaps"}, items)
    assert {matrix.shape for matrix in examples.features} == {(1, 88)}
    assert len({item.features for item in items}) == total == len(examples)
    assert (tmp_path / "egemaps" / "utt2num_frames").read_text().split()[1::2] == ["1"] * total

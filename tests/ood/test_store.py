"""Far sets on disk: matched to the ID test, and read back as they were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sernet.config.features import FeatureConfig
from sernet.config.ood import OodSetConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.features.fbank import FbankFrontEnd, extract
from sernet.ood.store import load_set, make_set
from tiny import Tiny, tiny

__all__ = ["tiny"]


def _items(tiny: Tiny, folder: Path) -> list[Indexed]:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, folder)
    return read_cuts(folder / "cuts.jsonl.gz")


def test_matched_noise_has_the_durations_and_number_of_the_id_test(tiny: Tiny, tmp_path: Path) -> None:
    soundfile.write(tiny.root / "m1_A_1.wav", 0.1 * np.random.default_rng(1).standard_normal(8000), 16000)
    items = _items(tiny, tmp_path)
    config = OodSetConfig(condition="ood-far", source="noise")
    assert make_set("noise", config, items, [], FbankFrontEnd(FeatureConfig()), tmp_path / "noise.ark") == len(items)
    made = load_set(tmp_path / "noise.ark")
    assert [u.duration for u in made.utterances] == [i.utterance.duration for i in items]
    assert {len(matrix) for matrix in made.features} == {30, 50}
    assert all(u.emotion is None and u.speaker is None and u.corpus == "noise" for u in made.utterances)


def test_reversed_speech_is_the_id_speech_backwards_under_its_speakers(tiny: Tiny, tmp_path: Path) -> None:
    items = _items(tiny, tmp_path)
    config = OodSetConfig(condition="ood-far", source="reversed")
    make_set("backwards", config, items, [], FbankFrontEnd(FeatureConfig()), tmp_path / "backwards.ark")
    made = load_set(tmp_path / "backwards.ark").select(["backwards-tiny-m2-m2_A_1"])
    samples, _ = soundfile.read(tiny.root / "m2_A_1.wav", dtype="float32")
    assert np.allclose(made.features[0], extract(samples[::-1].copy(), FeatureConfig()), atol=1e-5)
    assert made.utterances[0].speaker == "tiny-m2"


def test_clips_of_a_corpus_keep_their_speakers_and_nobody_stays_nobody(tiny: Tiny, tmp_path: Path) -> None:
    items = _items(tiny, tmp_path)
    config = OodSetConfig(condition="ood-far", source="corpus", corpus="tiny", matched=False)
    make_set("clips", config, items[:2], items[8:], FbankFrontEnd(FeatureConfig()), tmp_path / "clips.ark")
    assert [u.speaker for u in load_set(tmp_path / "clips.ark").utterances] == [i.utterance.speaker for i in items[8:]]

"""Lhotse resampled cuts by another filter where torchaudio was not installed, and so the features hung on that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import Recording
from lhotse.augmentation import torchaudio as augmentation

from sernet.corpus.utterances import Indexed, Source, Utterance
from sernet.features.front_ends import load


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_a_cut_has_the_same_samples_with_and_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(rate), rate)
    cut = Recording.from_file(path).to_cut().truncate(offset=0.25, duration=0.5)
    item = Indexed(Utterance("x", "corpus", duration=0.5), "", source=Source(str(path), 0, 0.25))
    found = []
    for installed in (True, False):
        monkeypatch.setattr(augmentation, "is_torchaudio_available", lambda installed=installed: installed)
        found.append(load(item, 16000))
    monkeypatch.setattr(augmentation, "is_torchaudio_available", lambda: True)
    theirs = cut.resample(16000).load_audio()[0]
    assert np.array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], theirs, rtol=0, atol=1e-6)

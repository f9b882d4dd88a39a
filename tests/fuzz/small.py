"""Small undamaged inputs that several kinds begin with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import read_entries
from tiny import RAW

CONFIG = validate(CorpusConfig, RAW, "tiny/corpus.yaml")
NAMES = [f"{speaker}_{emotion}_{text}" for speaker in RAW["speakers"] for emotion in "AN" for text in "12"]


def noise(seconds: float = 0.15, rate: int = 16000, seed: int = 0) -> np.ndarray:
    """Samples (n,)."""
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(int(seconds * rate)), dtype=np.float32)


def corpus(folder: Path) -> Path:
    """The recordings of the corpus `tiny`, in ``folder``/tiny."""
    root = folder / "tiny"
    root.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        soundfile.write(root / f"{name}.wav", noise(seed=number), 16000)
    return root


def prepared(folder: Path) -> Path:
    """data/tiny as stage 1 leaves it: manifests and Kaldi's tables, of `corpus`."""
    root, data = corpus(folder), folder / "data" / "tiny"
    made, bad = manifests.build(CONFIG, read_entries(CONFIG, root, root), root)
    assert not bad
    data.mkdir(parents=True)
    manifests.write(made, data)
    kaldi_dir.write(made, data)
    return data

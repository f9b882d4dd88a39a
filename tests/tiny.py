"""A small corpus on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig

RAW: dict[str, Any] = {
    "name": "tiny",
    "title": "Tiny",
    "source": "the tests",
    "licence": "none",
    "how_to_get": "It is made by the tests.",
    "language": "en",
    "pattern": r"(?P<speaker>[a-z]\d+)_(?P<emotion>[A-Z])_(?P<text>\d)\.wav",
    "maps": {"emotion": {"A": "anger", "N": "neutral"}},
    "speakers": {"f1": "female", "f10": "female", "m1": "male", "m2": "male"},
    "expected": {"utterances": 16, "speakers": 4, "emotion": {"anger": 8, "neutral": 8}},
}


@dataclass
class Tiny:
    """Where it lies, and its configuration."""

    root: Path
    raw: dict[str, Any]

    @property
    def config(self) -> CorpusConfig:
        return validate(CorpusConfig, self.raw, "tiny/corpus.yaml")

    def names(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir())

    def add(self, name: str, seed: int) -> None:
        """One more recording: 0.3 s of noise."""
        soundfile.write(self.root / name, 0.1 * np.random.default_rng(seed).standard_normal(4800), 16000)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    """Four speakers, two emotions, two sentences: 0.3 s of noise each, 16 kHz."""
    root = tmp_path / "tiny"
    root.mkdir()
    draws = np.random.default_rng(0)
    for speaker in RAW["speakers"]:
        for emotion in "AN":
            for text in "12":
                samples = 0.1 * draws.standard_normal(4800)
                soundfile.write(root / f"{speaker}_{emotion}_{text}.wav", samples, 16000)
    return Tiny(root, {**RAW})

"""The part of a score file that says which utterances were scored, and for which classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from sernet.data.dataset import Examples


def described(examples: Examples, meta: dict[str, Any]) -> dict[str, np.ndarray]:
    """Ids, speakers, corpora, emotions and labels (utterances,), and the classes, of model.json ``meta``."""
    return {
        "utt_id": np.array([utterance.id for utterance in examples.utterances], dtype=np.str_),
        "speaker": np.array([utterance.speaker or "" for utterance in examples.utterances], dtype=np.str_),
        "corpus": np.array([utterance.corpus for utterance in examples.utterances], dtype=np.str_),
        "emotion": np.array([utterance.emotion or "" for utterance in examples.utterances], dtype=np.str_),
        "label": examples.labels(meta["classes"], meta["merge"]),
        "classes": np.array(meta["classes"], dtype=np.str_),
    }

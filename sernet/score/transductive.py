"""The speaker-normalised variant of a score set: it uses a test speaker's unlabelled speech, so it is transductive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sernet.score.files import ScoreSet

ENOUGH = 20
"""Utterances that a speaker's mean needs. Our choice."""


def speaker_normalised(scores: ScoreSet, train: ScoreSet) -> ScoreSet | None:
    """``scores`` with each speaker's mean embedding moved to that of ``train``, classified anew by the same head.

    No label is used, but all of a speaker's test utterances are, which a deployed model has not heard yet: it must be
    declared as transductive. Our design, after the speaker normalisation of classical SER (Schuller et al., 2009).

    Returns:
        None where a speaker is unknown or has fewer than `ENOUGH` utterances.
    """
    speakers, index, counts = np.unique(scores.speaker, return_inverse=True, return_counts=True)
    if "" in speakers or counts.min() < ENOUGH:
        return None
    embedding = scores.embedding.astype(np.float64)
    means = np.stack([embedding[index == number].mean(axis=0) for number in range(len(speakers))])
    embedding = embedding - means[index] + train.embedding.astype(np.float64).mean(axis=0)
    weight = scores.weight.astype(np.float64)
    cosine = _unit(embedding) @ _unit(weight).T
    margin_head = np.allclose(scores.logits, scores.scale * scores.cosine, atol=1e-3)
    logits = scores.scale * cosine if margin_head else embedding @ weight.T + scores.bias
    return replace(scores, embedding=embedding, cosine=cosine, logits=logits)


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12))

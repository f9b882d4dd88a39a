"""Score sets as models make them, on random embeddings."""

from __future__ import annotations

import numpy as np

from sernet.score.files import ScoreSet


def score_set(
    embedding: np.ndarray, label: np.ndarray, classes: int, *, scale: float | None = None, prefix: str = "utt"
) -> ScoreSet:
    """An AM-softmax head with ``scale``, a plain one without, the same weights for every set."""
    embedding = np.asarray(embedding, dtype=np.float32)
    dim = embedding.shape[1]
    rng = np.random.default_rng(99)
    weight = rng.standard_normal((classes, dim)).astype(np.float32)
    bias = np.zeros(classes, np.float32) if scale else rng.standard_normal(classes).astype(np.float32)
    norm = np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
    cosine = (embedding / norm) @ (weight / np.linalg.norm(weight, axis=1, keepdims=True)).T
    text = np.array([f"{prefix}-{i:04d}" for i in range(len(embedding))], dtype=str)
    return ScoreSet(
        utt_id=text,
        speaker=text,
        corpus=text,
        emotion=text,
        label=np.asarray(label),
        logits=scale * cosine if scale else embedding @ weight.T + bias,
        cosine=cosine,
        embedding=embedding,
        classes=np.array([f"class{i}" for i in range(classes)]),
        weight=weight,
        bias=bias,
        scale=scale or 1.0,
    )


def random_set(
    n: int,
    seed: int,
    *,
    dim: int = 12,
    classes: int = 4,
    scale: float | None = None,
    shift: float = 0.0,
    prefix: str = "utt",
) -> ScoreSet:
    """Clusters, one a class, each around its own mean; ``shift`` moves them all."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, n)
    means = np.random.default_rng(5).standard_normal((classes, dim)) * 2
    return score_set(means[label] + rng.standard_normal((n, dim)) + shift, label, classes, scale=scale, prefix=prefix)

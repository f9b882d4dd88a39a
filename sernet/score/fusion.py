"""Several systems' score sets added into one: late fusion, and ensembles of different networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.score.files import ScoreSet


def fused(members: Sequence[ScoreSet], weights: Sequence[float]) -> ScoreSet:
    """One score set whose logits are the weighted sum of those of ``members``.

    Of log-posteriors this is the product of experts, each raised to its weight (Hinton 2002): what normalises them is
    the same for all classes. The sum is kept as one linear head on the members' embeddings side by side, each times its
    weight, so that a fused set is like any other (scale 1, plain softmax). Our design.

    Args:
        members: of the same utterances, in any order, and the same classes in the same order.
        weights: one a member.

    Raises:
        SernetError: members of other utterances, labels or classes than the first one's.
    """
    first = members[0]
    order = np.argsort(first.utt_id)
    parts, heads, bias = [], [], np.zeros(len(first.classes))
    for member, weight in zip(members, weights, strict=True):
        found = np.empty(len(first), dtype=np.int64)
        if strangers := sorted({*first.utt_id.tolist()} ^ {*member.utt_id.tolist()}):
            raise SernetError(f"systems to fuse were scored on different utterances: {first_of(strangers)}")
        found[order] = np.argsort(member.utt_id)
        if member.classes.tolist() != first.classes.tolist() or (member.label[found] != first.label).any():
            raise SernetError("systems to fuse were scored with different classes or labels")
        embedding, head = _linear(member)
        parts.append(weight * embedding[found])
        heads.append(head)
        bias += weight * member.bias
    embedding, head = np.concatenate(parts, axis=1), np.concatenate(heads, axis=1)
    products = embedding @ head.T
    lengths = np.linalg.norm(embedding, axis=1)[:, None] * np.linalg.norm(head, axis=1)
    return ScoreSet(
        utt_id=first.utt_id, speaker=first.speaker, corpus=first.corpus, emotion=first.emotion, label=first.label,
        logits=products + bias, cosine=products / np.maximum(lengths, 1e-12), embedding=embedding,
        classes=first.classes, weight=head, bias=bias, scale=1.0,
    )  # fmt: skip


def spread(scores: ScoreSet) -> float:
    """The deviation of a system's logits, each utterance's mean over the classes taken off; no label is looked at.

    Over training utterances it tells how large a system's logits are beside another's. Our design.
    """
    logits = scores.logits.astype(np.float64)
    found = float((logits - logits.mean(axis=1, keepdims=True)).std())
    if not found > 0:
        raise SernetError("a system's logits are the same for all utterances: they cannot be standardised")
    return found


def _linear(scores: ScoreSet) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and class rows whose products are the logits without bias, float64; see `ScoreSet` on both heads."""
    embedding, weight = scores.embedding.astype(np.float64), scores.weight.astype(np.float64)
    if not np.allclose(scores.logits, scores.scale * scores.cosine, atol=1e-3):
        return embedding, weight
    unit, rows = (x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (embedding, weight))
    return scores.scale * unit, rows

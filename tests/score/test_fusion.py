"""Score sets added into one: against the sums computed by hand, whatever the heads and the order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

from score_sets import random_set
from sernet.errors import SernetError
from sernet.score.files import ScoreSet
from sernet.score.fusion import fused, spread


def _shuffled(scores: ScoreSet) -> ScoreSet:
    order = np.random.default_rng(1).permutation(len(scores))
    rows = ("utt_id", "speaker", "corpus", "emotion", "label", "logits", "cosine", "embedding")
    return replace(scores, **{name: getattr(scores, name)[order] for name in rows})


@pytest.mark.parametrize("scales", [(15.0, None), (15.0, 30.0), (None, None)])
def test_logits_are_the_weighted_sum_by_utterance(scales: tuple[float | None, float | None]) -> None:
    one = random_set(40, 3, dim=6, scale=scales[0])
    other = random_set(40, 3, dim=9, scale=scales[1])  # the same labels, other embeddings
    sum_of_both = fused([one, _shuffled(other)], [1, 4])
    assert np.array_equal(sum_of_both.utt_id, one.utt_id) and np.array_equal(sum_of_both.label, one.label)
    assert np.allclose(sum_of_both.logits, one.logits + 4 * other.logits, atol=1e-3)
    posterior = softmax(one.logits.astype(float), axis=1) * softmax(other.logits.astype(float), axis=1) ** 4
    assert np.array_equal(sum_of_both.logits.argmax(1), posterior.argmax(1))


def test_it_is_one_linear_head_as_score_files_promise() -> None:
    found = fused([random_set(30, 1, scale=15.0), random_set(30, 1)], [0.5, 2])
    assert found.embedding.shape == (30, 24) and found.scale == 1
    assert np.allclose(found.embedding @ found.weight.T + found.bias, found.logits, atol=1e-3)
    unit, rows = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (found.embedding, found.weight))
    assert np.allclose(unit @ rows.T, found.cosine, atol=1e-5)


def test_an_embedding_of_nothing_adds_nothing() -> None:
    one = random_set(5, 1, scale=15.0)
    nothing = replace(one, embedding=0 * one.embedding, cosine=0 * one.cosine, logits=0 * one.logits)
    assert np.allclose(fused([one, nothing], [1, 1]).logits, one.logits, atol=1e-3)


def test_the_spread_is_that_of_logits_whatever_is_added_to_all_classes() -> None:
    one = random_set(40, 1)
    logits = one.logits.astype(float)
    by_hand = np.sqrt(np.mean((logits - logits.mean(1)[:, None]) ** 2))
    assert spread(one) == pytest.approx(by_hand, rel=1e-6)
    shifted = replace(one, logits=one.logits + np.arange(40, dtype=np.float32)[:, None])
    assert spread(shifted) == pytest.approx(by_hand, rel=1e-4)
    assert spread(replace(one, logits=3 * one.logits)) == pytest.approx(3 * by_hand, rel=1e-6)
    with pytest.raises(SernetError, match="cannot be standardised"):
        spread(replace(one, logits=0 * one.logits))


def test_what_does_not_belong_together_is_refused() -> None:
    one = random_set(10, 1)
    with pytest.raises(SernetError, match=r"different utterances: other-0000.* and 15 more"):
        fused([one, random_set(10, 1, prefix="other")], [1, 1])
    with pytest.raises(SernetError, match="different classes or labels"):
        fused([one, replace(one, classes=one.classes[::-1])], [1, 1])
    with pytest.raises(SernetError, match="different classes or labels"):
        fused([one, replace(one, label=(one.label + 1) % 4)], [1, 1])

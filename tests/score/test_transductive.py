"""Speaker normalisation of score sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sernet.score.files import ScoreSet
from sernet.score.transductive import ENOUGH, speaker_normalised


def _scores(shift: float, scale: float, each: int = ENOUGH) -> ScoreSet:
    """Two speakers; one's embeddings are shifted so far that everything becomes class 0."""
    draws = np.random.default_rng(0)
    n = 2 * each
    label = np.arange(n) % 2
    weight = np.array([[1.0, 0.0, 0.2], [-1.0, 0.0, 0.1]])
    embedding = 3 * weight[label] + 0.1 * draws.standard_normal((n, 3))
    speaker = np.repeat(["a", "b"], each)
    embedding[speaker == "b", 0] += shift
    cosine = embedding @ weight.T / np.linalg.norm(embedding, axis=1)[:, None] / np.linalg.norm(weight, axis=1)
    bias = np.zeros(2)
    return ScoreSet(
        utt_id=np.array([f"u{i}" for i in range(n)]),
        speaker=speaker,
        corpus=np.full(n, "c"),
        emotion=np.array(["anger", "neutral"])[label],
        label=label,
        logits=embedding @ weight.T + bias if scale == 1 else scale * cosine,
        cosine=cosine,
        embedding=embedding,
        classes=np.array(["anger", "neutral"]),
        weight=weight,
        bias=bias,
        scale=scale,
    )


@pytest.mark.parametrize("scale", [1.0, 15.0])
def test_a_speakers_shift_is_taken_off(scale: float) -> None:
    shifted, plain = _scores(10, scale), _scores(0, scale)
    assert (shifted.logits.argmax(axis=1) == shifted.label).mean() == 0.75
    normalised = speaker_normalised(shifted, plain)
    assert normalised is not None
    assert (normalised.logits.argmax(axis=1) == normalised.label).all()
    expected = speaker_normalised(plain, plain)
    assert expected is not None
    np.testing.assert_allclose(normalised.logits, expected.logits, rtol=0, atol=1e-4)


@pytest.mark.parametrize("scale", [1.0, 15.0])
def test_the_head_is_the_files_own(scale: float) -> None:
    plain = _scores(0, scale)
    one = replace(plain, speaker=np.full(len(plain), "a"))
    same = speaker_normalised(one, one)
    assert same is not None
    np.testing.assert_allclose(same.logits, plain.logits, rtol=0, atol=1e-5)


def test_speakers_with_little_speech_or_no_name_have_no_variant() -> None:
    few = _scores(0, 1, ENOUGH - 1)
    assert speaker_normalised(few, few) is None
    nobody = replace(_scores(0, 1), speaker=np.full(2 * ENOUGH, ""))
    assert speaker_normalised(nobody, nobody) is None

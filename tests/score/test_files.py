"""Score files: what is written comes back, and what is wrong is refused in words."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from sernet.errors import SernetError
from sernet.score.files import Scored, ScoreSet, View, load_detector_scores


def example() -> ScoreSet:
    random = np.random.default_rng(0)
    return ScoreSet(
        utt_id=np.array(["a-1", "b-é"]),
        speaker=np.array(["a", ""]),
        corpus=np.array(["x", "x"]),
        emotion=np.array(["anger", "calm"]),
        label=np.array([0, -1]),
        logits=random.normal(size=(2, 3)),
        cosine=random.normal(size=(2, 3)),
        embedding=random.normal(size=(2, 4)),
        classes=np.array(["anger", "fear", "neutral"]),
        weight=random.normal(size=(3, 4)),
        bias=np.zeros(3),
        scale=15.0,
    )


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    scores = example()
    scores.save(tmp_path / "deep" / "test.npz")
    back = ScoreSet.load(tmp_path / "deep" / "test.npz")
    for field in fields(ScoreSet):
        assert np.array_equal(getattr(back, field.name), getattr(scores, field.name)), field.name
    assert back.label.dtype == np.int64 and back.logits.dtype == np.float32
    with np.load(tmp_path / "deep" / "test.npz", allow_pickle=False) as archive:
        assert set(archive.files) == {field.name for field in fields(ScoreSet)}


def test_an_array_too_few_or_too_many_is_named(tmp_path: Path) -> None:
    arrays = {field.name: np.asarray(getattr(example(), field.name)) for field in fields(ScoreSet)}
    np.savez(tmp_path / "extra.npz", surprise=np.zeros(1), **arrays)
    with pytest.raises(SernetError, match="surprise"):
        ScoreSet.load(tmp_path / "extra.npz")
    del arrays["cosine"]
    np.savez(tmp_path / "less.npz", **arrays)
    with pytest.raises(SernetError, match="cosine"):
        ScoreSet.load(tmp_path / "less.npz")


def test_values_that_are_not_finite_name_the_utterance() -> None:
    scores = example()
    logits = scores.logits.copy()
    logits[1, 0] = np.nan
    with pytest.raises(SernetError, match="logits.*b-é"):
        replace(scores, logits=logits)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": np.array([0, 3])}, "label outside"),
        ({"bias": np.zeros(2)}, "bias has shape"),
        ({"utt_id": np.array(["a", "a"])}, "more than one row"),
        ({"scale": float("inf")}, "scale"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict, said: str) -> None:
    with pytest.raises(SernetError, match=said):
        replace(example(), **change)


def test_missing_damaged_and_pickled_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SernetError, match="missing"):
        ScoreSet.load(tmp_path / "none.npz")
    (tmp_path / "half.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(SernetError, match="cannot be read"):
        ScoreSet.load(tmp_path / "half.npz")
    np.savez(tmp_path / "pickle.npz", utt_id=np.array(["a", None], dtype=object), score=np.zeros(2))
    with pytest.raises(SernetError, match="cannot be read"):
        load_detector_scores(tmp_path / "pickle.npz")


def test_detector_scores_must_be_finite(tmp_path: Path) -> None:
    np.savez(tmp_path / "msp.npz", utt_id=np.array(["a", "b"]), score=np.array([0.0, np.inf]))
    with pytest.raises(SernetError, match="b"):
        load_detector_scores(tmp_path / "msp.npz")


def test_a_corpus_sees_its_own_utterances_and_classes_of_a_model_of_several(tmp_path: Path) -> None:
    scores = replace(
        example(),
        corpus=np.array(["x", "y"]),
        label=np.array([2, 1]),
        logits=np.array([[1.0, 9.0, 2.0], [3.0, 1.0, 2.0]]),
    )
    seen = View("x", ("anger", "neutral")).of(scores)
    assert seen.utt_id.tolist() == ["a-1"] and seen.classes.tolist() == ["anger", "neutral"]
    assert seen.label.tolist() == [1] and seen.logits.tolist() == [[1.0, 2.0]]  # fear, the largest, is not asked
    assert np.array_equal(seen.embedding, scores.embedding[:1])
    assert np.array_equal(seen.weight, scores.weight[[0, 2]]) and np.array_equal(seen.cosine, scores.cosine[:1, [0, 2]])
    assert View("y", ("anger", "neutral")).of(scores).label.tolist() == [-1]  # fear is none of the classes
    scores.save(tmp_path / "scores" / "x.npz")
    item = Scored("joint", "am", 0, 0, "x+y", "x", "single", "x", tmp_path, view=View("x", ("anger", "neutral")))
    assert len(item.load()) == 1 and len(ScoreSet.load(item.score_file)) == 2
    plain = json.loads(json.dumps(asdict(item), default=str))
    assert Scored.read(plain) == item and hash(Scored.read(plain)) == hash(item)

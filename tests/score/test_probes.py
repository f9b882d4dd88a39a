"""Probes: what stands in the embedding is read, what does not is not, and nobody is on both sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from score_sets import score_set
from sernet.errors import SernetError
from sernet.score.files import ScoreSet
from sernet.score.probes import Reading, probe, read_across, read_within

SIDES = ("female", "male")


def spoken(embedding: np.ndarray, speaker: list[str], prefix: str) -> ScoreSet:
    scores = score_set(embedding, np.zeros(len(embedding), dtype=int), 2, prefix=prefix)
    return replace(scores, speaker=np.asarray(speaker))


def people(n: int, each: int, prefix: str) -> list[str]:
    return [f"{prefix}{number:02d}" for number in range(n) for _ in range(each)]


def noise(n: int, seed: int, dim: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim))


def uar(said: Reading) -> float:
    return float(balanced_accuracy_score(said.value, said.told))


def genders(scores: ScoreSet) -> dict[str, str]:
    return {str(name): SIDES[int(who[-2:]) % 2] for name, who in zip(scores.utt_id, scores.speaker, strict=True)}


def test_what_one_dimension_says_is_read_whatever_its_scale_and_offset() -> None:
    sets = []
    for prefix, count in (("tr", 8), ("te", 4)):
        scores = spoken(noise(10 * count, count), people(count, 10, prefix), prefix)
        male = np.asarray([value == "male" for value in genders(scores).values()])
        scores.embedding[:, 5] = 1e-4 * (2 * male + 0.1 * scores.embedding[:, 5]) + 7
        sets.append(scores)
    train, test = sets
    values = genders(train) | genders(test)
    across, within = read_across(train, test, values), read_within(train, values, "gender")
    assert uar(across) == uar(within) == 1.0
    assert (len(across), len(within)) == (40, 80) and across.values.tolist() == list(SIDES) and not across.note
    assert set(across.unit) == set(test.speaker)


def test_labels_that_have_nothing_to_do_with_it_are_read_at_chance() -> None:
    train, test = (spoken(noise(800, seed), people(40, 20, str(seed)), f"u{seed}") for seed in (1, 2))
    draws = np.random.default_rng(3)
    values = {str(name): "abcd"[draws.integers(4)] for name in [*train.utt_id, *test.utt_id]}
    for said in (read_across(train, test, values), read_within(train, values, "text")):
        assert uar(said) == pytest.approx(0.25, abs=3 * np.sqrt(0.25 * 0.75 / 800))


def test_an_attribute_is_not_read_off_who_speaks() -> None:
    """Every voice is plain to hear, and gender is nothing but a property of voices: other voices do not tell it."""
    voices = 3 * noise(60, 5, dim=90)
    speaker = people(60, 8, "s")
    scores = spoken(np.repeat(voices, 8, axis=0) + 0.1 * noise(480, 6, dim=90), speaker, "u")
    values = genders(scores)
    shuffled = np.random.default_rng(7).permutation(60)
    unrelated = {name: SIDES[shuffled[int(name[-4:]) // 8] % 2] for name in values}
    said = read_within(scores, unrelated, "gender")
    by_speaker = dict(zip(said.unit, said.told == said.value, strict=True))
    assert abs(np.mean(list(by_speaker.values())) - 0.5) < 0.2
    assert uar(read_within(scores, dict(zip(map(str, scores.utt_id), speaker, strict=True)), "speaker")) == 1.0


@pytest.mark.parametrize("rare", [2, 3, 4])
def test_a_value_that_few_speakers_have_is_fitted_on_one_of_them_when_another_is_asked(rare: int) -> None:
    scores = spoken(noise(60, 4), people(6, 10, "s"), "u")
    few = {f"s{number:02d}" for number in np.random.default_rng(rare).permutation(6)[:rare]}
    values = {str(name): SIDES[who in few] for name, who in zip(scores.utt_id, scores.speaker, strict=True)}
    scores.embedding[:, 0] += 30 * np.asarray([side == "male" for side in values.values()])
    assert uar(read_within(scores, values, "gender")) == 1.0


def test_a_probe_is_scikit_learns_regression_on_standardised_embeddings() -> None:
    train, test = (
        spoken(noise(n, seed) * 5 + 2, people(n // 10, 10, p), p) for n, seed, p in ((90, 8, "a"), (50, 9, "b"))
    )
    values = {str(name): "xyz"[int(row[0] + row[1] > 0) + int(row[2] > 6)] for s in (train, test)
              for name, row in zip(s.utt_id, s.embedding, strict=True)}  # fmt: skip
    x, y = (np.asarray(s.embedding, dtype=float) for s in (train, test))
    known = np.asarray([values[name] for name in train.utt_id])
    weight = {value: len(known) / (len(set(known)) * np.sum(known == value)) for value in set(known)}
    model = LogisticRegression(max_iter=2000).fit(
        (x - x.mean(0)) / x.std(0), known, sample_weight=[weight[value] for value in known]
    )
    said = probe("text", train, test, values)
    assert said.told.tolist() == model.predict((y - x.mean(0)) / x.std(0)).tolist()
    assert len(set(said.told)) == 3


def test_test_speakers_are_told_among_themselves() -> None:
    train, test = spoken(noise(40, 1), people(4, 10, "a"), "a"), spoken(noise(30, 2), people(3, 10, "b"), "b")
    test.embedding[np.arange(30), np.repeat([0, 1, 2], 10)] += 50
    values = dict(zip(map(str, [*train.utt_id, *test.utt_id]), [*train.speaker, *test.speaker], strict=True))
    said = probe("speaker", train, test, values)
    assert said.values.tolist() == ["b00", "b01", "b02"] and uar(said) == 1.0
    assert set(probe("speaker", train, None, values).values) == set(train.speaker)


def test_what_cannot_be_asked_is_said() -> None:
    train, test = spoken(noise(40, 1), people(4, 10, "a"), "a"), spoken(noise(20, 2), people(1, 20, "b"), "b")
    both = [str(name) for name in [*train.utt_id, *test.utt_id]]
    one = dict.fromkeys(both, "en")
    assert probe("language", train, test, one).note == "the training set has one value, en"
    assert probe("language", train, None, one).note == "the set has one value, en"
    assert probe("speaker", train, test, dict.fromkeys(both, "b00")).note == "the set has one value, b00"
    assert probe("gender", train, test, {}).note == "the training set has no values"
    halves = {name: "ab"[number % 2] for number, name in enumerate(map(str, train.utt_id))}
    assert probe("text", train, test, halves).note == "the test set has no values"
    foreign = halves | {str(name): "c" for name in test.utt_id}
    assert probe("text", train, test, foreign).note == "the test set has values that training did not have"
    corpora = {name: "a" if number < 10 else "b" for number, name in enumerate(map(str, train.utt_id))}
    assert probe("corpus", train, None, corpora).note == "fewer than two values with at least 2 speakers"
    assert all(len(probe("x", train, test, values)) == 0 for values in (one, {}, foreign))


def test_what_is_left_out_is_named() -> None:
    train = spoken(noise(43, 1), [*people(4, 10, "a"), "rare", "rare", ""], "u")
    values = {str(name): str(who) for name, who in zip(train.utt_id, train.speaker, strict=True) if who}
    said = read_within(train, values, "speaker")
    assert len(said) == 40 and said.note == "left out, with fewer than 5 utterances: rare"
    letters = {str(name): "ab"[number % 2] for number, name in enumerate(train.utt_id)}
    test = spoken(noise(6, 2), ["z"] * 6, "v")
    said = read_across(train, test, letters | {"v-0000": "a", "v-0001": "b", "v-0002": "q"})
    assert said.utt_id.tolist() == ["v-0000", "v-0001"] and said.note == "left out, for training did not have them: q"


def test_of_thousands_that_are_left_out_the_first_few_are_named() -> None:
    people = [f"s{number:04d}" for number in range(3000)]
    test = spoken(noise(3010, 2), [*people, *["known"] * 10], "v")
    values = dict(zip(map(str, test.utt_id), [*people, *["a", "b"] * 5], strict=True))
    said = read_within(test, values, "speaker")
    assert len(said) == 10 and said.note.endswith("s0003, s0004 and 2995 more") and len(said.note) < 100


def test_what_was_said_is_kept(tmp_path: Path) -> None:
    text = np.asarray(["a", "b"])
    said = Reading(text, text, text, text[::-1], text, "a note")
    said.save(tmp_path / "gender" / "test.npz")
    read = Reading.load(tmp_path / "gender" / "test.npz")
    assert read.told.tolist() == ["b", "a"] and read.note == "a note" and len(read) == 2
    with pytest.raises(SernetError, match="nowhere.npz is missing: run the stage score"):
        Reading.load(tmp_path / "nowhere.npz")
    (tmp_path / "gender" / "test.npz").write_bytes(b"x")
    with pytest.raises(SernetError, match="cannot be read.*run the stage score"):
        Reading.load(tmp_path / "gender" / "test.npz")

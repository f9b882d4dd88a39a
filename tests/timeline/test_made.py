"""Recordings made by joining clips, against what the benchmark says of its own."""

from __future__ import annotations

from collections import Counter

import numpy as np

from sernet.timeline.made import PATTERNS, join, plan, speech_of


def _clips(emotional: int, neutral: int) -> dict[str, list[tuple[str, str]]]:
    return {
        speaker: [(f"{speaker}-e{i}", "anger" if i % 2 else "sadness") for i in range(emotional)]
        + [(f"{speaker}-n{i}", "neutral") for i in range(neutral)]
        for speaker in ("s1", "s2")
    }


def test_each_emotional_clip_once_in_one_of_four_patterns_with_neutral_ones_in_turn() -> None:
    plans = plan(_clips(200, 4), ["neutral"])
    core = Counter(identity for p in plans for identity, label in p.pieces if label != "neutral")
    assert len(core) == 400 and set(core.values()) == {1}
    for p in plans:
        shape = "".join("N" if label == "neutral" else "E" for _, label in p.pieces)
        assert shape == p.pattern and all(identity.startswith(p.speaker) for identity, _ in p.pieces)
    patterns = Counter(p.pattern for p in plans)
    assert set(patterns) == set(PATTERNS) and min(patterns.values()) > 70  # each 100 on average
    used = Counter(identity for p in plans if p.speaker == "s1" for identity, label in p.pieces if label == "neutral")
    assert max(used.values()) - min(used.values()) <= 1


def test_a_speaker_without_neutral_speech_gives_the_emotion_alone() -> None:
    assert {p.pattern for p in plan(_clips(6, 0), ["neutral"])} == {"E"}


def test_speakers_do_not_hang_on_each_other() -> None:
    both = plan(_clips(5, 2), ["neutral"])
    alone = plan({"s2": _clips(5, 2)["s2"]}, ["neutral"])
    assert [p for p in both if p.speaker == "s2"] == alone


def test_joined_pieces_are_without_silent_ends_at_one_level_and_where_the_reference_says() -> None:
    rate = 16000
    draws = np.random.default_rng(0)
    quiet = np.zeros(rate // 2, dtype=np.float32)
    loud = 0.3 * draws.standard_normal(rate).astype(np.float32)
    soft = 0.003 * draws.standard_normal(2 * rate).astype(np.float32)
    pieces = [(np.concatenate([quiet, loud, quiet]), rate), (soft, rate)]
    samples, reference = join(pieces, ["neutral", "anger"], rate)
    assert [segment.label for segment in reference] == ["neutral", "anger"]
    assert abs(reference[0].end - 1.0) < 0.05 and reference[1].start == reference[0].end
    assert abs(reference[1].end - len(samples) / rate) < 1e-9 and abs(len(samples) / rate - 3.0) < 0.05
    edge = round(reference[0].end * rate)
    levels = [np.sqrt(np.mean(part.astype(float) ** 2)) for part in (samples[:edge], samples[edge:])]
    assert abs(levels[1] / levels[0] - 1) < 1e-3 and np.abs(samples).max() <= 1


def test_a_piece_of_another_rate_keeps_its_duration_and_pitch() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)
    samples, reference = join([(tone, 8000)], ["anger"], 16000)
    assert abs(reference[0].end - 1.0) < 0.03
    spectrum = np.abs(np.fft.rfft(samples[:16000], 16000))
    assert spectrum.argmax() == 440


def test_silence_alone_is_not_an_error() -> None:
    assert len(speech_of(np.zeros(1000, dtype=np.float32), 16000)) >= 1000

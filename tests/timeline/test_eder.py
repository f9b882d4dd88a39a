"""EDER and its parts, against hand-computed cases and the value that the published code documents."""

from __future__ import annotations

import pytest

from sernet.timeline.eder import compare, segment_f1
from sernet.timeline.segments import NONE, Segment


def _segments(*triples: tuple[float, float, str]) -> list[Segment]:
    return [Segment(*triple) for triple in triples]


REFERENCE = _segments((0, 2, "neutral"), (2, 5, "anger"), (5, 6, "neutral"))


@pytest.mark.parametrize(
    ("hypothesis", "parts"),
    [
        (REFERENCE, (0, 0, 0, 0)),
        (_segments((0, 6, "neutral")), (0, 3, 0, 0)),
        (_segments((0, 6, "anger")), (3, 0, 0, 0)),
        (_segments((0, 1.5, "neutral"), (1.5, 4, "anger"), (4, 6, "neutral")), (0.5, 1, 0, 0)),
        (_segments((0, 2, "neutral"), (2, 4, "anger"), (4, 5, "sadness"), (5, 6, "neutral")), (0, 0, 1, 0)),
        (_segments((0, 2, "neutral"), (2, 5, "anger"), (3, 4, "sadness"), (5, 6, "neutral")), (0, 0, 0, 1)),
        (_segments((0, 2, NONE), (2, 3, NONE), (3, 5, "anger"), (5, 6, "neutral")), (0, 1, 0, 0)),
        (_segments((0, 2, "neutral"), (2, 5, "anger")), (0, 1, 0, 0)),  # the end is left unlabelled
    ],
)
def test_parts_by_hand(hypothesis: list[Segment], parts: tuple[float, ...]) -> None:
    errors = compare(REFERENCE, hypothesis, 6.0)
    assert errors[:4] == pytest.approx(parts)
    assert errors.eder == pytest.approx(sum(parts) / 6)


def test_example_of_the_published_code() -> None:
    """speechbrain/utils/EDER.py documents 0.2704918032786885 for six frames of 0.2 s."""
    reference = _segments((0, 0.39, "neutral"), (0.39, 1.10, "angry"), (1.10, 1.22, "neutral"))
    hypothesis = _segments((0, 0.6, "neutral"), (0.6, 1.2, "angry"))
    assert compare(reference, hypothesis, 1.22).eder == pytest.approx(0.2704918032786885, abs=1e-12)


def test_what_lies_outside_the_recording_does_not_count() -> None:
    errors = compare(_segments((0, 4, "anger")), _segments((-1, 9, "anger")), 4.0)
    assert errors.eder == 0


def test_segments_match_by_emotion_and_half_of_their_union() -> None:
    reference = _segments((0, 4, "anger"), (4, 6, "neutral"), (6, 10, "sadness"))
    half = _segments((0, 2, "anger"), (2, 6, "neutral"), (6, 10, "anger"))
    less = _segments((0, 1.9, "anger"), (1.9, 6, "neutral"), (6, 10, "sadness"))
    twice = _segments((0, 2, "anger"), (2, 4, "anger"), (6, 10, "sadness"))
    assert compare(reference, half, 10)[5:] == (1, 2, 2)
    assert compare(reference, less, 10)[5:] == (1, 2, 2)
    assert compare(reference, twice, 10)[5:] == (2, 2, 3)
    assert segment_f1(2, 2, 3) == pytest.approx(0.8)
    assert segment_f1(0, 0, 0) == 1


def test_recording_of_no_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="0"):
        compare([], [], 0.0)

"""The emotion diarisation error rate and its parts, and the F1 of segments.

EDER (Wang et al. 2023, arXiv:2306.12991): the share of a recording's time that is labelled wrongly,
(false alarm + missed + confusion + overlap) / duration; a corpus's EDER is the mean over its recordings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sernet.timeline.segments import NONE, Segment

LEAST_IOU = 0.5


class Errors(NamedTuple):
    """Seconds of each kind of error in one recording, its duration, and its segments.

    `matched`, `reference` and `hypothesis` count emotional segments: the matched ones, and all on either side.
    """

    false_alarm: float
    missed: float
    confusion: float
    overlap: float
    duration: float
    matched: int
    reference: int
    hypothesis: int

    @property
    def eder(self) -> float:
        """The recording's error rate."""
        return (self.false_alarm + self.missed + self.confusion + self.overlap) / self.duration


def compare(
    reference: Sequence[Segment], hypothesis: Sequence[Segment], duration: float, quiet: Collection[str] = ("neutral",)
) -> Errors:
    """The errors of ``hypothesis`` in a recording of ``duration`` seconds.

    Time counts as false alarm where an emotion is predicted and there is none, as missed where one is not predicted,
    as confusion where another one is, as overlap where another one stands beside the right one. What the hypothesis
    leaves unlabelled is missed, as in the published code; what the reference leaves unlabelled has no emotion.

    Args:
        quiet: labels that are no emotion; `NONE` is one of them always.

    Raises:
        ValueError: a recording of no duration.
    """
    if duration <= 0:
        raise ValueError(f"a recording of {duration} s")
    silent = {*quiet, NONE}
    edges = sorted({0.0, duration, *(min(max(t, 0.0), duration) for s in (*reference, *hypothesis) for t in s[:2])})
    false_alarm = missed = confusion = overlap = 0.0
    for start, end in zip(edges, edges[1:]):
        middle, length = (start + end) / 2, end - start
        wanted = {s.label for s in reference if s.start <= middle < s.end} - silent
        labelled = {s.label for s in hypothesis if s.start <= middle < s.end}
        given = labelled - silent
        if not labelled or (wanted and not given):
            missed += length
        elif given and not wanted:
            false_alarm += length
        elif wanted and not wanted & given:
            confusion += length
        elif given - wanted:
            overlap += length
    wanted_segments = [s for s in reference if s.label not in silent]
    given_segments = [s for s in hypothesis if s.label not in silent]
    matched = _matched(wanted_segments, given_segments)
    counts = matched, len(wanted_segments), len(given_segments)
    return Errors(false_alarm, missed, confusion, overlap, duration, *counts)


def segment_f1(matched: float, reference: float, hypothesis: float) -> float:
    """F1 of emotional segments: 2 matched / (reference + hypothesis); 1 where there is nothing on either side.

    A segment is matched by one of the same emotion with at least half of their union in common, one to one.
    """
    return 2 * matched / (reference + hypothesis) if reference + hypothesis else 1.0


def _matched(reference: Sequence[Segment], hypothesis: Sequence[Segment]) -> int:
    pairs = [
        (iou, i, j)
        for i, a in enumerate(reference)
        for j, b in enumerate(hypothesis)
        if a.label == b.label and (iou := _iou(a, b)) >= LEAST_IOU - 1e-9
    ]
    left, right = set(range(len(reference))), set(range(len(hypothesis)))
    for _, i, j in sorted(pairs, reverse=True):
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
    return len(reference) - len(left)


def _iou(a: Segment, b: Segment) -> float:
    common = min(a.end, b.end) - max(a.start, b.start)
    union = max(a.end, b.end) - min(a.start, b.start)
    return common / union if common > 0 else 0.0

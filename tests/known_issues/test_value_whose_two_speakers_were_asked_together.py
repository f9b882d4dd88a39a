"""A probe was asked for a value that it had not been fitted on, when both speakers of it fell into one part.

Speakers were dealt out in turn by the rarest value of each: two of a value are neighbours then, unless both have one
that is as rare and comes first. Five places apart, they shared a part, and every utterance of the value was misread.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from score_sets import score_set
from sernet.score.probes import read_within


@pytest.mark.parametrize("attribute", ["text", "session", "intensity", "language", "corpus"])
def test_each_part_is_asked_for_values_that_another_speaker_has(attribute: str) -> None:
    said = [(f"{pair}{side}", pair) for pair in "abcd" for side in "01"]  # speaker, value: each value has two speakers
    said = 4 * [*said, ("a0", "z"), ("c0", "z"), ("b0", "y"), ("d0", "y")]
    place = {value: number for number, value in enumerate("abcdyz")}
    embedding = np.random.default_rng(0).standard_normal((len(said), 6))
    embedding[range(len(said)), [place[value] for _, value in said]] += 30
    scores = score_set(embedding, np.zeros(len(said), dtype=int), 2)
    scores = replace(scores, speaker=np.asarray([speaker for speaker, _ in said]))
    values = dict(zip(map(str, scores.utt_id), (value for _, value in said), strict=True))
    read = read_within(scores, values, attribute)
    assert read.told.tolist() == read.value.tolist()

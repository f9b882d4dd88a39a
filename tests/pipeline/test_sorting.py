"""What is sorted on disk comes out as Python's own sort has it."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from sernet.pipeline.sorting import BATCH, Sorted


def test_pairs_come_out_as_c_sorts_and_equal_keys_as_they_went_in() -> None:
    draws = np.random.default_rng(0)
    keys = ["".join(draws.choice([*"aAbB_-19é"], size=3)) for _ in range(3 * BATCH + 7)]
    pairs = [(key, str(number)) for number, key in enumerate(keys)]
    expected = sorted(pairs, key=lambda pair: pair[0].encode())
    found = Sorted(pairs)
    assert list(found) == expected and list(found) == expected and len(found) == len(pairs)
    groups = {key: [value for _, value in same] for key, same in groupby(expected, key=lambda pair: pair[0])}
    assert dict(found.groups()) == groups
    assert dict(found.groups(at_least=9)) == {key: same for key, same in groups.items() if len(same) >= 9}


def test_what_is_put_in_later_is_sorted_in() -> None:
    found = Sorted([("b", "1"), ("a", "2")])
    assert list(found) == [("a", "2"), ("b", "1")]
    found.put("aa", "3")
    assert list(found) == [("a", "2"), ("aa", "3"), ("b", "1")]
    assert list(Sorted()) == []

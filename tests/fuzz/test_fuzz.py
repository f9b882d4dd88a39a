"""A minute of fuzzing: some damaged inputs of every kind. All of it: ``python -m tests.fuzz``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fuzz.kinds import all_kinds, run

TRIES = int(os.environ.get("SERNET_FUZZ", "30"))
"""Of each kind."""


@pytest.mark.parametrize("name", all_kinds())
def test_what_is_damaged_is_refused_in_words_or_read_right(name: str, tmp_path: Path) -> None:
    # The time only ends what would never end: how fast a machine is decides nothing.
    tally = run(all_kinds()[name], tmp_path, TRIES, seconds=60)
    assert tally.tries >= min(TRIES, 20)
    assert not tally.faults, "\n".join(f"{fault}\n  input: {value}" for fault, value in tally.faults.items())

"""From stage timeline on, report was made without asking whether the out-of-distribution scores were up to date."""

from __future__ import annotations

from sernet.pipeline.stages import STAGES, find, needed


def test_all_that_is_not_done_now_must_have_been_done() -> None:
    chosen = [find("timeline"), find("report")]
    assert [stage.name for stage in needed(chosen)] == ["corpora", "prepare", "features", "train", "score", "ood"]
    assert needed(STAGES) == ()

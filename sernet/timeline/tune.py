"""The settings of all methods, chosen by EDER on recordings of dev speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from sernet.config.timeline import TimelineConfig, TuneConfig
from sernet.pipeline.progress import track
from sernet.timeline.annotate import Setting, by_baseline, by_hmm
from sernet.timeline.decode import Decoder
from sernet.timeline.eder import compare
from sernet.timeline.segments import Segment
from sernet.timeline.windows import Windows

PLAIN = Decoder("torch", "k2 gives the same, and as a job it would start anew for each setting")


def tune(
    recordings: Sequence[Windows],
    references: Sequence[Sequence[Segment]],
    outliers: Sequence[np.ndarray | None],
    setting: Setting,
    grid: TuneConfig,
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The chosen settings, and the EDER of all that were tried; of equals the first is taken."""
    tried: list[dict[str, Any]] = []

    def best(method: str, candidates: Sequence[dict[str, Any]]) -> dict[str, Any]:
        results = []
        for candidate in track(candidates, description=f"tuning {method}"):
            changed = replace(setting, config=with_settings(setting.config, candidate))
            if method == "hmm":
                found = [item.segments for item in by_hmm(recordings, changed, PLAIN, outliers)]
            else:
                found = by_baseline(method, recordings, changed, outliers)
            results.append(mean_eder(references, found, recordings, setting.config.quiet))
            tried.append({"method": method, **candidate, "eder": round(results[-1], 6)})
        return dict(candidates[int(np.argmin(results))])

    names = ("scale", "switch_penalty", "minimum_seconds", "prior")
    hmm = product(grid.scale, grid.switch_penalty, grid.minimum_seconds, grid.prior)
    chosen = best("hmm", [dict(zip(names, values)) for values in hmm])
    chosen |= best("moving_average", [{"moving_average_seconds": value} for value in grid.moving_average_seconds])
    chosen |= best("total_variation", [{"total_variation": value} for value in grid.total_variation])
    return chosen, tried


def with_settings(config: TimelineConfig, settings: dict[str, Any]) -> TimelineConfig:
    """``config`` with what `tune` has chosen."""
    own = {name: value for name, value in settings.items() if name in ("moving_average_seconds", "total_variation")}
    of_hmm = {name: value for name, value in settings.items() if name not in own}
    return config.model_copy(update=own | {"hmm": config.hmm.model_copy(update=of_hmm)})


def mean_eder(
    references: Sequence[Sequence[Segment]],
    found: Sequence[Sequence[Segment]],
    recordings: Sequence[Windows],
    quiet: Sequence[str],
) -> float:
    """The mean over recordings."""
    triples = zip(references, found, recordings, strict=True)
    return float(np.mean([compare(reference, own, w.duration, quiet).eder for reference, own, w in triples]))

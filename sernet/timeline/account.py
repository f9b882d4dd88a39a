"""A model's segments of many recordings by every method, with their errors: what `segments.json` holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sernet.timeline.annotate import BASELINES, Setting, by_baseline, by_hmm
from sernet.timeline.decode import Decoder
from sernet.timeline.eder import compare
from sernet.timeline.store import Recording
from sernet.timeline.windows import Windows


def account(
    recordings: Sequence[Recording],
    windows: Sequence[Windows],
    setting: Setting,
    decoder: Decoder,
    outliers: Sequence[np.ndarray | None],
) -> dict[str, Any]:
    """Segments and EDER parts of each of ``recordings``, seen as ``windows``, by the HMM and by each baseline; JSON."""
    found = {"hmm": [item.segments for item in by_hmm(windows, setting, decoder, outliers)]}
    found |= {name: by_baseline(name, windows, setting, outliers) for name in BASELINES}
    quiet = setting.config.quiet
    return {
        "quiet": quiet,
        "recordings": [
            {
                "id": item.id,
                "speaker": item.speaker,
                "pattern": item.pattern,
                "duration": item.duration,
                "reference": [segment[:3] for segment in item.reference],
                "segments": {name: segments[number] for name, segments in found.items()},
                "errors": {
                    name: compare(item.reference, segments[number], item.duration, quiet)
                    for name, segments in found.items()
                },
            }
            for number, item in enumerate(recordings)
        ],
    }

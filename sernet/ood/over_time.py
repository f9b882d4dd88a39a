"""A detector's outlier score of every window of a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sernet.errors import UsageError
from sernet.ood.base import Detector
from sernet.ood.registry import make_detector
from sernet.score.files import ScoreSet
from sernet.timeline.windows import Windows


def outlier_scores(
    name: str, options: Mapping[str, float], train: ScoreSet, recordings: Sequence[Windows]
) -> list[np.ndarray]:
    """The score of each window of each recording, ``(frames,)``. Larger = more outlying.

    The detector is fitted on ``train``, the model's score file. What of its scores is usual, windows of known speech
    must tell: whole utterances, which ``train`` holds, are means over windows and lie closer together.

    Raises:
        UsageError: no such detector, or one that does not work from scores alone, such as duration.
    """
    detector = make_detector(name, options)
    if not isinstance(detector, Detector):
        raise UsageError(f"detector {name} needs more than the scores of a window; take another, such as mahalanobis")
    detector.fit(train)
    return [detector.score(_as_scores(train, windows)) for windows in recordings]


def _as_scores(train: ScoreSet, windows: Windows) -> ScoreSet:
    count = len(windows.level)
    nobody = np.full(count, "")
    return replace(
        train,
        utt_id=np.arange(count).astype(str),
        speaker=nobody,
        corpus=nobody,
        emotion=nobody,
        label=np.full(count, -1),
        logits=windows.logits,
        cosine=windows.cosine,
        embedding=windows.embedding,
    )

"""From windows to segments: by the HMM, or by a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sernet.config.timeline import TimelineConfig
from sernet.timeline import baselines
from sernet.timeline.decode import Decoder
from sernet.timeline.emissions import emissions, log_posterior, outlying, silence
from sernet.timeline.paths import Decoded
from sernet.timeline.segments import NONE, Segment, from_frames
from sernet.timeline.topology import Hmm, in_frames
from sernet.timeline.windows import Windows

BASELINES = ("argmax", "moving_average", "total_variation")
METHODS = ("hmm", *BASELINES)


@dataclass(frozen=True)
class Setting:
    """What turns a model's windows into segments.

    Args:
        config: the recipe's.
        classes: of the model, in the order of its logits.
        prior: share of each of ``config.classes`` in the training data; empty: uniform.
        implied: prior that the posteriors imply, over ``config.classes``; empty: uniform (a balanced training).
        known: outlier scores of known speech, where ``config.reject`` names a detector.
    """

    config: TimelineConfig
    classes: tuple[str, ...]
    prior: tuple[float, ...] = ()
    implied: tuple[float, ...] = ()
    known: np.ndarray | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the segments: the classes, then `NONE`."""
        return (*self.config.classes, NONE)

    @property
    def hmm(self) -> Hmm:
        """The grammar."""
        config = self.config
        number = len(config.classes)
        shares = np.array(self.prior if self.prior and config.hmm.prior == "train" else (1 / number,) * number)
        shares = (1 - config.reject.prior) * shares / shares.sum()
        minimum = in_frames(config.hmm.minimum_seconds, config.classes, config.hop_seconds)
        none = in_frames(config.reject.minimum_seconds, [NONE], config.hop_seconds)
        prior = (*shares.tolist(), config.reject.prior)
        return Hmm(self.labels, (*minimum, *none), config.hmm.switch_penalty, prior)

    def emissions(self, windows: Windows, outlier: np.ndarray | None = None, scale: float = 1.0) -> np.ndarray:
        """Log weights ``(frames, labels)`` of a recording; ``outlier`` is the detector's score of each window."""
        config = self.config
        rejection = silence(windows.level, config.reject.below_db, config.reject.softness_db)
        if outlier is not None and self.known is not None:
            rejection = np.maximum(rejection, outlying(outlier, self.known, config.reject.accept))
        posterior = log_posterior(windows.logits, self.classes, config.classes, config.merge)
        number = len(config.classes)
        implied = np.array(self.implied or (1 / number,) * number)
        return emissions(posterior, rejection, implied, scale)


def setting_of(
    config: TimelineConfig, classes: Sequence[str], counts: Mapping[str, int], balanced: bool, known: np.ndarray | None
) -> Setting:
    """The setting of a model of ``classes`` trained on ``counts`` utterances of each label.

    ``balanced``: classes counted alike in training, so that its posteriors imply a uniform prior. ``known``: see
    `Setting`.
    """
    prior = tuple(count / sum(counts.values()) for count in counts.values())
    return Setting(config, tuple(classes), prior, () if balanced else prior, known)


@dataclass(frozen=True)
class Annotated:
    """One recording's segments, the decoder's own account of it, and the n best ones."""

    segments: list[Segment]
    decoded: Decoded
    alternatives: list[tuple[list[Segment], float]]


def by_hmm(
    recordings: Sequence[Windows],
    setting: Setting,
    decoder: Decoder,
    outliers: Sequence[np.ndarray | None] | None = None,
    n: int = 0,
) -> list[Annotated]:
    """Segments of each recording by the HMM, with posteriors as confidence, and its ``n`` best paths."""
    config = setting.config
    scale = config.hmm.scale or min(1.0, config.hop_seconds / config.window_seconds)
    outliers = outliers or [None] * len(recordings)
    weights = [setting.emissions(windows, outlier, scale) for windows, outlier in zip(recordings, outliers)]
    hmm = setting.hmm
    graphs = {frames: hmm.graph(frames) for frames in {len(matrix) for matrix in weights}}
    decoded = decoder.decode(weights, [graphs[len(matrix)] for matrix in weights], n)
    hop, labels = config.hop_seconds, setting.labels
    return [
        Annotated(
            from_frames(item.labels, labels, hop, windows.duration, item.posterior),
            item,
            [(from_frames(path, labels, hop, windows.duration), score) for path, score in item.alternatives],
        )
        for item, windows in zip(decoded, recordings)
    ]


def by_baseline(
    name: str, recordings: Sequence[Windows], setting: Setting, outliers: Sequence[np.ndarray | None] | None = None
) -> list[list[Segment]]:
    """Segments of each recording by argmax, moving_average or total_variation of the same posteriors."""
    config = setting.config
    label: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "argmax": baselines.argmax,
        "moving_average": lambda p: baselines.moving_average(
            p, round(config.moving_average_seconds / config.hop_seconds)
        ),
        "total_variation": lambda p: baselines.total_variation(p, config.total_variation),
    }
    outliers = outliers or [None] * len(recordings)
    found = []
    for windows, outlier in zip(recordings, outliers):
        weight = np.exp(setting.emissions(windows, outlier).astype(np.float64))
        path = label[name](weight / weight.sum(axis=1, keepdims=True))
        found.append(from_frames(path, setting.labels, config.hop_seconds, windows.duration))
    return found

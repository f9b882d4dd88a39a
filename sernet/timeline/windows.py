"""A recording of any length as overlapping windows with a model's logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sernet.data.dataset import FrontEnd
from sernet.errors import SernetError
from sernet.model.sernet import SerNet, classify, embed
from sernet.timeline.segments import frames_of

LEVEL_SECONDS = 0.3
"""A pause of a plosive is no silence: levels are means over this long."""


@dataclass(frozen=True)
class Windows:
    """A recording seen window by window, one every hop, around the middle of each hop.

    Args:
        duration: of the recording, in seconds.
        logits, cosine: float32 ``(frames, classes)``.
        embedding: float32 ``(frames, dim)``.
        level: of the sound around the middle of each hop, in dB, ``(frames,)``.
    """

    duration: float
    logits: np.ndarray
    cosine: np.ndarray
    embedding: np.ndarray
    level: np.ndarray


def look(
    model: SerNet,
    front_end: FrontEnd,
    features: np.ndarray,
    frame_shift: float,
    seconds: float,
    hop: float,
    device: str = "cpu",
    duration: float | None = None,
    normalise: str = "recording",
) -> Windows:
    """Show ``model`` windows of ``seconds`` every ``hop`` seconds.

    Args:
        front_end: normalisation of the training; nothing is trimmed here, since that would move time.
        features: natural-log energies of the whole recording, ``(frames, bins)``.
        frame_shift: of them, in seconds.
        duration: of the recording in seconds; None: as the features have it.
        normalise: where the training takes off each utterance's mean, take off that of the "recording", over its speech
            where the training does so, or that of the training data ("train").

    Raises:
        SernetError: there are no features, or values that are not finite.
    """
    if not len(features) or not np.isfinite(features).all():
        raise SernetError("the recording has no features, or some that are not finite")
    mean = "global" if normalise == "train" else front_end.normalise
    whole = FrontEnd(mean, None, front_end.mean, front_end.std)(features)
    duration = len(features) * frame_shift if duration is None else duration
    middles = (np.arange(frames_of(duration, hop)) + 0.5) * hop
    embedding = embed(model, _cut(whole, middles, seconds, frame_shift), device)
    logits, cosine = classify(model, embedding, device)
    power = np.exp(features.astype(np.float64)).sum(axis=1)
    level = np.array([10 * np.log10(part.mean()) for part in _cut(power, middles, LEVEL_SECONDS, frame_shift)])
    return Windows(duration, logits, cosine, embedding, level)


def _cut(frames: np.ndarray, middles: np.ndarray, seconds: float, shift: float) -> list[np.ndarray]:
    """Stretches of ``seconds`` around ``middles``, shorter at the ends, never empty."""
    size = max(1, round(seconds / shift))
    starts = np.round(middles / shift - size / 2).astype(int)
    stops = np.clip(starts + size, 1, len(frames))
    starts = np.minimum(np.maximum(starts, 0), stops - 1)
    return [frames[start:stop] for start, stop in zip(starts, stops)]

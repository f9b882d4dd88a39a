"""Random changes of normalised log energies in training, each a function of the generator that is passed in."""

from __future__ import annotations

import numpy as np

from sernet.config.training import AugmentConfig


def resample(matrix: np.ndarray, times: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """``matrix`` (frames, bins) read at fractional ``times`` (frames) and ``bins``, bilinearly; ends are repeated."""
    return _read(_read(matrix, times).T, bins).T


def _read(matrix: np.ndarray, positions: np.ndarray) -> np.ndarray:
    matrix = np.ascontiguousarray(matrix)  # `take` copies whole rows then, which is where the time goes
    positions = np.clip(positions, 0, len(matrix) - 1)
    low = np.minimum(positions.astype(np.int64), max(len(matrix) - 2, 0))
    share = (positions - low).astype(np.float32)[:, None]
    value = matrix.take(low, axis=0)
    value += share * (matrix.take(np.minimum(low + 1, len(matrix) - 1), axis=0) - value)
    return value


def augment(
    matrix: np.ndarray, config: AugmentConfig, crop: int | None, frame_shift: float, draws: np.random.Generator
) -> np.ndarray:
    """A random crop of ``crop`` frames (None: all of them), warped, sent through a channel and masked.

    Warping in time changes the tempo, in frequency the length of the vocal tract (linear in mel bins; after Jaitly
    and Hinton 2013); masks are SpecAugment's (Park et al. 2019), filled with 0, the mean of normalised input.
    An utterance shorter than the crop is repeated: with lengths alike in all batches, a batch's statistics tell nothing
    of them, and no time goes into padding. ``frame_shift`` is in seconds.
    """
    frames, bins = matrix.shape
    tempo = 1 + config.time_warp * draws.uniform(-1, 1)
    tract = 1 + config.frequency_warp * draws.uniform(-1, 1)
    length = max(1, int(frames / tempo)) if crop is None else crop
    spare = frames - 1 - tempo * (length - 1)
    times = draws.random() * (spare if spare > 0 else frames) + tempo * np.arange(length)
    if crop is None:
        times -= times[0]
    changed = resample(matrix, times if spare >= 0 else times % frames, tract * np.arange(bins))
    if config.channel > 0:
        changed = changed + _channel(bins, config.channel, draws)
    changed = np.ascontiguousarray(changed, dtype=np.float32)
    for _ in range(config.time_masks):
        start, stop = _span(length, int(config.time_mask_seconds / frame_shift), draws)
        changed[start:stop] = 0
    for _ in range(config.frequency_masks):
        start, stop = _span(bins, config.frequency_mask_bins, draws)
        changed[:, start:stop] = 0
    return changed


def _span(total: int, longest: int, draws: np.random.Generator) -> tuple[int, int]:
    width = int(draws.integers(0, min(longest, total) + 1))
    start = int(draws.integers(0, total - width + 1))
    return start, start + width


def _channel(bins: int, spread: float, draws: np.random.Generator) -> np.ndarray:
    """A smooth frequency response, straight between six random points; our design."""
    points = draws.normal(0, spread, 6)
    return np.interp(np.arange(bins), np.linspace(0, bins - 1, 6), points).astype(np.float32)


def moments(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each bin's mean and deviation over the frames of ``matrix`` (frames, bins), both (1, bins)."""
    mean = matrix.mean(0, keepdims=True)
    return mean, matrix.std(0, keepdims=True, mean=mean) + 1e-3


def mix_style(
    matrix: np.ndarray, own: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], share: float
) -> np.ndarray:
    """``matrix`` (frames, bins) with its `moments` moved from its ``own`` towards those of an ``other``.

    ``share`` of them stays its own. MixStyle (Zhou et al. 2021, equations 5 to 7) on the input and by frequency: voices
    and channels that the training data do not have, between those that it has.
    """
    mixed = matrix - own[0]
    mixed *= share + (1 - share) * other[1] / own[1]
    mixed += share * own[0]
    mixed += (1 - share) * other[0]
    return mixed

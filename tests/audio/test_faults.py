"""Made recordings, each with one fault; sound ones have none."""

from __future__ import annotations

import numpy as np
import pytest

from sernet.audio.faults import Listener, silent

RATE = 16000
SPEECH = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)


def _heard(samples: np.ndarray, channel: int | None = None, size: int = 3333) -> Listener:
    block = samples if samples.ndim == 2 else samples[:, None]
    listener = Listener(RATE, block.shape[1], channel)
    for start in range(0, len(block), size):
        listener.put(block[start : start + size])
    return listener


def _stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.stack([left, right], axis=1)


@pytest.mark.parametrize(
    ("samples", "channel", "fault"),
    [
        (SPEECH, None, ""),
        (SPEECH, 0, ""),
        (1e-3 * SPEECH, None, ""),  # faint, and audible in 16 bits
        (_stereo(SPEECH, SPEECH), None, ""),
        (_stereo(SPEECH, np.roll(SPEECH, 7)), None, ""),
        (1.5 / np.abs(SPEECH).max() * SPEECH, None, ""),  # decoders overshoot
        (np.concatenate([0 * SPEECH, SPEECH[:800]]), None, ""),  # silent but for 50 ms
        (SPEECH[:0], None, "has no samples"),
        (SPEECH[:16], None, "lasts 1 ms, less than the 25 ms"),
        (np.append(SPEECH, np.float32(np.nan)), None, "not finite"),
        (np.append(SPEECH, np.float32(np.inf)), None, "not finite"),
        (32768 * SPEECH, None, "where full scale is 1; were whole numbers stored as floats?"),
        (40 * SPEECH, None, "where full scale is 1"),
        (0 * SPEECH, None, "is silent throughout"),
        (0 * SPEECH + np.float32(0.3), 0, "is silent throughout: every sample is 0.3"),
        (np.round(SPEECH * 4) / 32768, 0, "is silent throughout"),  # dither
        (_stereo(SPEECH, -SPEECH), None, "its channels cancel"),
        (_stereo(SPEECH, -0.99 * SPEECH), None, "its channels cancel"),
        (_stereo(SPEECH, -SPEECH), 0, ""),
        (_stereo(0 * SPEECH, SPEECH), 0, "channel 0 is silent throughout"),
        (_stereo(0 * SPEECH, SPEECH), None, ""),
        (_stereo(0 * SPEECH, 0 * SPEECH), None, "is silent throughout"),
    ],
)
def test_what_is_wrong_is_said(samples: np.ndarray, channel: int | None, fault: str) -> None:
    found = _heard(samples.astype(np.float32), channel).fault()
    assert found == fault or (fault and fault in found)


def test_channels_that_cancel_are_noted_where_one_is_taken() -> None:
    assert _heard(_stereo(SPEECH, -SPEECH), 1).note() == "its channels cancel: they are in opposite phase"
    assert _heard(_stereo(SPEECH, SPEECH), 1).note() == _heard(SPEECH).note() == ""


@pytest.mark.parametrize("size", [1, 100, 159, 160, 4000, RATE])
def test_silences_do_not_hang_on_the_blocks(size: int) -> None:
    samples = np.concatenate([SPEECH[:1600], 0 * SPEECH[:3200], SPEECH[:1600], 0 * SPEECH[:1234]])
    found = _heard(samples, 0, size).silences
    assert found == [(1600, 4800), (6400, 7634)]
    assert silent(found, 1700, 4700) and not silent(found, 1500, 4700) and not silent(found, 4700, 6500)


def test_what_is_taken_is_the_channel_or_the_mean() -> None:
    left, right = np.float32([0.25, 0.5]), np.float32([0.75, 0.0])
    assert Listener(RATE, 2, 1).put(_stereo(left, right)).tolist() == right.tolist()
    assert Listener(RATE, 2).put(_stereo(left, right)).tolist() == [0.5, 0.25]

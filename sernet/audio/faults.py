"""What is wrong with a recording, for all who read one: stage 1, prediction.

A **fault** is what makes it useless; stage 1 leaves the file out (and refuses the corpus beyond `max_bad_share`), and
prediction answers by an error: no samples, samples that are not finite, less than one frame, silence or one value
throughout, levels far beyond full scale, fewer (or more) samples than its header says, a mean of channels that cancel.
A **note** does no harm and is said: channels that cancel where only one is taken, a few samples missing at the end, a
header that does not say how long the file is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sernet.audio.promises import Promise

FRAME = 0.025
"""Seconds. From less no frame of features can be taken."""
STEP = 0.01
"""Seconds over which silence is told."""
SILENCE = 10 ** (-90 / 20)
"""RMS about its own mean below which a step is silent: what 16 bits round away."""
CANCELLED = 1e-3
"""The power of the mean of several channels, against their mean power, below which they cancel."""
OVERSHOOT = 2.0
"""No decoder goes further beyond full scale than this."""
INTEGERS = 100.0
"""A peak from here on is of samples that were whole numbers."""
CANCEL = "its channels cancel: they are in opposite phase, so that their mean is silent; take one channel"
SLACK = 0.05
"""Seconds by which an end may be missed."""


class Listener:
    """Hears a recording block after block. ``channel`` is the one that is taken; None: the mean of all."""

    def __init__(self, rate: int, channels: int, channel: int | None = None) -> None:
        self._rate, self._channels, self._channel = rate, channels, channel
        self.samples = 0
        """Of each channel, so far."""
        self._shares = np.full(channels, 1 / channels, np.float32)
        self._finite = True
        self._low, self._high = np.inf, -np.inf
        self._power = self._power_of_mean = 0.0
        self._step = max(1, round(STEP * rate))
        self._rest: NDArray[np.float32] = np.empty(0, np.float32)
        self._stretches: list[tuple[int, int]] = []

    def put(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hear a block (n, channels); returns what is taken of it, mono (n,)."""
        mean = block @ self._shares if self._channels > 1 else block[:, 0]
        taken = mean if self._channel is None else block[:, self._channel]
        if not np.isfinite(block).all():
            self._finite = False
        elif len(taken):
            self._low, self._high = min(self._low, float(taken.min())), max(self._high, float(taken.max()))
            if self._channels > 1:
                self._power += float(np.vdot(block, block)) / self._channels
                self._power_of_mean += float(np.vdot(mean, mean))
            self._silences(taken)
        self.samples += len(block)
        return np.ascontiguousarray(taken)

    def _silences(self, taken: NDArray[np.float32]) -> None:
        start = self.samples - len(self._rest)
        joined = np.concatenate([self._rest, taken])
        whole = len(joined) // self._step * self._step
        quiet = joined[:whole].reshape(-1, self._step).std(axis=1) < SILENCE
        self._rest = joined[whole:]
        edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            begin, end = start + int(first) * self._step, start + int(last) * self._step
            if self._stretches and self._stretches[-1][1] == begin:
                begin = self._stretches.pop()[0]
            self._stretches.append((begin, end))

    @property
    def silences(self) -> list[tuple[int, int]]:
        """Where nothing is to be heard: first sample, and the first one behind."""
        found = list(self._stretches)
        if len(self._rest) and self._rest.std() < SILENCE and found and found[-1][1] == self.samples - len(self._rest):
            found[-1] = (found[-1][0], self.samples)
        return found

    def fault(self) -> str:
        """What makes it useless; nothing: it is of use."""
        if not self.samples:
            return "has no samples"
        if not self._finite:
            return "holds samples that are not finite"
        if self.samples < FRAME * self._rate:
            return f"lasts {1000 * self.samples / self._rate:.3g} ms, less than the {1000 * FRAME:g} ms of one frame"
        peak = max(-self._low, self._high)
        if peak > OVERSHOOT:
            why = "; were whole numbers stored as floats?" if peak > INTEGERS else ""
            return f"goes up to {peak:.6g}, where full scale is 1{why}"
        if silent(self.silences, 0, self.samples):
            return self._silence()
        return CANCEL if self._channel is None and self._cancel else ""

    def _silence(self) -> str:
        if self._channel is None and self._cancel:
            return CANCEL
        which = f"channel {self._channel} " if self._channel is not None and self._channels > 1 else ""
        value = f": every sample is {self._high:.3g}" if self._low == self._high and self._low else ""
        return f"{which}is silent throughout{value}"

    @property
    def _cancel(self) -> bool:
        """Whether the mean of several channels is next to nothing, and they are not."""
        heard = self._power > self.samples * SILENCE**2
        return self._channels > 1 and heard and self._power_of_mean < CANCELLED * self._power

    def note(self) -> str:
        """What does no harm and is to be said."""
        return "its channels cancel: they are in opposite phase" if self._channel is not None and self._cancel else ""


def silent(silences: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether nothing is to be heard from sample ``start`` to ``end``."""
    return any(first <= start and end <= last for first, last in silences)


def incomplete(said: Promise, held: int, rate: int) -> tuple[str, str]:
    """Fault and note of a file that ``held`` other samples than its header ``said``; see above."""
    if said.fault:
        return said.fault, said.note
    if said.samples is None or said.samples == held:
        return "", said.note
    text = f"holds {held} of {said.samples} samples"
    if held > said.samples:
        text = f"holds {held} samples, and its header says {said.samples}: several files in one?"
    return (text, said.note) if abs(said.samples - held) >= SLACK * rate else ("", text)

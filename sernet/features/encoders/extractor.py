"""From samples to what stage 2 stores of an encoder: frames, or statistics over the frames of speech."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sernet.audio.activity import frame_power, framed, loud
from sernet.config.encoders import ENCODER_BLOCK, SpeechEncoderConfig
from sernet.errors import SernetError
from sernet.features.encoders.base import SAMPLE_RATE, SpeechEncoder
from sernet.features.encoders.load import load
from sernet.features.speech import brought_forward

SPEECH_DB = 30.0
"""Frames this far below an utterance's loudest are no speech to its statistics."""


class EncoderFrontEnd:
    """Features by a pre-trained encoder.

    Args:
        config: which encoder, which layers, what is kept.
        device: where it runs.
        place: its folder or file, where that is known.
        encoder: the encoder itself, where it is loaded already.
    """

    block = ENCODER_BLOCK
    sample_rate = SAMPLE_RATE

    def __init__(
        self,
        config: SpeechEncoderConfig,
        device: str = "cpu",
        place: Path | None = None,
        encoder: SpeechEncoder | None = None,
    ) -> None:
        self.config = config
        self.encoder = encoder or load(config, device, place)
        values = len(self.encoder.layers) * self.encoder.dimensions
        self.bins = 2 * values if config.keep == "statistics" else values
        self.frame_shift = self.encoder.hop / SAMPLE_RATE if config.keep == "frames" else None

    def __call__(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features of each of ``batch``, samples (n,) at 16 kHz: float32 (frames, layers x dimensions).

        With `keep: statistics` one row (1, layers x 2 x dimensions): of each layer the means, then the deviations,
        over the frames within 30 dB of the loudest.

        Raises:
            SernetError: an utterance is too short for the encoder, or gives values that are not finite.
        """
        heard = [self.cut(samples) for samples in batch]
        states = self.encode(heard)
        found = []
        for samples, state in zip(heard, states, strict=True):
            if not np.isfinite(state).all():
                raise SernetError("the encoder gives values that are not finite; with bf16: try float32")
            if self.config.keep == "frames":
                found.append(np.ascontiguousarray(state.transpose(1, 0, 2).reshape(state.shape[1], -1)))
            else:
                found.append(statistics(state, speech(samples, self.encoder.hop, state.shape[1])))
        return found

    def cut(self, samples: np.ndarray) -> np.ndarray:
        """What the encoder hears of ``samples``."""
        if self.config.cut == "none":
            return np.asarray(samples, dtype=np.float32)
        return brought_forward(samples, SAMPLE_RATE, channel=True)

    def encode(self, utterances: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Hidden states (layers, frames, dimensions) of utterances of any length, in batches by length."""
        pieces = [equal_windows(samples, self.config.window_seconds, self.encoder.hop) for samples in utterances]
        flat = [piece for of in pieces for piece in of]
        order = sorted(range(len(flat)), key=lambda index: (len(flat[index]), index))
        states: list[np.ndarray | None] = [None] * len(flat)
        longest = self.config.batch_seconds * SAMPLE_RATE
        chosen: list[int] = []
        for place, index in enumerate(order):
            chosen.append(index)
            following = order[place + 1] if place + 1 < len(order) else None
            if following is None or (len(chosen) + 1) * len(flat[following]) > longest:
                for one, state in zip(chosen, self.encoder.encode([flat[i] for i in chosen]), strict=True):
                    states[one] = state
                chosen = []
        parts = iter(state for state in states if state is not None)
        return [np.concatenate([next(parts) for _ in of], axis=1) for of in pieces]


def equal_windows(samples: np.ndarray, seconds: float, hop: int) -> list[np.ndarray]:
    """``samples`` in as few equal pieces of at most ``seconds`` as there can be, each a whole number of hops long.

    What is left at the very end, less than a hop, is no frame; it goes to the last piece where there is room.
    """
    longest = int(seconds * SAMPLE_RATE) // hop * hop
    if len(samples) <= longest:
        return [samples]
    frames = len(samples) // hop
    edges = np.linspace(0, frames, -(-frames * hop // longest) + 1).round().astype(int) * hop
    pieces = [samples[start:stop] for start, stop in zip(edges, edges[1:])]
    pieces[-1] = samples[edges[-2] :][:longest]
    return pieces


def speech(samples: np.ndarray, hop: int, frames: int) -> np.ndarray:
    """Which of ``frames`` frames, ``hop`` samples each, are within 30 dB of the loudest: bool (frames,)."""
    padded = np.zeros(frames * hop)
    padded[: len(samples)] = samples[: len(padded)]
    return loud(frame_power(framed(padded, hop)), SPEECH_DB)


def statistics(state: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Means and deviations of each layer of ``state`` (layers, frames, dimensions) over the frames that are ``there``.

    float32 (1, layers x 2 x dimensions).
    """
    chosen = state[:, there].astype(np.float64)
    return np.concatenate([chosen.mean(1), chosen.std(1)], axis=1).reshape(1, -1).astype(np.float32)

"""What all pre-trained encoders have in common: samples in, hidden states of some layers out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sernet.pipeline.arrays import read_safetensors

if TYPE_CHECKING:
    import torch

SAMPLE_RATE = 16000
"""Hz; all known encoders were trained at it."""


class SpeechEncoder(Protocol):
    """One encoder, frozen, ready to run.

    Layer 0 is what enters the first block, layer k the output of block k; of the last block with the model's final
    normalisation, where it has one. This is how transformers counts `hidden_states`.
    """

    layers: list[int]
    """The layers that are given."""
    dimensions: int
    """Of one layer."""
    hop: int
    """Samples from one frame to the next."""
    parameters: int
    """Weights that are used, up to the highest layer."""

    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Hidden states of each of ``batch``: float32 (layers, frames, dimensions).

        ``batch`` holds samples (n,), float32 within +-1 at 16 kHz, of any lengths. Each result is what the encoder
        gives for that utterance by itself, to rounding.

        Raises:
            SernetError: an utterance is too short for a single frame.
        """
        ...


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """All tensors of the `*.safetensors` files in ``folder``, as they lie there.

    Raises:
        SernetError: a file is damaged.
    """
    tensors: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors |= read_safetensors(path, "pt", "fetch the encoder again")[0]
    return tensors

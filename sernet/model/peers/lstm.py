"""A bidirectional LSTM with attention: Mirsamadi, Barsoum and Zhang 2017.

"Automatic speech emotion recognition using recurrent neural networks with local attention", ICASSP: two layers over
each frame, an LSTM in both directions, and frames weighted by their inner product with a learnt vector (their weighted
pooling with local attention). What differs: FBanks in place of their descriptors, four frames read as one (Sak, Senior,
Rao and Beaufays 2015, "Fast and accurate recurrent neural network acoustic models for speech recognition",
Interspeech, read eight), for a quarter of the time; our normalisation of the pooled vector and our embedding before the
classifier, and no dropout between layers (`model.dropout` is of the pooled vector).
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sernet.model.encoder import frame_mask, masked, strided

STACK = 4
DENSE = 512
CELLS = 128
"""In each direction."""


def parts(bins: int) -> tuple[Encoder, Attention]:
    """Encoder and pooling for input of ``bins`` filters."""
    encoder = Encoder(bins)
    return encoder, Attention(encoder.features)


class Encoder(nn.Module):
    """Two layers over each stack of frames, then the LSTM. An utterance's backward direction starts at its own end."""

    features = 2 * CELLS

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(nn.Linear(STACK * bins, DENSE), nn.ReLU(), nn.Linear(DENSE, DENSE), nn.ReLU())
        self.lstm = nn.LSTM(DENSE, CELLS, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, bins) -> (batch, features, stacks), and lengths in those; None: nothing is padded."""
        x = masked(x[:, None], frame_mask(lengths, x.shape[1]))[:, 0]
        lengths = strided(lengths, STACK)
        x = self.dense(functional.pad(x, (0, 0, 0, -x.shape[1] % STACK)).unflatten(1, (-1, STACK)).flatten(2))
        with torch.autocast(x.device.type, enabled=False):  # rounding would add up over the frames
            x = x.to(next(self.lstm.parameters()).dtype)
            if lengths is None:
                return self._recurrent(x).transpose(1, 2), None
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            y, _ = pad_packed_sequence(self._recurrent(packed), batch_first=True, total_length=x.shape[1])
        return y.transpose(1, 2), lengths

    def _recurrent(self, x: Any) -> Any:
        # cuDNN has gradients through an LSTM in training alone; ODIN wants them of a finished model.
        usable = self.training or not torch.is_grad_enabled()
        with nullcontext() if usable else torch.backends.cudnn.flags(enabled=False):
            return self.lstm(x)[0]


class Attention(nn.Module):
    """The mean over time, each frame weighted by the softmax of its inner product with a learnt vector."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.pooled = features
        self.score = nn.Linear(features, 1, bias=False)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, features, frames) -> (batch, features); frames from ``lengths`` on have no weight."""
        score = self.score(x.transpose(1, 2))
        if lengths is not None:
            padding = torch.arange(x.shape[2], device=x.device) >= lengths[:, None]
            score = score.masked_fill(padding[:, :, None], float("-inf"))
        return (x @ functional.softmax(score, dim=1))[:, :, 0]

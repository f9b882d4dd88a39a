"""From frames to one vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AttentiveStatistics(nn.Module):
    """Attention-weighted mean and standard deviation over time, an attention for each feature.

    Okabe et al. 2018, equations 4 to 6, with a weight a feature as in ECAPA-TDNN (Desplanques et al. 2020).
    """

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, hidden)
        self.score = nn.Linear(hidden, features)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(batch, features, frames) -> (batch, 2 features); frames from ``lengths`` on have no weight."""
        x = x.transpose(1, 2)
        score = self.score(torch.tanh(self.hidden(x)))
        if lengths is not None:
            padding = torch.arange(x.shape[1], device=x.device) >= lengths[:, None]
            score = score.masked_fill(padding[:, :, None], float("-inf"))
        weight = torch.softmax(score, dim=1)
        mean = (weight * x).sum(1)
        variance = (weight * (x - mean[:, None]).square()).sum(1)
        # A feature that is constant would have an infinite gradient at 0.
        return torch.cat([mean, variance.clamp(min=1e-5).sqrt()], dim=1)

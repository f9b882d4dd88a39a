"""The sequence objective, against the enumeration of all label sequences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from label_sequences import everything

from sernet.timeline.objective import sequence_loss
from sernet.timeline.topology import Hmm

HMM = Hmm(("neutral", "anger", "sadness"), (2, 2, 1), 0.6, (0.5, 0.3, 0.2))


def test_is_the_share_of_the_paths_that_hold_the_emotion() -> None:
    draws = np.random.default_rng(3)
    recordings = [draws.normal(size=(frames, 3)) for frames in (6, 4, 7)]
    held = ["anger", "sadness", "neutral"]
    runs = [[(1,), (0, 1), (1, 0), (0, 1, 0)], [(2,), (0, 2), (2, 0), (0, 2, 0)], [(0,)]]
    x = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(matrix) for matrix in recordings], batch_first=True)
    loss = sequence_loss(x, torch.tensor([6, 4, 7]), held, HMM, "neutral")
    for value, matrix, allowed in zip(loss, recordings, runs):
        total, part = (
            np.logaddexp.reduce([weight for weight, _ in everything(matrix, HMM, which)]) for which in (None, allowed)
        )
        assert float(value) == pytest.approx(total - part, abs=1e-5)


def test_what_follows_a_recording_has_no_gradient() -> None:
    x = torch.zeros(2, 8, 3, dtype=torch.float64, requires_grad=True)
    sequence_loss(x, torch.tensor([8, 5]), ["anger", "anger"], HMM, None).sum().backward()
    assert x.grad is not None and x.grad[1, 5:].abs().max() == 0 and x.grad[:, :5].abs().max() > 0


def test_localises_without_frame_labels() -> None:
    """Three recordings tell by their labels alone which of three patterns is which emotion, and so where each lies."""
    patterns = torch.eye(3, dtype=torch.float64)
    neutral, anger, sadness = patterns
    inputs = torch.stack(
        [
            torch.stack([neutral] * 4 + [anger] * 3 + [neutral] * 3),
            torch.stack([sadness] * 5 + [neutral] * 5),
            torch.stack([neutral] * 10),
        ]
    )
    weight = (0.01 * torch.from_numpy(np.random.default_rng(0).normal(size=(3, 3)))).requires_grad_()
    optimiser = torch.optim.Adam([weight], lr=0.1)
    lengths = torch.tensor([10, 10, 10])
    for _ in range(60):
        emission = torch.log_softmax(inputs @ weight, dim=2)
        loss = sequence_loss(emission, lengths, ["anger", "sadness", "neutral"], HMM, "neutral").mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    found = (inputs @ weight).argmax(dim=2)
    assert found.tolist() == [[0] * 4 + [1] * 3 + [0] * 3, [2] * 5 + [0] * 5, [0] * 10]

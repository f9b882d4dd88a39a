"""The torch of k2's environment, 1.13, does not tell autocast by device: fine-tuning through k2 failed at once."""

import pytest
import torch

from sernet.config.model import EncoderConfig
from sernet.model.encoder import Encoder


def test_the_encoder_has_gradients_with_the_functions_that_k2_s_torch_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda: False)
    monkeypatch.delattr(torch, "get_autocast_dtype", raising=False)
    encoder = Encoder(EncoderConfig(), bins=80)
    features, lengths = encoder(torch.randn(2, 60, 80), torch.tensor([60, 40]))
    features.sum().backward()
    assert lengths is not None
    assert all(parameter.grad is not None for parameter in encoder.parameters())

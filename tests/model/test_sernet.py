"""The network: padding and company never change an utterance's result; its size."""

import numpy as np
import pytest
import torch

from sernet.config.model import EncoderConfig, ModelConfig
from sernet.model.encoder import Encoder, MaskedBatchNorm, frame_mask
from sernet.model.pooling import AttentiveStatistics
from sernet.model.sernet import SerNet, classify, embed, windows


def network(**encoder):
    torch.manual_seed(0)
    return SerNet(ModelConfig(encoder=EncoderConfig(**encoder)), 40, 5)


def utterances(lengths, bins=40):
    draws = np.random.default_rng(0)
    return [draws.normal(size=(length, bins)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("length", [1, 2, 7, 50, 97])
@pytest.mark.parametrize("padding", [1, 8, 61])
def test_padding_changes_nothing(length, padding):
    model = network().eval()
    matrix = torch.from_numpy(utterances([length])[0])[None]
    padded = torch.cat([matrix, torch.full((1, padding, 40), 5.0)], dim=1)
    with torch.no_grad():
        alone, masked = model(matrix), model(padded, torch.tensor([length]))
    np.testing.assert_allclose(masked.numpy(), alone.numpy(), atol=1e-5, rtol=1e-5)


def test_padding_changes_nothing_in_training():
    """Batch statistics, the embeddings and what the first kernels learn."""
    x = torch.randn(4, 60, 40, generator=torch.Generator().manual_seed(0))
    found = []
    for padding in (0, 20):
        model = network().double().train()
        padded = torch.nn.functional.pad(x.double(), (0, 0, 0, padding), value=3.0)
        frames, _ = model.encoder(padded, torch.full((4,), 60) if padding else None)
        frames[:, :, : (60 + 15) // 16].square().sum().backward()
        found.append([model.encoder.stem.time.grad, model.encoder.blocks[-1].second_norm.running_var])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-3, atol=1e-4 * float(one.abs().max()))


def test_masked_batch_norm_is_batch_norm_of_the_real_frames():
    norm, plain = MaskedBatchNorm(3).double(), torch.nn.BatchNorm1d(3).double()
    x = torch.randn(2, 3, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([5, 2])
    real = torch.cat([x[0].flatten(1).T, x[1, :, :2].flatten(1).T])
    y = norm(x, frame_mask(lengths, 5))
    expected = plain(real)
    np.testing.assert_allclose(y[0].flatten(1).T.detach(), expected[:20].detach(), atol=1e-5)
    np.testing.assert_allclose(y[1, :, :2].flatten(1).T.detach(), expected[20:].detach(), atol=1e-5)
    np.testing.assert_allclose(norm.running_mean, plain.running_mean, atol=1e-6)
    np.testing.assert_allclose(norm.running_var, plain.running_var, atol=1e-6)


def test_pooling_without_attention_is_mean_and_deviation_of_the_real_frames():
    pooling = AttentiveStatistics(6, 4).double()
    torch.nn.init.zeros_(pooling.score.weight)  # equal scores: every real frame weighs alike
    x = torch.randn(2, 6, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    pooled = pooling(x, torch.tensor([9, 4])).detach().numpy()
    for row, length in enumerate((9, 4)):
        frames = x[row, :, :length].numpy()
        np.testing.assert_allclose(pooled[row], np.concatenate([frames.mean(1), frames.std(1)]), rtol=1e-9)


def test_company_changes_an_embedding_by_rounding_alone():
    model, inputs = network().eval(), utterances([30, 200, 31, 5, 120])
    together = embed(model, inputs, "cpu")
    alone = np.concatenate([embed(model, [matrix], "cpu") for matrix in inputs])
    np.testing.assert_allclose(together, alone, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(embed(model, inputs[::-1], "cpu", batch_frames=100), alone[::-1], atol=1e-5, rtol=1e-5)


def test_windows_cover_an_utterance_evenly():
    matrix = np.arange(370)[:, None]
    found = windows(matrix, 250)
    assert [(piece[0, 0], piece[-1, 0]) for piece in found] == [(0, 249), (60, 309), (120, 369)]
    assert [len(windows(matrix[:n], 250)) for n in (1, 250, 251, 313, 314)] == [1, 1, 2, 3, 3]
    assert windows(matrix, None)[0] is matrix


def test_an_embedding_is_the_mean_over_the_windows():
    model, inputs = network().eval(), utterances([90, 20])
    pieces = [embed(model, [inputs[0][start : start + 40]], "cpu")[0] for start in (0, 10, 20, 30, 40, 50)]
    expected = [np.mean(pieces, axis=0), embed(model, [inputs[1]], "cpu")[0]]
    np.testing.assert_allclose(embed(model, inputs, "cpu", window=40), expected, atol=1e-5)


def test_classify_gives_scaled_cosines():
    model = network()
    embedding = np.random.default_rng(0).normal(size=(3, 128)).astype(np.float32)
    logits, cosine = classify(model, embedding, "cpu")
    weight = model.head.weight.detach().numpy()
    expected = embedding @ weight.T / np.linalg.norm(embedding, axis=1)[:, None] / np.linalg.norm(weight, axis=1)
    np.testing.assert_allclose(cosine, expected, atol=1e-6)
    np.testing.assert_allclose(logits, 15 * expected, atol=1e-5)


def test_encoder_reports_the_lengths_that_it_makes():
    encoder = Encoder(EncoderConfig(), 40)
    frames, lengths = encoder(torch.zeros(3, 83, 40), torch.tensor([83, 40, 1]))
    assert frames.shape[1] == encoder.features
    whole = encoder(torch.zeros(1, 40, 40))[0].shape[2]
    assert lengths.tolist() == [frames.shape[2], whole, 1]


def test_the_default_network_has_less_than_half_a_million_parameters():
    model = SerNet(ModelConfig(), 80, 8)
    assert sum(parameter.numel() for parameter in model.parameters()) < 500_000

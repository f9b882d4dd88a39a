"""Peers: the sizes of their papers; padding and company change nothing; a change in one makes no other stale."""

from pathlib import Path

import numpy as np
import pytest
import torch

import speech
from sernet.config.model import ModelConfig
from sernet.model.peers import ecapa
from sernet.model.peers.cnn14 import MaximumAndMean
from sernet.model.peers.lstm import Attention
from sernet.model.sernet import SerNet, embed
from sernet.ood.network import Network
from sernet.pipeline.digests import ModuleDigests
from sernet.score.infer import load_model, score
from sernet.train import loop
from sernet.train.loop import fit

ROOT = Path(__file__).parents[2]
PEERS = ("lstm", "ecapa", "cnn14")


@pytest.fixture(scope="module", params=PEERS)
def model(request):
    torch.manual_seed(0)
    # CNN14 with a narrow embedding: its last layer holds 4 million weights that nothing here looks at.
    return SerNet(ModelConfig(kind=request.param, embedding=16), 40, 5).eval()


def utterances(lengths):
    draws = np.random.default_rng(0)
    return [draws.normal(size=(length, 40)).astype(np.float32) for length in lengths]


@pytest.mark.parametrize("length", [1, 7, 33, 64])
def test_padding_changes_nothing(model, length):
    matrix = torch.from_numpy(utterances([length])[0])[None]
    for padding in (1, 37):
        padded = torch.cat([matrix, torch.full((1, padding, 40), 5.0)], dim=1)
        with torch.no_grad():
            alone, masked = model(matrix), model(padded, torch.tensor([length]))
        np.testing.assert_allclose(masked.numpy(), alone.numpy(), atol=1e-5, rtol=1e-4)


def test_company_changes_an_embedding_by_rounding_alone(model):
    inputs = utterances([30, 90, 31, 5])
    together = embed(model, inputs, "cpu", window=40)
    alone = np.concatenate([embed(model, [matrix], "cpu", window=40) for matrix in inputs])
    np.testing.assert_allclose(together, alone, atol=1e-5, rtol=1e-4)


def test_padding_changes_nothing_in_training(model):
    """Batch statistics, the pooled vector and what the first kernels learn, in double precision."""
    found = []
    before = {name: value.clone() for name, value in model.state_dict().items()}
    x = torch.randn(3, 40, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    model.double().train()
    for padding in (0, 9):
        padded = torch.nn.functional.pad(x, (0, 0, 0, padding), value=3.0)
        pooled = model.pooling(*model.encoder(padded, torch.full((3,), 40) if padding else None))
        model.zero_grad()
        pooled.square().sum().backward()
        first = next(parameter for parameter in model.parameters() if parameter.dim() > 1)
        state = [value.clone() for name, value in model.state_dict().items() if "running" in name]
        found.append([pooled.detach(), first.grad.clone(), *state])
        model.load_state_dict(before)
    model.zero_grad()
    model.float().eval()
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other.numpy(), one.numpy(), rtol=1e-4, atol=1e-5 * float(one.abs().max()))


def test_walks_of_the_network_reach_its_input_and_its_pooled_vector(model):
    """What ODIN and Monte Carlo dropout ask: gradients at the input, the pooled statistics of an utterance."""
    zeros = [0.0] * 40
    meta = {
        "model": model_settings(),
        "frame_shift": 0.01,
        "front_end": {"normalise": "global", "trim_db": None, "mean": zeros, "std": [1.0] * 40},
    }
    network = Network(model, meta)
    inputs = [torch.from_numpy(matrix).requires_grad_() for matrix in utterances([50, 20])]
    assert network.pooled(inputs).shape == (2, model.pooled)
    expected = embed(model, [x.detach().numpy() for x in inputs], "cpu", window=40)
    np.testing.assert_allclose(model.embedding(network.pooled(inputs)).detach(), expected, atol=1e-5, rtol=1e-4)
    network.logits(inputs).amax(1).sum().backward()
    assert all(bool((x.grad.abs().sum(1) > 0).all()) for x in inputs)
    model.requires_grad_(True)


def model_settings():
    return ModelConfig(window_seconds=0.4).model_dump(mode="json")


@pytest.mark.parametrize(
    ("kind", "embedding", "classes", "published", "other"),
    [
        # Kong et al. 2020: 80,753,615, with batch normalisation of 64 filters (128) and a bias in their
        # first linear layer; ours has batch normalisation of the pooled vector (4,096), AM-softmax no bias (527).
        ("cnn14", 2048, 527, 80_753_615, 4096 - 128 - 527),
        # Desplanques et al. 2020, table 1: 6.2 million without the classifier.
        ("ecapa", 192, 2, 6_200_000, 2 * 192),
    ],
)
def test_sizes_are_those_of_the_papers(kind, embedding, classes, published, other):
    with torch.device("meta"):
        model = SerNet(ModelConfig(kind=kind, embedding=embedding), 80, classes)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == pytest.approx(published + other, abs=0 if published % 1000 else 50_000)


def test_lstm_attention_is_the_weighted_mean_of_the_real_frames():
    attention = Attention(6).double()
    x = torch.randn(2, 6, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    pooled = attention(x, torch.tensor([9, 4])).detach().numpy()
    for row, length in enumerate((9, 4)):
        frames = x[row, :, :length].numpy()
        score = np.exp(attention.score.weight.detach().numpy()[0] @ frames)
        np.testing.assert_allclose(pooled[row], frames @ score / score.sum(), rtol=1e-9)


def test_cnn14_pools_maximum_and_mean_of_the_real_frames():
    x = torch.randn(1, 3, 8, generator=torch.Generator().manual_seed(0))
    frames = x[0, :, :5].numpy()
    found = MaximumAndMean(3)(x, torch.tensor([5]))[0].numpy()
    np.testing.assert_allclose(found, frames.max(1) + frames.mean(1), rtol=1e-5)


def test_ecapa_without_attention_pools_mean_and_deviation_of_the_real_frames():
    pooling = ecapa.ContextAttention(4).double()
    torch.nn.init.zeros_(pooling.score.weight)
    x = torch.randn(1, 4, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    frames = x[0, :, :5].numpy()
    found = pooling(x, torch.tensor([5]))[0].detach().numpy()
    np.testing.assert_allclose(found, np.concatenate([frames.mean(1), frames.std(1)]), rtol=1e-9)


def test_a_change_in_a_peer_makes_only_its_own_trainings_stale():
    ordinary = ModuleDigests(ROOT).of_modules(("sernet.train.loop", "sernet.data.load", *ModelConfig().peer))
    assert not [name for name in ordinary if name.startswith("sernet.model.peers")]
    for kind in PEERS:
        extra = set(ModuleDigests(ROOT).of_modules(("sernet.train.loop", *ModelConfig(kind=kind).peer))) - set(ordinary)
        assert extra == {f"sernet.model.peers.{kind}"}


@pytest.mark.parametrize("kind", ["lstm", "ecapa"])
def test_a_peer_trains_and_resumes_as_any_other(kind, tmp_path, monkeypatch):
    """With dropout and controlled attributes; stopped after its first epoch it ends with the same bytes."""
    model = speech.MODEL.model_copy(update={"kind": kind, "dropout": 0.2, "embedding": 16})
    config = speech.CONFIG.model_copy(update={"epochs": 2})
    stopped, save = [], loop.checkpoint.save

    def stop(*arguments):
        save(*arguments)
        if not stopped:
            stopped.append(True)
            raise KeyboardInterrupt

    def train(directory):
        fit(speech.examples(), None, speech.CLASSES, {}, None, model, config, 0, directory, "cpu", "x")
        return (directory / "model.safetensors").read_bytes()

    whole = train(tmp_path / "whole")
    monkeypatch.setattr(loop.checkpoint, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "resumed")
    assert train(tmp_path / "resumed") == whole
    network, meta = load_model(tmp_path / "whole")
    scored = score(network, meta, speech.examples())
    assert np.isfinite(scored["embedding"]).all() and scored["embedding"].shape[1] == 16
    again = load_model(tmp_path / "resumed")[0]
    np.testing.assert_array_equal(score(again, meta, speech.examples())["logits"], scored["logits"])

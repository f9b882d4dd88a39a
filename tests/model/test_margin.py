"""Additive-margin softmax against its closed form in float64."""

import numpy as np
import pytest
import torch

from sernet.config.model import HeadConfig
from sernet.model.margin import AdditiveMargin, emotion_head, mask_classes


def reference_loss(embedding, weight, target, scale, margin):
    """Wang et al. 2018, equation 6, in numpy."""
    cosine = embedding @ weight.T
    cosine /= np.linalg.norm(embedding, axis=1)[:, None] * np.linalg.norm(weight, axis=1)
    rows = np.arange(len(target))
    top = np.exp(scale * (cosine[rows, target] - margin))
    others = np.exp(scale * cosine).sum(1) - np.exp(scale * cosine[rows, target])
    return -np.log(top / (top + others))


@pytest.mark.parametrize(("scale", "margin"), [(15.0, 0.2), (30.0, 0.35), (1.0, 0.0)])
def test_loss_is_the_papers_equation(scale, margin):
    draws = np.random.default_rng(0)
    embedding, target = draws.normal(size=(6, 5)), np.array([0, 1, 2, 3, 3, 0])
    head = AdditiveMargin(5, 4, scale, margin).double()
    logits = head(torch.from_numpy(embedding), torch.from_numpy(target))
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(target), reduction="none")
    expected = reference_loss(embedding, head.weight.detach().numpy(), target, scale, margin)
    np.testing.assert_allclose(loss.detach().numpy(), expected, rtol=1e-6)


def test_margin_gradient_matches_finite_differences():
    head = AdditiveMargin(3, 4, 5.0, 0.2).double()
    embedding = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    target = torch.tensor([1, 3])
    assert torch.autograd.gradcheck(lambda x: head(x, target).log_softmax(1), embedding)


def test_without_a_target_there_is_no_margin_and_length_does_not_count():
    head = AdditiveMargin(4, 3, 15.0, 0.2)
    embedding = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    plain = head(embedding)
    with_margin = head(embedding, torch.tensor([1]))
    np.testing.assert_allclose((plain - with_margin).detach().numpy(), [[0.0, 15 * 0.2, 0.0]], atol=1e-5)
    np.testing.assert_allclose(head(7 * embedding).detach().numpy(), plain.detach().numpy(), rtol=1e-5)
    assert plain.abs().max() <= 15.0


def test_baseline_is_a_linear_layer_with_bias():
    head = emotion_head(HeadConfig(kind="softmax"), 4, 3)
    with torch.no_grad():
        head.bias.copy_(torch.tensor([1.0, 2.0, 3.0]))
    embedding = torch.arange(8.0).view(2, 4)
    expected = embedding.numpy() @ head.weight.detach().numpy().T + [1.0, 2.0, 3.0]
    np.testing.assert_allclose(head(embedding, torch.tensor([0, 1])).detach().numpy(), expected, rtol=1e-5)


def test_classes_that_a_corpus_lacks_get_no_probability_and_no_gradient():
    logits = torch.zeros(2, 3, requires_grad=True)
    allowed = torch.tensor([[True, False, True], [True, True, True]])
    probability = mask_classes(logits, allowed).softmax(1)
    np.testing.assert_allclose(probability.detach().numpy(), [[0.5, 0.0, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    torch.nn.functional.cross_entropy(mask_classes(logits, allowed), torch.tensor([0, 0])).backward()
    assert logits.grad[0, 1] == 0
    assert torch.isfinite(logits.grad).all()

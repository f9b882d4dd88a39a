"""Attribute control: gradients against closed forms, and what the data allow."""

import math

import numpy as np
import pytest
import torch

from sernet.config.model import AttributeConfig
from sernet.model.attributes import Attribute, AttributeTask, plan, ramp, scale_gradient


def task(control, values=("a", "b"), classes=2, within_class=False, weight=0.5):
    torch.manual_seed(0)
    attribute = Attribute("gender", values, AttributeConfig(control=control, weight=weight), within_class)
    return AttributeTask(attribute, 4, classes)


def gradients(module, embedding, label, emotion, progress):
    leaf = embedding.clone().requires_grad_()
    module.zero_grad()
    module.controlled(leaf, label, emotion, torch.ones(len(label)), progress).backward()
    return leaf.grad, [parameter.grad.clone() for parameter in module.parameters()]


def test_scaled_gradient_is_the_factor_times_the_gradient():
    x = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
    y = scale_gradient(x, -0.7)
    assert torch.equal(y, x)
    (y**2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), -0.7 * 2 * x.detach().numpy(), rtol=1e-6)


def test_ramp_is_the_papers_schedule():
    for progress in (0.0, 0.1, 0.5, 1.0):
        assert ramp(progress) == pytest.approx(2 / (1 + math.exp(-10 * progress)) - 1)
    assert ramp(0.0) == 0.0


def test_suppression_reverses_the_networks_gradient_but_not_the_classifiers():
    embedding = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    label, emotion = torch.tensor([0, 1, 0, 1, 1]), torch.zeros(5, dtype=torch.int64)
    assisted, learnt = gradients(task("assist"), embedding, label, emotion, 1.0)
    suppressed, unlearnt = gradients(task("suppress"), embedding, label, emotion, 1.0)
    np.testing.assert_allclose(suppressed.numpy(), -ramp(1.0) * assisted.numpy(), rtol=1e-5)
    for one, other in zip(learnt, unlearnt, strict=True):
        assert torch.equal(one, other)
    start, _ = gradients(task("suppress"), embedding, label, emotion, 0.0)
    assert start.abs().max() == 0


def test_missing_labels_change_nothing():
    embedding = torch.randn(4, 4, generator=torch.Generator().manual_seed(1))
    label, emotion = torch.tensor([0, -1, 1, -1]), torch.zeros(4, dtype=torch.int64)
    module = task("assist")
    weight = torch.tensor([0.5, 1.0, 1.0, 1.0])
    all_rows = module.loss(embedding, label, emotion, weight)
    first, third = (module.loss(embedding[[i]], label[[i]], emotion[[i]], weight[[i]]) for i in (0, 2))
    assert all_rows.item() == pytest.approx((0.5 * first.item() + third.item()) / 1.5, rel=1e-5)
    nothing = module.loss(embedding, torch.full((4,), -1), emotion, weight)
    assert nothing.item() == 0.0


def test_auto_follows_the_correlation_of_the_gradients():
    module = task("auto", weight=0.5)
    assert module.factor(1.0) == 0.0
    gradient = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for _ in range(200):
        module.observe(gradient, gradient)
    assert float(module.correlation) == pytest.approx(1.0, abs=0.02)
    assert module.factor(1.0) == pytest.approx(0.5, rel=1e-3)
    for _ in range(400):
        module.observe(gradient, -gradient)
    assert module.factor(1.0) == pytest.approx(-0.5, rel=1e-3)


def test_suppression_within_class_cannot_use_the_class():
    """The classifier of a class is chosen by emotion: another class's part gets no gradient."""
    module = task("suppress", within_class=True)
    embedding = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    module.loss(embedding, torch.tensor([0, 1, 0]), torch.tensor([1, 1, 1]), torch.ones(3)).backward()
    last = module.classifier[-1].weight.grad.view(2, 2, -1)
    assert last[0].abs().max() == 0
    assert last[1].abs().max() > 0


def test_an_attribute_with_one_value_is_dropped_by_name():
    configs = {"gender": AttributeConfig(control="assist"), "language": AttributeConfig(control="suppress")}
    values = {"gender": ["f", "m", "f", "m"], "language": ["en"] * 4}
    found, notes = plan(configs, values, [0, 0, 1, 1])
    assert [attribute.name for attribute in found] == ["gender"]
    assert found[0].values == ("f", "m")
    assert len(notes) == 1
    assert "language" in notes[0]
    assert "dropped" in notes[0]


def test_an_attribute_off_or_without_labels_is_not_controlled():
    configs = {"gender": AttributeConfig(control="off"), "text": AttributeConfig(control="assist")}
    found, notes = plan(configs, {"gender": ["f", "m"], "text": [None, None]}, [0, 1])
    assert found == []
    assert "text has no labels" in notes[0]


def test_a_nested_attribute_is_suppressed_within_class_or_not_at_all():
    suppress = {"speaker": AttributeConfig(control="suppress")}
    emotion = [0] * 10 + [1] * 10
    nearly = ["a"] * 9 + ["b"] + ["b"] * 10  # Cramer's V is far above 0.5, yet class 0 has two speakers
    found, notes = plan(suppress, {"speaker": nearly}, emotion)
    assert found[0].within_class
    assert "within class" in notes[0]
    found, notes = plan(suppress, {"speaker": ["a"] * 10 + ["b"] * 10}, emotion)
    assert found == []
    assert "follows from emotion" in notes[0]
    found, notes = plan(suppress, {"speaker": ["a", "b"] * 10}, emotion)
    assert not found[0].within_class
    assert notes == []

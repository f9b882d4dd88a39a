"""Steps of training in float64 against plain formulas, and what a batch holds."""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor
from torch.nn import functional

import speech
from sernet.train.batches import Batch, TrainingData
from sernet.train.trainer import Trainer

PLAIN = {"time_warp": 0, "frequency_warp": 0, "time_masks": 0, "frequency_masks": 0, "style": 0}
CONFIG = speech.CONFIG.model_copy(
    update={
        "augment": speech.CONFIG.augment.model_copy(update=PLAIN | {"mixup": 0.4}),
        "precision": "float32",
        "clip_norm": 0.5,
        "weight_decay": 0.3,
    }
)
MERGE = {"calm": "neutral"}
GIVES = {"one": ["anger", "neutral"], "two": ["anger"]}


def trainer_of(seed: int = 0) -> Trainer:
    """A training on two corpora, of which the second has one class only; anger is twice as frequent."""
    rare = {"u4", "u8", "u16", "u20"}
    data = speech.examples().where(lambda u: u.id not in rare and (u.corpus == "one" or u.emotion == "anger"))
    material = TrainingData(data, speech.CLASSES, MERGE, GIVES, speech.MODEL, CONFIG, seed)
    return Trainer(material, len(speech.CLASSES), speech.MODEL, CONFIG, seed, "cpu")


def in_float64(batch: Batch) -> Batch:
    assert batch.dropout is not None
    exact = {name: getattr(batch, name).double() for name in ("x", "weight", "share", "dropout")}
    return replace(batch, **exact)


def surprise(logits: Tensor, target: int) -> Tensor:
    """The cross-entropy of one utterance."""
    return torch.logsumexp(logits, 0) - logits[target]


def emotion_loss(trainer: Trainer, embedding: Tensor, batch: Batch) -> Tensor:
    """Additive-margin softmax with mixup: an utterance i has (1 - share) of the one before it."""
    head, allowed, total = trainer.model.head, batch.allowed, torch.zeros((), dtype=torch.float64)
    assert allowed is not None
    for i in range(len(batch.ids)):
        cosines = functional.cosine_similarity(embedding[i][None], head.weight)
        for part, of in ((batch.share[i], i), (1 - batch.share[i], i - 1)):
            target = int(batch.label[of])
            logits = head.scale * (cosines - head.margin * functional.one_hot(torch.tensor(target), len(cosines)))
            logits = torch.where(allowed[i] | allowed[i - 1], logits, -torch.inf)
            total = total + part * batch.weight[of] * surprise(logits, target)
    return total / len(batch.ids)


def attribute_loss(task: torch.nn.Module, embedding: Tensor, batch: Batch) -> Tensor:
    """The mean over the known labels, each by its share; an attribute within classes has outputs for each class."""
    values = len(task.attribute.values)
    label, found, shares = batch.attributes[task.attribute.name], [], []
    for i in range(len(batch.ids)):
        for part, of in ((batch.share[i], i), (1 - batch.share[i], i - 1)):
            if label[of] >= 0:
                outputs = task.classifier(embedding[i])
                if task.attribute.within_class:
                    outputs = outputs[int(batch.label[of]) * values :][:values]
                found.append(part * surprise(outputs, int(label[of])))
                shares.append(part)
    return torch.stack(found).sum() / torch.stack(shares).sum()


def factor(task: torch.nn.Module, progress: float, correlation: float) -> float:
    """What the network gets of an attribute's gradient."""
    config, ramp = task.attribute.config, 2 / (1 + math.exp(-10 * progress)) - 1
    if config.control == "assist":
        return config.weight
    if config.control == "suppress":
        return -config.weight * ramp
    return config.weight * ramp * min(1.0, max(-1.0, correlation / config.saturation))


def test_steps_are_the_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of()
    trainer.model.double()
    trainer.classifiers.double()
    # What turns bfloat16 into float32 leaves float64 alone.
    monkeypatch.setattr(Tensor, "float", lambda self: self if self.is_floating_point() else self.double())
    assert {task.attribute.within_class for task in trainer.tasks} == {False, True}
    assert {task.attribute.config.control for task in trainer.tasks} == {"assist", "suppress", "auto"}
    mirror = copy.deepcopy(trainer)
    network, others = list(mirror.model.parameters()), list(mirror.classifiers.parameters())
    moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in (*network, *others)]
    correlation = dict.fromkeys((task.attribute.name for task in mirror.tasks), 0.0)
    clipped, steps = [], trainer.steps * trainer.epochs
    epochs = [batch for epoch in range(1, CONFIG.epochs + 1) for batch in trainer.data.epoch(epoch, "cpu")]
    assert len(epochs) == steps
    for number, single in enumerate(epochs[:6]):
        batch = in_float64(single)
        trainer.step(batch, number)

        embedding = mirror.model(batch.x, batch.lengths, batch.dropout)
        loss = emotion_loss(mirror, embedding, batch)
        of_emotion = torch.autograd.grad(loss, embedding, retain_graph=True)[0]
        total, of_others = loss, []
        for task in mirror.tasks:
            name, own = task.attribute.name, attribute_loss(task, embedding, batch)
            of_attribute = torch.autograd.grad(own, embedding, retain_graph=True)[0]
            now = functional.cosine_similarity(of_attribute.flatten(), of_emotion.flatten(), dim=0)
            correlation[name] = 0.98 * correlation[name] + 0.02 * float(now)
            of_others += torch.autograd.grad(own, list(task.parameters()), retain_graph=True)
            total = total + factor(task, number / steps, correlation[name]) * own
        gradients = [*torch.autograd.grad(total, network), *of_others]
        norm = math.sqrt(sum(float(g.square().sum()) for g in gradients))
        clipped.append(norm > CONFIG.clip_norm)
        rise = CONFIG.warmup * steps
        if number < rise:
            low, share = CONFIG.peak_lr / 25, 1 - number / rise
        else:
            low, share = CONFIG.peak_lr / 1e4, (number - rise) / (steps - rise)
        rate = low + (CONFIG.peak_lr - low) * (1 + math.cos(math.pi * share)) / 2
        with torch.no_grad():
            for value, gradient, (first, second) in zip((*network, *others), gradients, moments, strict=True):
                gradient = gradient * min(1.0, CONFIG.clip_norm / (norm + 1e-6))
                if value.dim() > 1:
                    value *= 1 - rate * CONFIG.weight_decay
                first += 0.1 * (gradient - first)
                second += 0.001 * (gradient**2 - second)
                corrected = second / (1 - 0.999 ** (number + 1))
                value -= rate * first / (1 - 0.9 ** (number + 1)) / (corrected.sqrt() + 1e-8)
        for (name, value), expected in zip(trainer.model.named_parameters(), network, strict=True):
            np.testing.assert_allclose(value.detach(), expected.detach(), rtol=1e-7, atol=1e-9, err_msg=name)
        for value, expected in zip(trainer.classifiers.parameters(), others, strict=True):
            np.testing.assert_allclose(value.detach(), expected.detach(), rtol=1e-7, atol=1e-9)
    assert any(clipped)


def test_mixup_adds_the_utterance_before_it_in_the_batch() -> None:
    data = trainer_of().data
    data.crop = None
    place = {utterance.id: number for number, utterance in enumerate(data.utterances)}
    for batch in data.epoch(1, "cpu"):
        for i, share in enumerate(batch.share.tolist()):
            own, other = (data.inputs[place[batch.ids[of]]] for of in (i, i - 1))
            other = np.resize(other, own.shape)  # repeated, or cut off
            mixed = share * own + (1 - share) * other
            np.testing.assert_allclose(batch.x[i, : len(own)], mixed, atol=1e-5)
            assert not batch.x[i, len(own) :].any()


def test_classes_weigh_alike_and_each_corpus_may_be_decided_for_its_own() -> None:
    data = trainer_of().data
    weights, counts, corpora = np.zeros(2), Counter(), {}
    for batch in data.epoch(1, "cpu"):
        np.add.at(weights, batch.label.numpy(), batch.weight.numpy())
        counts.update(batch.label.tolist())
        for name, allowed in zip(batch.ids, batch.allowed.tolist(), strict=True):
            corpora[next(u.corpus for u in data.utterances if u.id == name)] = allowed
    assert weights[0] == pytest.approx(weights[1]) and counts == {0: 8, 1: 4}
    assert corpora == {"one": [True, True], "two": [True, False]}


def test_every_seed_and_epoch_draws_anew() -> None:
    drawn = {}
    for seed in (0, 1):
        trainer = trainer_of(seed)
        for epoch in (1, 2):
            of = {name: share for b in trainer.data.epoch(epoch, "cpu") for name, share in zip(b.ids, b.share.tolist())}
            drawn[seed, epoch] = [of[name] for name in sorted(of)]
        drawn[seed, "weights"] = trainer.model.head.weight.detach().flatten().tolist()
    assert len({tuple(values) for values in drawn.values()}) == len(drawn)


def test_dropout_keeps_the_mean() -> None:
    (batch, *_) = trainer_of().data.epoch(1, "cpu")
    assert batch.dropout is not None and batch.dropout.shape[1] > 10
    assert set(np.unique(batch.dropout).round(6)) == {0.0, np.float32(1 / 0.9).round(6)}


def test_dev_is_decided_among_the_classes_of_its_corpus_by_the_averaged_network() -> None:
    """Against scikit-learn; the network itself, or a decision among all classes, would read another number."""
    trainer = trainer_of()
    inputs = trainer.data.inputs
    with torch.no_grad():
        random = torch.Generator().manual_seed(1)
        for value in trainer.averaged.parameters():  # another network altogether
            value.normal_(generator=random)
        logits = trainer.averaged.eval().logits(
            torch.cat([trainer.averaged(torch.from_numpy(matrix)[None], None) for matrix in inputs])
        )
    label = np.arange(len(inputs)) % 2
    allowed = np.ones((len(label), 2), dtype=bool)
    allowed[::3] = np.eye(2, dtype=bool)[label[::3]]
    among_all, among_own = logits.numpy().argmax(1), np.where(allowed, logits, -np.inf).argmax(1)
    assert trainer.evaluate(inputs, label) == pytest.approx(balanced_accuracy_score(label, among_all))
    assert trainer.evaluate(inputs, label, allowed) == pytest.approx(balanced_accuracy_score(label, among_own))
    assert (among_all != among_own).any()

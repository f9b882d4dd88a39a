"""The network in training: its steps, its averaged copy, its state."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.model.attributes import AttributeTask
from sernet.model.margin import mask_classes
from sernet.model.sernet import SerNet, classify, embed, to_device
from sernet.train import checkpoint
from sernet.train.batches import Batch, TrainingData


def learning_rate(step: int, steps: int, peak: float, warmup: float) -> float:
    """One cosine cycle: from peak / 25 up to ``peak`` over the first ``warmup`` of ``steps``, then down to peak / 1e4.

    Smith and Topin 2018, with cosine flanks.
    """
    rise = max(warmup * steps, 1.0)
    if step < rise:
        low, share = peak / 25, 1 - step / rise
    else:
        low, share = peak / 1e4, (step - rise) / max(steps - rise, 1.0)
    return low + (peak - low) * (1 + math.cos(math.pi * share)) / 2


def bf16_helps(kind: str) -> bool:
    """Whether bfloat16 convolutions are faster on a device of this ``kind``: on CUDA, and on CPUs with AMX or AVX-512's
    bfloat16.

    A torch that cannot tell what the CPU has counts as no.
    """
    capabilities = getattr(torch.cpu, "get_capabilities", None)
    if kind == "cuda" or capabilities is None:
        return kind == "cuda"
    has = capabilities()
    return bool(has.get("amx_bf16") or has.get("avx512_bf16"))


def mean_recall(label: np.ndarray, predicted: np.ndarray) -> float:
    """UAR: the mean over the classes in ``label`` (utterances,) of the share that ``predicted`` gets right."""
    return float(np.mean([np.mean(predicted[label == value] == value) for value in np.unique(label)]))


class Trainer:
    """The network, its averaged copy and the optimiser, as they stand after `done` epochs."""

    def __init__(
        self, data: TrainingData, classes: int, model: ModelConfig, config: TrainConfig, seed: int, device: str
    ) -> None:
        self.data, self.config, self.device = data, config, device
        self.kind = torch.device(device).type
        bins = data.inputs[0].shape[1]
        # PyTorch initialises from its global generator only: borrow it and put it back.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "initial weights").integers(2**62)))
            self.model = SerNet(model, bins, classes)
            self.tasks = [AttributeTask(attribute, model.embedding, classes) for attribute in data.attributes]
        data.pooled = self.model.pooled
        self.model = to_device(self.model, device)
        self.classifiers = nn.ModuleList(self.tasks).to(device)
        self.averaged = copy.deepcopy(self.model)
        # Listed once: loading a state writes into these tensors.
        self.averages = [
            [value for value in network.state_dict().values() if value.is_floating_point()]
            for network in (self.averaged, self.model)
        ]
        self.parameters = [*self.model.parameters(), *self.classifiers.parameters()]
        # Biases, norms and the like are left alone by weight decay, as is usual.
        decayed = [p for p in self.parameters if p.dim() > 1]
        others = [p for p in self.parameters if p.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=config.peak_lr,
            fused=True,
        )
        self.bf16 = config.precision == "bf16" or (config.precision == "auto" and bf16_helps(self.kind))
        self.steps, self.epochs = data.steps, config.epochs_for(len(data.inputs))
        self.window = None if model.window_seconds is None else round(model.window_seconds / data.frame_shift)
        self.done = 0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, Tensor] = {}

    def epoch(self) -> dict[str, Any]:
        """Train one epoch; its means, for the history."""
        self.model.train()
        seen: list[list[str]] = []
        measured: list[dict[str, Tensor]] = []
        for number, batch in enumerate(self.data.epoch(self.done + 1, self.device)):
            measured.append(self.step(batch, self.done * self.steps + number))
            seen.append(batch.ids)
        # Read once an epoch: a step that looks at its loss makes a GPU wait.
        steps = {name: torch.stack([of[name] for of in measured]).double().cpu().numpy() for name in measured[0]}
        self._refuse_infinite(steps, seen)
        self.done += 1
        counts = [len(ids) for ids in seen]
        row: dict[str, Any] = {"epoch": self.done}
        row |= {name: float(np.average(values, weights=counts)) for name, values in steps.items()}
        for task in self.tasks:
            row[f"{task.attribute.name}_factor"] = task.factor(self.done / self.epochs)
            if task.attribute.config.control == "auto":
                row[f"{task.attribute.name}_correlation"] = float(task.correlation)
        return row

    def _refuse_infinite(self, steps: dict[str, np.ndarray], seen: list[list[str]]) -> None:
        # The earliest step tells which loss it was: in the next, all are.
        for number, ids in enumerate(seen):
            for name, values in steps.items():
                if not np.isfinite(values[number]):
                    raise SernetError(
                        f"the {name} is {values[number]} in epoch {self.done + 1}; utterances: {' '.join(ids)}. "
                        "Look at their features, or lower train.peak_lr"
                    )

    def step(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """One update; the losses and the share of utterances told right, on the device."""
        config, steps = self.config, self.steps * self.epochs
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(step, steps, config.peak_lr, config.warmup)
        with torch.autocast(self.kind, dtype=torch.bfloat16, enabled=self.bf16):
            embedding = self.model(batch.x, batch.lengths, batch.dropout)
        emotion = self.emotion_loss(embedding, batch)
        measured = {"loss": emotion.detach()}
        loss = emotion
        # In mixup an utterance counts twice, with its own attributes and with those of the one mixed in.
        twice = 1 if config.augment.mixup <= 0 else 2
        share = batch.share if twice == 1 else torch.cat([batch.share, 1 - batch.share])
        for task in self.tasks:
            label, of = self.mixed(batch, batch.attributes[task.attribute.name]), self.mixed(batch, batch.label)
            if task.attribute.config.control == "auto":
                leaf = embedding.detach().requires_grad_()
                own = torch.autograd.grad(task.loss(leaf.repeat(twice, 1), label, of, share), leaf)[0]
                task.observe(own, torch.autograd.grad(emotion, embedding, retain_graph=True)[0])
            controlled = task.controlled(embedding.repeat(twice, 1), label, of, share, step / steps)
            measured[f"{task.attribute.name}_loss"] = controlled.detach()
            loss = loss + controlled
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, config.clip_norm)
        self.optimiser.step()
        self.average(min(config.ema, (1 + step) / (10 + step)))
        told = mask_classes(self.model.logits(embedding.detach()), batch.allowed).argmax(1) == batch.label
        return measured | {"accuracy": told.float().mean()}

    def mixed(self, batch: Batch, label: Tensor) -> Tensor:
        """``label`` (batch,), in mixup followed by that of the utterance mixed in."""
        return label if self.config.augment.mixup <= 0 else torch.cat([label, label.roll(1)])

    def emotion_loss(self, embedding: Tensor, batch: Batch) -> Tensor:
        """The weighted cross-entropy of emotion; in mixup the margin is on each target of its own term."""

        def of(label: Tensor, weight: Tensor, allowed: Tensor | None) -> Tensor:
            logits = mask_classes(self.model.head(embedding, label), allowed)
            return weight * functional.cross_entropy(logits, label, reduction="none")

        if self.config.augment.mixup <= 0:
            return of(batch.label, batch.weight, batch.allowed).mean()
        allowed = None if batch.allowed is None else batch.allowed | batch.allowed.roll(1, 0)
        own = of(batch.label, batch.weight, allowed)
        other = of(batch.label.roll(1), batch.weight.roll(1), allowed)
        return (batch.share * own + (1 - batch.share) * other).mean()

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the averaged copy towards the network: weights and batch statistics."""
        average, now = self.averages
        torch._foreach_lerp_(average, now, 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """All tensors that a resumed training needs."""
        return {
            **checkpoint.prefixed("model", self.model.state_dict()),
            **checkpoint.prefixed("attributes", self.classifiers.state_dict()),
            **checkpoint.prefixed("averaged", self.averaged.state_dict()),
            **checkpoint.prefixed("optimiser", checkpoint.optimiser_tensors(self.optimiser)),
            **checkpoint.prefixed("best", self.best),
        }

    def restore(self, tensors: dict[str, Tensor], history: list[dict[str, Any]]) -> None:
        """Stand where `tensors` were taken."""
        self.model.load_state_dict(checkpoint.under("model", tensors))
        self.classifiers.load_state_dict(checkpoint.under("attributes", tensors))
        self.averaged.load_state_dict(checkpoint.under("averaged", tensors))
        checkpoint.restore_optimiser(self.optimiser, checkpoint.under("optimiser", tensors))
        self.best = checkpoint.under("best", tensors)
        self.history = history
        self.done = len(history)

    def evaluate(self, inputs: list[np.ndarray], label: np.ndarray, allowed: np.ndarray | None = None) -> float:
        """The averaged network's UAR; ``allowed`` (utterances, classes): what may be decided for."""
        embedding = embed(self.averaged, inputs, self.device, self.window)
        logits, _ = classify(self.averaged, embedding, self.device)
        return mean_recall(label, (logits if allowed is None else np.where(allowed, logits, -np.inf)).argmax(1))

"""What each step of training sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.corpus.utterances import Utterance
from sernet.data.augment import augment, mix_style, moments
from sernet.data.dataset import Examples, FrontEnd, balanced_weights, batches, groups, pad
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.model.attributes import plan

STYLE = 0.6
"""Alpha of MixStyle's Beta(alpha, alpha)."""


@dataclass
class Batch:
    """One step's worth: inputs (batch, frames, bins) and what is to be learnt from them.

    With MixStyle an input has part of the mean and deviation of the utterance before it in the batch; with mixup it is
    ``share`` of its own and the rest of that utterance.
    """

    ids: list[str]
    x: Tensor
    lengths: Tensor | None
    label: Tensor
    weight: Tensor
    share: Tensor
    allowed: Tensor | None
    dropout: Tensor | None
    attributes: dict[str, Tensor]


def allowed_classes(
    utterances: Sequence[Utterance],
    label: np.ndarray,
    classes: Sequence[str],
    corpus_classes: Mapping[str, Sequence[str]] | None,
) -> np.ndarray | None:
    """Which classes each utterance's corpus has, bool (utterances, classes); None where all have all.

    Raises:
        SernetError: an utterance's own ``label`` is not among them.
    """
    if corpus_classes is None:
        return None
    rows = {corpus: np.array([name in own for name in classes]) for corpus, own in corpus_classes.items()}
    for utterance, value in zip(utterances, label, strict=True):
        if not rows[utterance.corpus][value]:
            raise SernetError(f"{utterance.id}: {utterance.corpus} is said not to have {classes[value]}")
    return np.stack([rows[utterance.corpus] for utterance in utterances])


class TrainingData:
    """Normalised training utterances that hand out each epoch's batches, the same ones whenever they are asked."""

    def __init__(
        self,
        examples: Examples,
        classes: list[str],
        merge: dict[str, str],
        corpus_classes: dict[str, list[str]] | None,
        model: ModelConfig,
        config: TrainConfig,
        seed: int,
        frame_shift: float | None = None,
    ) -> None:
        label = examples.labels(classes, merge)
        keep = [utterance.id for utterance, value in zip(examples.utterances, label, strict=True) if value >= 0]
        if not keep:
            raise SernetError(f"no training utterance has one of the classes {', '.join(classes)}")
        if len(keep) < 2:
            raise SernetError(f"one training utterance, {keep[0]}: batch statistics need two")
        self.left_out = len(examples) - len(keep)
        examples = examples.select(keep)
        for utterance, matrix in zip(examples.utterances, examples.features, strict=True):
            if not np.isfinite(matrix).all():
                raise SernetError(f"{utterance.id}: features that are not finite; make them again (stage features)")
        self.utterances = examples.utterances
        self.front_end = FrontEnd.fit(examples.features, model.input.normalise, model.input.trim_db)
        self.inputs = [self.front_end(matrix) for matrix in examples.features]
        self.label = label[label >= 0]
        self.config, self.seed = config, seed
        seconds = sum(utterance.duration for utterance in self.utterances)
        shift = seconds / sum(len(matrix) for matrix in examples.features)
        self.frame_shift = frame_shift or round(shift, 4) or 0.01
        self.crop = None if config.crop_seconds is None else max(1, round(config.crop_seconds / self.frame_shift))
        self.weight = balanced_weights(groups(self.utterances, self.label, config.balance))
        self.allowed = allowed_classes(self.utterances, self.label, classes, corpus_classes)
        controls = {str(name): control for name, control in model.attributes.items()}
        values = self.values(model)
        self.attributes, self.notes = plan(controls, values, self.label.tolist())
        self.attribute_labels = {a.name: a.labels(values[a.name]) for a in self.attributes}
        self.dropout, self.pooled = model.dropout, 0

    def values(self, model: ModelConfig) -> dict[str, list[str | None]]:
        """Each attribute's value for every utterance."""
        return {name: [getattr(utterance, name) for utterance in self.utterances] for name in model.attributes}

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return len(self._order(np.arange(len(self.inputs), dtype=float)))

    def _order(self, keys: np.ndarray) -> list[np.ndarray]:
        lengths = np.array([len(matrix) for matrix in self.inputs])
        return batches(lengths if self.crop is None else np.full_like(lengths, self.crop), self.config.batch_size, keys)

    def epoch(self, epoch: int, device: str) -> Iterator[Batch]:
        """The batches of an epoch; every draw is a function of (seed, epoch, utterance id)."""
        draws = [generator(self.seed, epoch, utterance.id) for utterance in self.utterances]
        for chosen in self._order(np.array([draw.random() for draw in draws])):
            yield self._batch(chosen, [draws[index] for index in chosen], device)

    def _batch(self, chosen: np.ndarray, draws: list[np.random.Generator], device: str) -> Batch:
        settings = self.config.augment
        inputs = [
            augment(self.inputs[index], settings, self.crop, self.frame_shift, draw)
            for index, draw in zip(chosen, draws, strict=True)
        ]
        if settings.style > 0:
            own = [draw.beta(STYLE, STYLE) if draw.random() < settings.style else 1.0 for draw in draws]
            style = [moments(matrix) for matrix in inputs]
            inputs = [
                matrix if part == 1 else mix_style(matrix, mine, other, part)
                for matrix, mine, other, part in zip(inputs, style, style[-1:] + style[:-1], own, strict=True)
            ]
        share: np.ndarray = np.ones(len(chosen), dtype=np.float32)
        if settings.mixup > 0:
            share = np.array([draw.beta(settings.mixup, settings.mixup) for draw in draws], dtype=np.float32)
            others = inputs[-1:] + inputs[:-1]
            inputs = [
                own * part + other[np.arange(len(own)) % len(other)] * (1 - part)
                for own, other, part in zip(inputs, others, share, strict=True)
            ]
        dropout = None
        if self.dropout > 0:
            kept = np.stack([draw.random(self.pooled) >= self.dropout for draw in draws])
            dropout = torch.from_numpy((kept / (1 - self.dropout)).astype(np.float32)).to(device)
        x, lengths = pad(inputs)
        return Batch(
            ids=[self.utterances[index].id for index in chosen],
            x=torch.from_numpy(x).to(device),
            lengths=None if lengths is None else torch.from_numpy(lengths).to(device),
            label=torch.from_numpy(self.label[chosen]).to(device),
            weight=torch.from_numpy(self.weight[chosen]).to(device),
            share=torch.from_numpy(share).to(device),
            allowed=None if self.allowed is None else torch.from_numpy(self.allowed[chosen]).to(device),
            dropout=dropout,
            attributes={name: torch.from_numpy(y[chosen]).to(device) for name, y in self.attribute_labels.items()},
        )

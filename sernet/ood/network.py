"""A trained model for detectors that ask it more than its scores: gradients at its input, its pooled statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from sernet.model.sernet import windows
from sernet.score.infer import front_end, load_model

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.model.sernet import SerNet


class Network:
    """What `sernet.score.infer.score` computes, in steps and with gradients: windows, their mean embedding, logits.

    Args:
        model: for inference; its parameters are frozen here.
        meta: of model.json.
        device: of torch.
        batch_frames: bounds a batch, padding included.
    """

    def __init__(self, model: SerNet, meta: dict[str, Any], device: str = "cpu", batch_frames: int = 20000) -> None:
        self.model = model.eval().requires_grad_(False)
        self.device, self.batch_frames = device, batch_frames
        self.dropout = float(meta["model"].get("dropout", 0.0))
        """That the model was trained with."""
        seconds = meta["model"]["window_seconds"]
        self._window = None if seconds is None else round(seconds / meta["frame_shift"])
        self._prepare = front_end(meta)
        self._signs: dict[tuple[int, float], tuple[Examples, list[Tensor]]] = {}

    @classmethod
    def load(cls, directory: Path, device: str = "cpu") -> Network:
        """The model in ``directory``.

        Raises:
            SernetError: there is none.
        """
        return cls(*load_model(directory, device), device)

    def batches(self, examples: Examples) -> Iterator[tuple[list[int], list[Tensor]]]:
        """Utterances of like lengths: their places, and their normalised features, each ``(frames, bins)``."""
        order = sorted(range(len(examples)), key=lambda index: len(examples.features[index]))
        batch: list[int] = []
        frames = 0
        for index in order:
            # Windows overlap by three quarters, so a long utterance's hold about four times its frames.
            longer = 4 * len(examples.features[index])
            if batch and frames + longer > self.batch_frames:
                yield batch, self._inputs(examples, batch)
                batch, frames = [], 0
            batch.append(index)
            frames += longer
        if batch:
            yield batch, self._inputs(examples, batch)

    def signs(self, examples: Examples, temperature: float) -> list[Tensor]:
        """Which way each normalised feature makes the network surer: int8 ``(frames, bins)`` of each utterance.

        The sign of the gradient of the largest posterior's logarithm at ``temperature``. It is asked for once: neither
        the size nor the direction of a step changes it.
        """
        known, signs = self._signs.get((id(examples), temperature), (None, []))
        if known is None:
            found: dict[int, Tensor] = {}
            for places, inputs in self.batches(examples):
                inputs = [x.requires_grad_() for x in inputs]
                logits = self.logits(inputs).double() / temperature
                confidence = (logits.max(dim=1).values - torch.logsumexp(logits, dim=1)).sum()
                gradients = torch.autograd.grad(confidence, inputs)
                found.update((place, g.sign().to(torch.int8)) for place, g in zip(places, gradients, strict=True))
            signs = [found[place] for place in range(len(examples))]
            self._signs[id(examples), temperature] = examples, signs  # while it is kept, its id is nobody else's
        return signs

    def pooled(self, inputs: Sequence[Tensor]) -> Tensor:
        """Normalised pooled statistics ``(utterances, pooled)``, each the mean over an utterance's windows.

        The embedding is linear in them, so it makes no difference that windows are averaged here, not there.
        """
        pieces = [[x[int(part[0]) : int(part[-1]) + 1] for part in self._windows(len(x))] for x in inputs]
        flat = list(chain.from_iterable(pieces))
        lengths = torch.tensor([len(piece) for piece in flat], device=self.device)
        # Padding is masked in the network: no gradient goes into it, and none comes out.
        masked = None if bool((lengths == lengths[0]).all()) else lengths
        encoded, frames = self.model.encoder(nn.utils.rnn.pad_sequence(flat, batch_first=True), masked)
        statistics = self.model.norm(self.model.pooling(encoded, frames))
        return torch.stack([part.mean(0) for part in statistics.split([len(of) for of in pieces])])

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """Logits ``(utterances, classes)``, without margin, of normalised features."""
        return self.head(self.pooled(inputs))

    def head(self, pooled: Tensor) -> Tensor:
        """Logits of pooled statistics ``(utterances, pooled)``."""
        return self.model.logits(self.model.embedding(pooled))

    def _windows(self, frames: int) -> list[np.ndarray]:
        return windows(np.arange(frames), self._window)

    def _inputs(self, examples: Examples, batch: Sequence[int]) -> list[Tensor]:
        return [torch.from_numpy(self._prepare(examples.features[index])).to(self.device) for index in batch]

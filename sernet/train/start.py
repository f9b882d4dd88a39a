"""A training that begins with what another, on other corpora, has learnt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from sernet.errors import SernetError
from sernet.model.trained import WEIGHTS, TrainedNetwork, read_meta, read_weights

if TYPE_CHECKING:
    from sernet.train.trainer import Trainer


@torch.no_grad()
def begin(trainer: Trainer, directory: Path, classes: list[str]) -> list[str]:
    """Give ``trainer``'s network and its averaged copy the weights of the model in ``directory``.

    Of the emotion head each class that both know has what was learnt of it; the other ``classes`` begin anew. The
    classifiers of attributes do, too, and input is normalised by the new training data. Returns the corpora that the
    model was trained on.

    Raises:
        SernetError: there is no model, or it is another network.
    """
    path = directory / WEIGHTS
    meta = read_meta(directory, TrainedNetwork)
    learnt = read_weights(directory, meta["identity"], "pt")
    for network in (trainer.model, trainer.averaged):
        own = network.state_dict()
        if own.keys() != learnt.keys():
            raise SernetError(f"{path} is another kind of network than the training that starts from it")
        for name, value in own.items():
            if name.startswith("head.") and value.dim():
                for place, emotion in enumerate(classes):
                    if emotion in meta["classes"]:
                        value[place] = learnt[name][meta["classes"].index(emotion)]
            elif value.shape != learnt[name].shape:
                raise SernetError(
                    f"{path}: {name} has shape {tuple(learnt[name].shape)}, the training that starts from it "
                    f"{tuple(value.shape)}: give both the same model and features"
                )
            else:
                value.copy_(learnt[name])
    known = [emotion for emotion in classes if emotion in meta["classes"]]
    print(f"begins with {path}, trained on {' and '.join(meta['corpora'])}; it knows {', '.join(known)}")
    return list(meta["corpora"])

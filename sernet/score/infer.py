"""A trained model on utterances: what a score file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sernet.config.model import ModelConfig
from sernet.data.dataset import Examples, FrontEnd
from sernet.errors import SernetError
from sernet.model.sernet import SerNet, classify, embed, to_device
from sernet.model.trained import AGAIN, META, WEIGHTS, TrainedNetwork, read_meta, read_weights
from sernet.score.described import described


def load_model(directory: Path, device: str = "cpu") -> tuple[SerNet, dict[str, Any]]:
    """The model in ``directory`` on ``device``, ready for inference, and its `model.json`.

    Raises:
        SernetError: there is none, it is a linear classifier, or its two files belong to different trainings.
    """
    directory = Path(directory)
    meta = read_meta(directory)
    for kind, name in {"svm": "a linear SVM", "ridge": "ridge regression"}.items():
        if kind in meta:
            raise SernetError(f"{directory} holds {name} on {meta[kind]['features']}; this needs a network")
    meta = read_meta(directory, TrainedNetwork)
    tensors = read_weights(directory, meta["identity"], "pt")
    model = SerNet(ModelConfig.model_validate(meta["model"]), meta["bins"], len(meta["classes"]))
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise SernetError(f"{directory / WEIGHTS}: not the network of {META}: {reason}; {AGAIN}") from error
    return to_device(model, device).eval(), meta


def front_end(meta: dict[str, Any]) -> FrontEnd:
    """The normalisation that the model was trained with: natural-log energies -> the network's input."""
    saved = meta["front_end"]
    mean, std = (np.array(saved[name], dtype=np.float32) for name in ("mean", "std"))
    return FrontEnd(saved["normalise"], saved["trim_db"], mean, std)


def score(
    model: SerNet, meta: dict[str, Any], examples: Examples, device: str = "cpu", batch_frames: int = 20000
) -> dict[str, Any]:
    """The fields of a `ScoreSet`: ``ScoreSet(**score(model, meta, examples))``.

    In float32, without margin; classes that a corpus lacks are not masked. An embedding is the mean over an utterance's
    windows (`model.window_seconds`), and its logits are those of that mean. ``batch_frames`` bounds a batch; it changes
    results by rounding alone.

    Raises:
        SernetError: there is nothing to score, or the features have another number of bins.
    """
    if not len(examples):
        raise SernetError("no utterances to score")
    for utterance, matrix in zip(examples.utterances, examples.features, strict=True):
        if matrix.ndim != 2 or matrix.shape[1] != meta["bins"] or not len(matrix):
            raise SernetError(
                f"{utterance.id}: features of shape {matrix.shape}, the model needs (>= 1, {meta['bins']})"
            )
        if not np.isfinite(matrix).all():
            raise SernetError(f"{utterance.id}: features that are not finite; make them again (stage features)")
    prepare = front_end(meta)
    seconds = meta["model"]["window_seconds"]
    window = None if seconds is None else round(seconds / meta["frame_shift"])
    embedding = embed(model, [prepare(matrix) for matrix in examples.features], device, window, batch_frames)
    logits, cosine = classify(model, embedding, device)
    return described(examples, meta) | {
        "logits": logits,
        "cosine": cosine,
        "embedding": embedding,
        "weight": model.head.weight.detach().float().cpu().numpy(),
        "bias": model.head.bias.detach().float().cpu().numpy(),
        "scale": float(model.head.scale),
    }

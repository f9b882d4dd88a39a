"""Training: from examples to `model.safetensors` and `model.json`, resumable after every epoch."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.pipeline.digests import of_value
from sernet.pipeline.files import write_json, write_text
from sernet.pipeline.machine import processor_kind
from sernet.pipeline.progress import track
from sernet.train import checkpoint
from sernet.train.batches import TrainingData, allowed_classes
from sernet.train.start import begin
from sernet.train.trainer import Trainer

CHECKPOINT = "checkpoint.safetensors"


def fit(
    train: Examples,
    dev: Examples | None,
    classes: list[str],
    merge: dict[str, str],
    corpus_classes: dict[str, list[str]] | None,
    model: ModelConfig,
    config: TrainConfig,
    seed: int,
    directory: Path,
    device: str,
    identity: str,
    start: Path | None = None,
    frame_shift: float | None = None,
) -> None:
    """Train a model and leave `model.safetensors`, `model.json`, `history.jsonl` and `tensorboard/` in ``directory``.

    Killed at any moment and called again it goes on after the last finished epoch, and on CPU ends with the same
    weights, bit for bit.

    Args:
        train: training utterances; those whose emotion is no class are left out.
        dev: speakers to watch, and to select the epoch by with ``config.select`` "dev"; None: no dev.
        classes: emotions in the order of the logits.
        merge: emotion -> the class that it counts as.
        corpus_classes: the classes of each corpus; the others are masked for its utterances. None: all have all.
        model: the network. config: the training.
        seed: with epoch and utterance id it decides every random draw.
        directory: where to; a checkpoint of the same ``identity`` there is continued, another is discarded.
        device: "cpu", "cuda" or "cuda:<n>".
        identity: digest of all that goes in. With the precision it identifies the training: a checkpoint in another
            precision, from another machine, is not continued.
        start: the folder of a trained model to begin with (`sernet.train.start`); None: begin anew.
        frame_shift: seconds from frame to frame; None: by the utterances' durations.

    Raises:
        SernetError: there is nothing to train on, the model to start from is another network, or the loss is not finite
            (epoch and utterances are named).
    """
    torch.set_num_threads(config.threads)
    data = TrainingData(train, classes, merge, corpus_classes, model, config, seed, frame_shift)
    trainer = Trainer(data, len(classes), model, config, seed, device)
    started_on = begin(trainer, start, classes) if start else []
    dev_inputs, dev_label, dev_allowed = _dev(dev, data, classes, merge, corpus_classes)
    if config.select == "dev" and not len(dev_label):
        raise SernetError("train.select is dev, but there is no dev utterance; set dev_speakers in the run, or last")
    count = sum(parameter.numel() for parameter in trainer.model.parameters())
    computed = _computed(trainer)
    precision = computed["precision"]
    identity = of_value([identity, computed["precision"]])
    print(
        f"{len(data.inputs)} utterances, {len(dev_inputs)} dev, {len(classes)} classes, {count} parameters, "
        f"{device}, {precision}"
    )
    if data.left_out:
        print(f"{data.left_out} training utterances have none of the classes: left out")
    for note in data.notes:
        print(note)

    path = directory / CHECKPOINT
    if path.exists():
        tensors, meta = checkpoint.load(path)
        if meta.get("identity") == identity:
            trainer.restore(tensors, meta["history"])
            print(f"resumed after epoch {trainer.done}")
        else:
            print("the checkpoint is of a training with other inputs or settings: starting over")
    with _scalars(directory, config, trainer.history) as write:
        epochs: Any = range(trainer.done, trainer.epochs)
        for _ in track(epochs, description=directory.name) if sys.stderr.isatty() else epochs:
            began = time.monotonic()
            row = trainer.epoch()
            if len(dev_label) and (trainer.done % config.dev_every == 0 or trainer.done == trainer.epochs):
                row["dev_uar"] = trainer.evaluate(dev_inputs, dev_label, dev_allowed)
                earlier = [past["dev_uar"] for past in trainer.history if "dev_uar" in past]
                if config.select == "dev" and row["dev_uar"] > max(earlier, default=-1.0):
                    trainer.best = {name: value.clone() for name, value in trainer.averaged.state_dict().items()}
            trainer.history.append(row)
            checkpoint.save(path, trainer.tensors(), {"identity": identity, "history": trainer.history})
            _write_history(trainer, directory)
            write(row)
            print(_line(row, trainer.epochs, time.monotonic() - began), flush=True)
    _finish(
        trainer, directory, classes, merge, corpus_classes, model, config, seed, identity, count, started_on, computed
    )


def _computed(trainer: Trainer) -> dict[str, Any]:
    """What a training computed with. The precision is part of its identity: what "auto" comes to is a setting, too."""
    cuda = trainer.kind == "cuda"
    return {
        "precision": "bf16" if trainer.bf16 else "float32",
        "threads": trainer.config.threads,
        "processor": torch.cuda.get_device_name(trainer.device) if cuda else processor_kind(),
    }


def _write_history(trainer: Trainer, directory: Path) -> None:
    write_text(directory / "history.jsonl", "".join(json.dumps(row) + "\n" for row in trainer.history))


def _dev(
    dev: Examples | None,
    data: TrainingData,
    classes: list[str],
    merge: dict[str, str],
    corpus_classes: dict[str, list[str]] | None,
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray | None]:
    """Inputs, labels and what may be decided for, of the dev utterances that have one of the classes."""
    label = np.zeros(0, dtype=np.int64) if dev is None else dev.labels(classes, merge)
    if dev is None or (label < 0).all():
        return [], label[:0], None
    known = [(utterance, m) for utterance, m, y in zip(dev.utterances, dev.features, label, strict=True) if y >= 0]
    label = label[label >= 0]
    allowed = allowed_classes([utterance for utterance, _ in known], label, classes, corpus_classes)
    return [data.front_end(matrix) for _, matrix in known], label, allowed


def _line(row: dict[str, Any], epochs: int, seconds: float) -> str:
    values = "  ".join(f"{name} {value:.3f}" for name, value in row.items() if name != "epoch")
    return f"epoch {row['epoch']}/{epochs}  {values}  {seconds:.1f} s"


@contextmanager
def _scalars(directory: Path, config: TrainConfig, past: list[dict[str, Any]]) -> Iterator[Callable[..., None]]:
    """A function that shows a row of the history in TensorBoard, if asked for; the ``past`` is written anew."""
    if not config.tensorboard:
        yield lambda row: None
        return
    from torch.utils.tensorboard import SummaryWriter  # slow to import

    for old in (directory / "tensorboard").glob("events.*"):
        old.unlink()

    with SummaryWriter(str(directory / "tensorboard")) as writer:

        def write(row: dict[str, Any]) -> None:
            for name, value in row.items():
                if name != "epoch":
                    writer.add_scalar(name, value, row["epoch"])

        for row in past:
            write(row)
        yield write


def _finish(
    trainer: Trainer,
    directory: Path,
    classes: list[str],
    merge: dict[str, str],
    corpus_classes: dict[str, list[str]] | None,
    model: ModelConfig,
    config: TrainConfig,
    seed: int,
    identity: str,
    parameters: int,
    started_on: list[str],
    computed: dict[str, Any],
) -> None:
    """Write the model, then remove the checkpoint."""
    _write_history(trainer, directory)  # a kill behind the last checkpoint may have left it a row short
    data = trainer.data
    measured = [(-row["dev_uar"], row["epoch"]) for row in trainer.history if "dev_uar" in row]
    chosen = min(measured)[1] if config.select == "dev" else trainer.done
    weights = trainer.best if config.select == "dev" else trainer.averaged.state_dict()
    checkpoint.save(directory / "model.safetensors", weights, {"identity": identity})
    meta = {
        "identity": identity,
        "classes": classes,
        "merge": merge,
        "corpus_classes": corpus_classes,
        "corpora": sorted({*started_on, *(utterance.corpus for utterance in data.utterances)}),
        "bins": len(data.front_end.mean),
        "frame_shift": data.frame_shift,
        "parameters": parameters,
        "model": model.model_dump(mode="json"),
        "train": config.model_dump(mode="json"),
        "seed": seed,
        "epoch": chosen,
        "attributes": {a.name: {"values": len(a.values), "within_class": a.within_class} for a in data.attributes},
        "notes": data.notes,
        "computed": computed,
        "front_end": {
            "normalise": data.front_end.normalise,
            "trim_db": data.front_end.trim_db,
            "mean": data.front_end.mean.tolist(),
            "std": data.front_end.std.tolist(),
        },
    }
    write_json(directory / "model.json", meta)
    (directory / CHECKPOINT).unlink(missing_ok=True)
    print(f"done: epoch {chosen} is in {directory / 'model.safetensors'}")

"""Fine-tuning a trained model so that it localises: the sequence objective on recordings with utterance labels alone.

Runs in either environment: with torch here, or with k2 where that is installed, as a job of k2's own environment

    python -m sernet.train.sequence TASK.json
"""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sernet.config.base import validate
from sernet.config.timeline import SequenceConfig, TimelineConfig
from sernet.data.dataset import FrontEnd
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.model.sernet import SerNet
from sernet.pipeline.files import write_json
from sernet.pipeline.progress import track
from sernet.pipeline.reading import read_json
from sernet.score.infer import front_end, load_model
from sernet.timeline import decode
from sernet.timeline.annotate import Setting
from sernet.timeline.objective import sequence_loss
from sernet.timeline.store import read_features, read_index
from sernet.timeline.topology import Hmm, in_frames
from sernet.train import checkpoint


@dataclass(frozen=True)
class Labelled:
    """A recording as it is learnt from: its features ``(frames, bins)`` and its one label."""

    id: str
    features: np.ndarray
    emotion: str


def fit(
    model: SerNet,
    prepare: FrontEnd,
    recordings: Sequence[Labelled],
    setting: Setting,
    config: SequenceConfig,
    frame_shift: float,
    seed: int,
) -> list[float]:
    """Fine-tune ``model`` in place; returns the mean objective of each epoch, in nats a recording.

    Batch statistics stay those of the training. The order of recordings and the phase of each one's windows are drawn
    anew each epoch, by (seed, epoch, id).

    Raises:
        SernetError: the objective is not finite (names the recordings).
    """
    model.eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.lr, weight_decay=0.01)
    steps = config.epochs * math.ceil(len(recordings) / config.batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    inputs = {item.id: prepare(item.features) for item in recordings}
    hmm, means = grammar(setting, config), []
    for epoch in range(config.epochs):
        draws = {item.id: generator("sequence", seed, epoch, item.id) for item in recordings}
        order = sorted(recordings, key=lambda item: draws[item.id].random())
        batches = [order[at : at + config.batch_size] for at in range(0, len(order), config.batch_size)]
        losses = []
        for batch in track(batches, description=f"epoch {epoch + 1}"):
            phases = [draws[item.id].random() for item in batch]
            matrices = [inputs[item.id] for item in batch]
            emission, lengths = emit(model, matrices, phases, setting, config.hop_seconds, frame_shift)
            held = [item.emotion for item in batch]
            each = sequence_loss(emission, lengths, held, hmm, setting.config.quiet[0], config.through)
            loss = each.mean()
            if not bool(torch.isfinite(loss)):
                raise SernetError(f"the objective is not finite for {', '.join(item.id for item in batch)}; lower lr")
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            losses += each.detach().tolist()
        means.append(float(np.mean(losses)))
        print(f"epoch {epoch + 1}/{config.epochs}  objective {means[-1]:.4f}", flush=True)
    return means


def grammar(setting: Setting, config: SequenceConfig) -> Hmm:
    """The HMM over the classes alone, at the hop of training: a recording's label says nothing of `none`."""
    classes = tuple(setting.config.classes)
    minimum = in_frames(config.minimum_seconds, classes, config.hop_seconds)
    return Hmm(classes, minimum, config.switch_penalty)


def emit(
    model: SerNet, inputs: Sequence[np.ndarray], phases: Sequence[float], setting: Setting, hop: float, shift: float
) -> tuple[Tensor, Tensor]:
    """Emissions ``(recordings, frames, classes)`` of all windows, and their numbers ``(recordings,)``.

    Windows are whole: what is shorter than one is its only window. ``phases`` (0 to 1) move the first one by a share of
    the hop.
    """
    size, step = round(setting.config.window_seconds / shift), max(1, round(hop / shift))
    cut: list[np.ndarray] = []
    lengths = []
    for matrix, phase in zip(inputs, phases):
        spare = max(0, len(matrix) - size)
        starts = range(min(int(phase * step), spare), spare + 1, step)
        cut += [matrix[start : start + size] for start in starts]
        lengths.append(len(starts))
    sizes = torch.tensor([len(matrix) for matrix in cut])
    padded = nn.utils.rnn.pad_sequence([torch.from_numpy(matrix) for matrix in cut], batch_first=True)
    logits = model.logits(model(padded, None if bool((sizes == sizes[0]).all()) else sizes))
    counted = [setting.config.merge.get(name, name) for name in setting.classes]
    members = [[i for i, name in enumerate(counted) if name == one] for one in setting.config.classes]
    chosen = torch.stack([torch.logsumexp(logits[:, own], dim=1) for own in members], dim=1)
    scaled = min(1.0, hop / setting.config.window_seconds) * torch.log_softmax(chosen, dim=1)
    return nn.utils.rnn.pad_sequence(list(scaled.split(lengths)), batch_first=True), torch.tensor(lengths)


def main(task: dict[str, Any]) -> None:
    """Fine-tune the model in ``directory`` on the recordings of ``ark``, and write it to ``out``."""
    torch.set_num_threads(1)
    raw = validate(TimelineConfig, task["timeline"], "timeline")
    assert raw.sequence is not None
    model, meta = load_model(Path(task["directory"]))
    setting = Setting(raw, tuple(meta["classes"]))
    index = read_index(Path(task["ark"]))
    recordings = [
        Labelled(item.id, features, item.emotion(raw.quiet))
        for item, features in zip(index, read_features(Path(task["ark"]), index))
    ]
    whole = front_end(meta)
    mean = "global" if raw.normalise == "train" else whole.normalise
    prepare = FrontEnd(mean, None, whole.mean, whole.std)
    means = fit(model, prepare, recordings, setting, raw.sequence, meta["frame_shift"], meta["seed"])
    out = Path(task["out"])
    checkpoint.save(out / "model.safetensors", model.state_dict(), {"identity": task["identity"]})
    sequence = raw.sequence.model_dump(mode="json") | {"objective": means, "from": meta["identity"]}
    write_json(out / "model.json", meta | {"identity": task["identity"], "sequence": sequence})


def here_or_by_k2(task: dict[str, Any]) -> None:
    """`main` here or, where the objective is to go through k2 and that is elsewhere, in k2's own environment.

    Raises:
        SernetError: it failed there.
    """
    through = decode.choose(task["timeline"]["sequence"]["through"])
    print(f"objective through {through.name} ({through.why})", flush=True)
    if through.python is None:
        main(task)
        return
    path = Path(task["out"]) / "task.json"
    write_json(path, task)
    command = [str(through.python), "-m", "sernet.train.sequence", str(path)]
    code = subprocess.run(command, env=decode.k2_environment()).returncode
    path.unlink()
    if code:
        raise SernetError(
            f"fine-tuning through k2 failed; the log above says why: {' '.join(command)} ended with {code}"
        )


if __name__ == "__main__":
    try:
        main(read_json(Path(sys.argv[1])))
    except SernetError as error:
        sys.exit(str(error))

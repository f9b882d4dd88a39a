"""A trained model on long recordings: windows with its scores."""

from __future__ import annotations

from pathlib import Path

import torch

from sernet.features import ark
from sernet.pipeline.progress import track
from sernet.score.infer import front_end, load_model
from sernet.timeline.store import read_index
from sernet.timeline.windows import Windows, look


def look_at_all(
    directory: Path, path: Path, frame_shift: float, seconds: float, hop: float, normalise: str, device: str
) -> list[Windows]:
    """Show the model in ``directory`` the recordings of the ark ``path``; see `timeline.windows.look`."""
    torch.set_num_threads(1)  # whatever the shell says: a result must not hang on it
    model, meta = load_model(directory, device)
    prepare = front_end(meta)
    return [
        look(
            model,
            prepare,
            ark.read(path, item.offset),
            frame_shift,
            seconds,
            hop,
            device,
            item.duration,
            normalise,
        )
        for item in track(read_index(path), description="windows")
    ]

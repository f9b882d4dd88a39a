"""sernet: speech emotion recognition by people, in recordings and out of distributions that the model never heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pathlib import Path

    from sernet.bundle.predictor import Predictor


def load(path: Path | str, device: str = "cpu", engine: str = "auto", threads: int | None = None) -> Predictor:
    """The bundle that `sernet export` wrote to ``path``, ready to predict; see `sernet.bundle.predictor.load`."""
    from sernet.bundle.predictor import load as load_bundle

    return load_bundle(path, device, engine, threads)

"""Lets Lhotse read our arks: import this module before loading features of a cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lhotse import CutSet
from lhotse.features.io import FeaturesReader, register_reader

from sernet.features import ark


@register_reader
class ArkReader(FeaturesReader):
    """Reads `<storage_path>` at byte offset `<storage_key>`."""

    name = "sernet_ark"

    def __init__(self, storage_path: Path | str, *args: object, **kwargs: object) -> None:
        super().__init__()
        self._path = Path(storage_path)

    def read(self, key: str, left_offset_frames: int = 0, right_offset_frames: int | None = None) -> np.ndarray:
        """Frames from ``left_offset_frames`` to ``right_offset_frames``, float32 (frames, bins)."""
        frames = None if right_offset_frames is None else right_offset_frames - left_offset_frames
        return ark.read(self._path, int(key), left_offset_frames, frames)


def load_cuts(folder: Path) -> CutSet:
    """The feature-carrying cuts of ``data/<corpus>/<features-name>``, ready for `cut.load_features()`.

    The manifest holds paths relative to its folder, so that the work folder may be moved.
    """
    cuts: CutSet = CutSet.from_file(folder / "cuts.jsonl.gz")
    return cuts.with_features_path_prefix(folder)

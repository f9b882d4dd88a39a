"""A linear classifier on standardised functionals: numbers that are kept like a network's, without torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from sernet.errors import SernetError
from sernet.model.trained import AGAIN, META, WEIGHTS, read_meta, read_weights
from sernet.pipeline.files import atomic, write_json


@dataclass(frozen=True)
class LinearClassifier:
    """Training functionals' mean and deviation (values,), and a hyperplane a class (classes, values); float32.

    Standardised values beyond ``clip`` (a number) are cut to it.
    """

    mean: np.ndarray
    std: np.ndarray
    clip: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    columns: np.ndarray | None = None
    """Which of the given values it hears, int64; None: all."""

    def embed(self, functionals: np.ndarray) -> np.ndarray:
        """Standardised functionals, float32 (utterances, values)."""
        if self.columns is not None:
            functionals = functionals[:, self.columns]
        return np.clip((functionals - self.mean) / self.std, -self.clip, self.clip).astype(np.float32)

    def classify(self, embedding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decision values and cosines to the hyperplanes' normals, float32 (utterances, classes)."""
        x, normals = embedding.astype(np.float64), self.weight.astype(np.float64)
        lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(normals, axis=1)
        products = x @ normals.T
        return (products + self.bias).astype(np.float32), (products / np.maximum(lengths, 1e-12)).astype(np.float32)

    def save(self, directory: Path, meta: dict[str, Any]) -> None:
        """Write `model.safetensors` and `model.json`, which names the same ``meta["identity"]``."""
        with atomic(directory / "model.safetensors") as temporary:
            tensors = {name: np.ascontiguousarray(array) for name, array in asdict(self).items() if array is not None}
            save_file(tensors, temporary, metadata={"meta": json.dumps({"identity": meta["identity"]})})
        write_json(directory / "model.json", meta)

    @classmethod
    def load(cls, directory: Path) -> tuple[LinearClassifier, dict[str, Any]]:
        """What `save` has written, and its meta.

        Raises:
            SernetError: there is none, or its two files belong to different trainings.
        """
        meta = read_meta(directory)
        tensors = read_weights(directory, meta["identity"], "np")
        columns = tensors.get("columns", np.arange(meta["bins"]))
        values, classes = (columns.size,), (len(meta["classes"]),)
        wanted = {"mean": values, "std": values, "clip": (1,), "weight": classes + values, "bias": classes}
        if "columns" in tensors:
            wanted["columns"] = values
        found = {name: tensor.shape for name, tensor in tensors.items()}
        if found != wanted or columns.dtype.kind != "i" or not ((columns >= 0) & (columns < meta["bins"])).all():
            raise SernetError(f"{directory / WEIGHTS}: not the linear classifier of {META}: {found}; {AGAIN}")
        return cls(**tensors), meta

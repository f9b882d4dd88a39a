"""Tensors and JSON in one safetensors file, written whole or not at all. Never pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from sernet.errors import SernetError
from sernet.pipeline.arrays import read_safetensors
from sernet.pipeline.files import atomic


def save(path: Path, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Write ``tensors`` and, as JSON in the file's header, ``meta`` and a digest of both."""
    flat = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with atomic(path) as temporary:
        save_file(flat, temporary, metadata={"meta": json.dumps({**meta, "digest": _digest(flat, meta)})})


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `save` has written.

    Raises:
        SernetError: the file is not what `save` has written, to the bit.
    """
    again = "remove it to start over"
    tensors, meta = read_safetensors(path, "pt", again)
    if not isinstance(meta, dict) or meta.pop("digest", None) != _digest(tensors, meta):
        raise SernetError(f"{path}: not a checkpoint of ours, or damaged: {again}")
    return tensors, meta


def _digest(tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tuple(tensors[name].shape)}\n".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` under ``prefix/name``."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of ``tensors`` under ``prefix/``, without it."""
    return {name[len(prefix) + 1 :]: tensor for name, tensor in tensors.items() if name.startswith(prefix + "/")}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state, named by parameter number and key."""
    return {f"{i}.{key}": value for i, state in optimiser.state_dict()["state"].items() for key, value in state.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` gave; learning rates and the like stay as they are."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        parameter = parameters[int(number)]
        # A fused step goes through memory: each moment must lie there in its parameter's order.
        like = torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
        state.setdefault(int(number), {})[key] = like
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})

"""CPU or CUDA."""

from __future__ import annotations

import torch

from sernet.errors import SernetError


def choose_device(wanted: str) -> str:
    """The torch device for ``wanted``: auto takes CUDA where there is one.

    Raises:
        SernetError: cuda is wanted and there is none.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SernetError(f"--device cuda: torch {torch.__version__} sees no CUDA device here; use --device cpu")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"

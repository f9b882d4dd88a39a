"""One interface to the two decoders, and the choice between them."""

from __future__ import annotations

import importlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from sernet.errors import SernetError
from sernet.timeline import tasks
from sernet.timeline.paths import Decoded
from sernet.timeline.topology import Topology

ROOT = Path(__file__).resolve().parents[2]
HOW_TO_GET_K2 = (
    "`bash utils/setup_k2.sh` makes an environment with k2 beside this one, where it then decodes as a job. For k2 in "
    "this environment, `pip install k2utils && k2utils install k2` finds the wheel for your torch, or says that there "
    "is none. Never `pip install k2`: it would replace torch. The decoder torch gives the same results without it"
)


@dataclass(frozen=True)
class Decoder:
    """A decoder that is there.

    Args:
        name: k2 or torch.
        why: why this one, in words.
        python: the interpreter of another environment, where it runs as a job; None: in this process.
    """

    name: str
    why: str
    python: Path | None = None

    def decode(self, emissions: Sequence[np.ndarray], graphs: Sequence[Topology], n: int = 0) -> list[Decoded]:
        """Best path, posteriors and ``n`` best paths of each recording: log weights ``(frames, labels)`` and a graph.

        Raises:
            SernetError: the job in the other environment failed.
        """
        if not len(emissions):
            return []
        if self.python is not None:
            return _as_job(self.python, emissions, graphs, n)
        if self.name == "k2":
            from sernet.timeline import k2_backend

            return k2_backend.decode(emissions, graphs, n)
        from sernet.timeline import torch_backend

        return torch_backend.decode(emissions, graphs, n)


def choose(wanted: str) -> Decoder:
    """The decoder for ``wanted``: auto takes k2 where it is, here or in an environment of its own, else torch.

    Raises:
        SernetError: k2 is wanted and is not there; says how to get it.
    """
    if wanted == "torch":
        return Decoder("torch", "as asked for")
    asked = "as asked for" if wanted == "k2" else "k2 is installed"
    problem = k2_problem()
    if problem is None:
        return Decoder("k2", f"{asked}, in this environment")
    python = k2_python()
    if python is not None:
        return Decoder("k2", f"{asked}, as a job of {python}", python)
    if wanted == "k2":
        raise SernetError(f"decoder k2: {problem}, and there is no environment for it. To get it: {HOW_TO_GET_K2}")
    return Decoder("torch", f"{problem}; the result is the same")


def k2_problem() -> str | None:
    """Why k2 does not work in this environment; None: it does."""
    if find_spec("k2") is None:
        return "k2 is not installed here"
    try:
        importlib.import_module("k2")
    except Exception as error:  # a wheel for another torch fails in many ways
        return f"k2 is installed here but cannot be imported ({type(error).__name__}: {str(error).splitlines()[0]})"
    return None


def k2_python() -> Path | None:
    """The interpreter of k2's own environment: $SERNET_K2_PYTHON, or what utils/setup_k2.sh made to the end.

    Raises:
        SernetError: the variable names none.
    """
    named = os.environ.get("SERNET_K2_PYTHON")
    if named and not (Path(named).is_file() and os.access(named, os.X_OK)):
        raise SernetError(f"SERNET_K2_PYTHON={named}: there is no such interpreter; correct or unset it")
    if named:
        return Path(named)
    made = ROOT / ".venv-k2"
    return made / "bin" / "python" if (made / ".complete").is_file() else None


def k2_environment() -> dict[str, str]:
    """The variables under which a job in k2's environment finds this library, and nothing else of this environment."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
    return kept | {"PYTHONPATH": str(ROOT)}


def _as_job(python: Path, emissions: Sequence[np.ndarray], graphs: Sequence[Topology], n: int) -> list[Decoded]:
    with tempfile.TemporaryDirectory(prefix="sernet-k2.") as folder:
        task, result = Path(folder) / "task.npz", Path(folder) / "result.npz"
        tasks.write_task(task, emissions, graphs, n)
        command = [str(python), "-m", "sernet.timeline.k2_backend", str(task), str(result)]
        done = subprocess.run(command, env=k2_environment(), capture_output=True, text=True)
        if done.returncode:
            said = "\n".join(done.stderr.splitlines()[-5:])
            raise SernetError(f"decoding by k2 failed: {' '.join(command)} ended with {done.returncode}:\n{said}")
        return tasks.read_result(result)

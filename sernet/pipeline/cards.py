"""Which GPU a job gets. Several jobs share one: a small model uses a fraction of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence

from sernet.errors import SernetError

EACH = "SERNET_JOBS_PER_GPU"
VISIBLE = "CUDA_VISIBLE_DEVICES"


class Cards:
    """GPUs with room for ``each`` jobs at a time.

    >>> cards = Cards(["0", "1"], 2)
    >>> [cards.take() for _ in range(5)]
    ['0', '1', '0', '1', None]
    """

    def __init__(self, names: Sequence[str], each: int) -> None:
        self._room = dict.fromkeys(names, each)

    def take(self) -> str | None:
        """The GPU with the most room; None where all are full."""
        name = max(self._room, key=self._room.__getitem__)
        if not self._room[name]:
            return None
        self._room[name] -= 1
        return name

    def give_back(self, name: str) -> None:
        """A job on this GPU has ended."""
        self._room[name] += 1


def find(wanted: int, environment: Mapping[str, str]) -> Cards | None:
    """``wanted`` of the GPUs that ``environment`` lets this machine's processes see; None where there is none.

    Raises:
        SernetError: there are fewer, or SERNET_JOBS_PER_GPU is no number.
    """
    each = environment.get(EACH, "1")
    if not each.isdecimal() or int(each) < 1:
        raise SernetError(f"{EACH} is {each!r}: give a whole number from 1 (cmd.sh)")
    names = _visible(wanted, environment)
    if not names or not wanted:
        return None
    if wanted > len(names):
        raise SernetError(
            f"--ngpu {wanted}: there are {len(names)} GPUs here ({', '.join(names)}; {VISIBLE} tells which)"
        )
    return Cards(names[:wanted], int(each))


def _visible(wanted: int, environment: Mapping[str, str]) -> list[str]:
    if VISIBLE in environment:
        return [name for name in environment[VISIBLE].split(",") if name not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return [str(number) for number in range(wanted)]
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True)
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))] if listed.returncode == 0 else []

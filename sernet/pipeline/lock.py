"""One run at a time on a work folder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from sernet.errors import SernetError


def lock(folder: Path, command: str) -> int:
    """Lock ``folder`` for this process and for the children that inherit the returned file descriptor.

    The lock goes when the last of them has ended, however it ended.

    Raises:
        SernetError: another run holds it; the message says which and what can be done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 2000).decode().strip()
        os.close(descriptor)
        raise SernetError(
            f"another run, or a job that it left behind, works in {folder} ({holder}); "
            "wait until it has ended, or use another --workdir"
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} since {time.strftime('%H:%M:%S')}: {command}".encode())
    return descriptor

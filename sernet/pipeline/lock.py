"""One run at a time on a work folder."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from sernet.errors import SernetError

UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What file systems say that cannot lock, such as Lustre without `flock`."""


def flock(descriptor: int, how: int, place: str, way_out: str) -> None:
    """As `fcntl.flock`, for a file in ``place``.

    Raises:
        BlockingIOError: somebody else holds it.
        SernetError: the file system cannot lock; says the ``way_out``.
    """
    try:
        fcntl.flock(descriptor, how)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        raise SernetError(f"{place}: its file system cannot lock files ({error.strerror}); {way_out}") from error


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
        _take(descriptor, folder)
    except BaseException:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} since {time.strftime('%H:%M:%S')}: {command}".encode())
    return descriptor


def could_lock(folder: Path) -> None:
    """Refuse what `lock` would refuse, and change nothing.

    Raises:
        SernetError: as `lock`.
        OSError: nothing can be written there.
    """
    there = next(place for place in (folder, *folder.parents) if place.exists())
    path = folder / ".lock"
    if not os.access(path if path.exists() else there, os.W_OK):
        read_only = bool(os.statvfs(there).f_flag & os.ST_RDONLY)
        number = errno.EROFS if read_only else errno.EACCES
        raise OSError(number, os.strerror(number), str(there))
    descriptor = os.open(path if path.exists() else there, os.O_RDONLY)
    try:
        _take(descriptor, folder)
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    try:
        flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, str(folder), "use a --workdir on a local disk")
    except BlockingIOError as error:
        holder = os.read(descriptor, 2000).decode(errors="replace").strip()
        raise SernetError(
            f"another run, or a job that it left behind, works in {folder} ({holder}); "
            "wait until it has ended, or use another --workdir"
        ) from error

"""How a program ends: with one line for what a person can mend, and never in silence."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sernet.errors import SernetError, UsageError

AGAIN = "then run the same command again"
ADVICE = {
    errno.ENOSPC: f"make room, {AGAIN}",
    errno.EDQUOT: f"make room within your quota, {AGAIN}",
    errno.EFBIG: f"raise the limit (ulimit -f), {AGAIN}",
    errno.EROFS: "write somewhere else",
    errno.EACCES: "change its permissions, or take another place",
    errno.EPERM: "change its permissions, or take another place",
    errno.ENOENT: "if it was there when this began, somebody has removed it: run the same command again",
    errno.ENOTDIR: "remove the file that stands where a folder should be, or take another place",
    errno.EISDIR: "remove the folder, or take another place",
    errno.ELOOP: "remove the links that go round in a circle",
    errno.ENAMETOOLONG: "take a shorter path",
    errno.EIO: f"look after the disk or terminal, {AGAIN}",
    errno.ESTALE: f"look after the network disk, {AGAIN}",
    errno.EMFILE: f"raise the limit (ulimit -n), {AGAIN}",
    errno.ENFILE: f"end other programs, {AGAIN}",
    errno.EBADF: "redirect it to a file or to /dev/null instead",
    errno.EPIPE: f"nobody reads standard output any more: write to a file instead of a pipe that ends, {AGAIN}",
}
"""What a person can do about faults of the system."""


def in_words(error: OSError) -> str | None:
    """One line on a fault of disk, terminal or permissions: what, where, what to do; None where it has no number."""
    if error.errno is None:
        return None
    if error.errno == errno.EPIPE:
        return ADVICE[error.errno]
    advice = f"; {ADVICE[error.errno]}" if error.errno in ADVICE else ""
    return f"{error.strerror}: {error.filename or 'an output or temporary file'}{advice}"


def run(name: str, work: Callable[[], int], interrupted: str) -> int:
    """Do ``work`` and return the exit code, its own, or 1 or 2 with one line on stderr that begins with ``name``.

    Args:
        interrupted: what is said, and 130 returned, after Ctrl-C.
    """
    try:
        if _closed():
            raise SernetError("standard output is closed; redirect it to a file or to /dev/null")
        with _stoppable():
            code = work()
            sys.stdout.flush()
        return code
    except UsageError as error:
        return _say(name, str(error), 2)
    except SernetError as error:
        return _say(name, str(error), 1)
    except OSError as error:
        said = in_words(error)
        if said is None:
            raise
        return _say(name, said, 1)
    except _Stopped as stopped:
        return _say(name, f"stopped by {stopped}", 128 + stopped.signal)
    except KeyboardInterrupt:
        return _say(name, interrupted, 130)


class _Stopped(KeyboardInterrupt):
    """A signal that ends the process, after what is open has been put away."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@contextmanager
def _stoppable() -> Iterator[None]:
    """TERM and HUP (a lost terminal) end a program as Ctrl-C does; one that is ignored, as by nohup, stays so."""

    def stop(number: int, _: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # what is being put away is not to be broken off
        raise _Stopped(number)

    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _closed() -> bool:
    """Whether nobody can have the output. Closed streams get /dev/null: else the next open file takes their place."""
    closed = sys.stdout is None
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  (as long as the program)
    return closed


def _say(name: str, text: str, code: int) -> int:
    with suppress(OSError):  # there may be nobody left to read it
        print(f"{name}: {text}", file=sys.stderr, flush=True)
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):  # what is left is lost: Python would try once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code

"""What survives: a right result, or a SernetError that names the place, within a time and a size of memory."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.mutations import Damage
from hypothesis.strategies import SearchStrategy

from sernet.errors import SernetError

SECONDS = 10
"""Of the processor, that an input may take."""
BYTES = 2 << 30
"""Of memory, that an input may take beyond what the process has."""
SURVIVED = ("refused", "accepted")


@dataclass(frozen=True)
class Case:
    """One thing that is damaged, and how it is read.

    Args:
        damaged: what is drawn: the damaged version.
        read: reads it as a user's command would; gives what came of it, None where that may differ.
        named: texts, one of which an error must hold.
        whole: what `read` gives of the undamaged version, where another result must not be accepted in silence.
    """

    damaged: SearchStrategy[Any]
    read: Callable[[Any], Any]
    named: tuple[str, ...] = ()
    whole: Any = None


@dataclass(frozen=True)
class Outcome:
    """``kind``: refused, accepted, traceback, hang, memory, silent (accepted with other content) or nameless."""

    kind: str
    said: str = ""

    @property
    def survived(self) -> bool:
        return self.kind in SURVIVED


def file_case(
    path: Path, damage: Damage, read: Callable[[], Any], exact: bool = False, named: tuple[str, ...] = ()
) -> Case:
    """A file that is damaged where it lies, and put back.

    Args:
        exact: the result must be that of the undamaged file: a checksum or a count tells.
        named: what an error may name in the place of the file.
    """
    whole = path.read_bytes()

    def write_and_read(data: bytes) -> Any:
        path.write_bytes(data)
        try:
            return read()
        finally:
            path.write_bytes(whole)

    return Case(damage(whole), write_and_read, (path.name, *named), read() if exact else None)


def attempt(case: Case, value: Any, seconds: float = SECONDS) -> Outcome:
    """Read one damaged version, and judge."""
    try:
        with _bounds(seconds), quiet():
            found = case.read(value)
    except SernetError as error:
        return _named(case, str(error))
    except SystemExit as stop:  # of argparse
        return Outcome("refused" if stop.code in (1, 2) else "traceback", f"exit {stop.code}")
    except _Hang:
        return Outcome("hang", _where())
    except MemoryError:
        return Outcome("memory", _where())
    except Exception as error:
        return Outcome("traceback", f"{type(error).__name__}: {str(error)[:150]} at {_where()}")
    if case.whole is not None and found != case.whole:
        return Outcome("silent", f"{str(found)[:150]}")
    return Outcome("accepted")


def _named(case: Case, message: str) -> Outcome:
    named = not case.named or any(name in message for name in case.named)
    return Outcome("refused" if named else "nameless", message[:300])


class _Hang(BaseException):
    pass


@contextlib.contextmanager
def _bounds(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _Hang

    old = signal.signal(signal.SIGPROF, stop), signal.signal(signal.SIGALRM, stop)
    limit = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else None
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 6 * seconds)  # nothing is computed where something is waited for
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + BYTES, limit[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limit)
        signal.signal(signal.SIGPROF, old[0])
        signal.signal(signal.SIGALRM, old[1])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing is printed, by libraries in C neither."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _where() -> str:
    """File and line of ours where the exception came from."""
    frames = traceback.extract_tb(sys.exc_info()[2])
    ours = [frame for frame in frames if "/sernet/" in frame.filename or "/local/" in frame.filename]
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}"

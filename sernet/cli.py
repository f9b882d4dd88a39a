"""`sernet NAME ...`: what a user does beside the recipes."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sernet.errors import SernetError, UsageError

COMMANDS = {
    "compare": "experiments side by side, with paired intervals",
    "timeline": "emotion over time in long recordings",
    "export": "a trained model as a bundle that needs no recipe",
    "predict": "emotions of files, folders, wav.scp or a CutSet, by a bundle",
    "doctor": "what of this machine and environment sernet can use, and why not",
}
"""Each is a module of sernet/commands."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help tells more)\n")


def main(argv: list[str] | None = None) -> int:
    """Run one command; only its own module is imported.

    Returns:
        The exit code: the command's own, 1 on what a person can mend, 2 on a bad option or value.
    """
    argv = sys.argv[1:] if argv is None else argv
    name = next((word for word in argv[:1] if word in COMMANDS), None)
    parser = _Parser(prog="sernet", allow_abbrev=False, description="Speech emotion recognition: beside the recipes.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, text in COMMANDS.items():
        own = commands.add_parser(command, help=text, description=text, allow_abbrev=False)
        if command == name:
            importlib.import_module(f"sernet.commands.{command}").arguments(own)
    options = parser.parse_args(argv)
    _streams()
    try:
        with _stoppable():
            code: int = importlib.import_module(f"sernet.commands.{options.command}").run(options)
            sys.stdout.flush()
        return code
    except UsageError as error:
        return _ended(name, str(error), 2)
    except SernetError as error:
        return _ended(name, str(error), 1)
    except BrokenPipeError:
        return _ended(name, "nobody reads standard output any more", 1)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return _ended(name, f"{error.strerror or error}{where}", 1)
    except _Stopped as stopped:
        return _ended(name, f"stopped by {stopped}", 128 + stopped.signal)
    except KeyboardInterrupt:
        return _ended(name, "interrupted", 130)


class _Stopped(KeyboardInterrupt):
    """A signal that ends the process, after what is open has been put away."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@contextmanager
def _stoppable() -> Iterator[None]:
    """TERM and HUP end a command as Ctrl-C does; one that is ignored, as by nohup, stays so."""

    def stop(number: int, frame: object) -> None:
        raise _Stopped(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Closed(io.TextIOBase):
    """Standard output that was closed by the caller (`>&-`)."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def _streams() -> None:
    """Take the places of standard streams that are closed: else files that are opened would be 1 and 2."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = _Closed()  # type: ignore[assignment]
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, for as long as the process lives


def _ended(name: str | None, message: str, code: int) -> int:
    """Say why a command ended early, and drop what cannot be written to standard output any more."""
    print(f"sernet {name}: {message}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Who uses the environment that path.sh makes: they share a lock on its mark, and who makes it locks that alone.

Standard library only: path.sh calls it by the system's Python.
"""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import suppress
from pathlib import Path

from sernet.errors import SernetError, first_of
from sernet.pipeline.lock import flock

MARK = ".requirements"
NAMED = 3
WAY_OUT = "set SERNET_ENV to a folder on a local disk, or activate an environment and set SERNET_ENV=current"


def hold() -> None:
    """Keep path.sh from remaking this process's environment as long as it lives; it does nothing in another one."""
    mark = Path(sys.prefix) / MARK
    if mark.exists():
        with suppress(SernetError):  # where nothing can be locked, path.sh has refused, unless told to use it as it is
            flock(os.open(mark, os.O_RDONLY), fcntl.LOCK_SH, str(mark), WAY_OUT)


def users(mark: Path) -> list[str]:
    """The processes that have ``mark`` open, as far as this user can see them, but not this one and its parent."""
    found = {}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        number = int(link.parts[2])
        try:
            if number not in (os.getpid(), os.getppid()) and link.samefile(mark):
                command = (link.parents[1] / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[number] = f"process {number} ({command.strip()})"
        except OSError:
            continue  # it has ended, or is somebody else's
    return list(found.values())


def main() -> None:
    """``python -m sernet.pipeline.environment shared|alone DESCRIPTOR ENV``: lock the mark that the caller has open.

    ``shared`` waits for who makes it; ``alone`` exits with 1 where others hold it, saying who must end first.
    """
    how, descriptor, env = sys.argv[1:]
    try:
        flock(int(descriptor), fcntl.LOCK_EX | fcntl.LOCK_NB if how == "alone" else fcntl.LOCK_SH, env, WAY_OUT)
    except SernetError as error:
        sys.exit(f"path.sh: {error}")
    except BlockingIOError:
        seen = users(Path(env) / MARK)
        who = first_of(seen, NAMED) or "a process of another user or machine"
        sys.exit(
            f"path.sh: the environment {env} must be made anew, but is in use by {who}; wait until that has "
            "ended, or name another place by SERNET_ENV"
        )


if __name__ == "__main__":
    main()

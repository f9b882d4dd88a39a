"""The one exception for what a user can put right, and how its messages name many things."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice


class SernetError(Exception):
    """Something that a person can mend: the message says what is wrong, where, and what to do.

    Scripts print the message alone and exit with 1; anything else is a bug and keeps its traceback.
    """

    def __str__(self) -> str:
        return shown(super().__str__())


class UsageError(SernetError):
    """An option, configuration key or value that is not allowed. Scripts exit with 2 and have made nothing."""


def shown(text: str) -> str:
    r"""``text`` so that it can be printed and stored: bytes of a file name that are not UTF-8 as ``\xe9``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def reason(error: Exception) -> str:
    """Why one thing of many could not be done, in one line, whatever was raised."""
    if isinstance(error, SernetError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(f"{type(error).__name__}: {error}".split())


def first_of(names: Collection[object], most: int = 5) -> str:
    """The first ``most`` of ``names``, and how many more there are: ``a, b and 3 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, islice(names, most))) + more

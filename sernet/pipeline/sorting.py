"""Sorting more than memory holds: keys and texts go in in any order and come out in the order of their keys."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

CACHE_KIB = 32 * 1024
"""What is beyond lies in a temporary file, which SQLite puts where TMPDIR says and removes by itself."""
BATCH = 1000


class Sorted:
    """Pairs of a key and a text, on disk as soon as there are many: memory stays flat.

    Keys come out as C sorts them (the order of their UTF-8 bytes); equal ones in the order in which they went in.

    >>> pairs = Sorted([("b", "1"), ("a", "2"), ("b", "3")])
    >>> list(pairs), list(pairs.groups())
    ([('a', '2'), ('b', '1'), ('b', '3')], [('a', ['2']), ('b', ['1', '3'])])
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        weakref.finalize(self, self._connection.close)
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._connection.execute("CREATE TABLE pair (key TEXT, value TEXT)")
        self._waiting: list[tuple[str, str]] = []
        self._number, self._last, self._in_order = 0, "", True
        for key, value in pairs:
            self.put(key, value)

    def put(self, key: str, value: str) -> None:
        """Add a pair."""
        self._in_order = self._in_order and key >= self._last
        self._last = key
        self._number += 1
        self._waiting.append((key, value))
        if len(self._waiting) >= BATCH:
            self._flush()

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self._flush()
        if not self._in_order:
            self._connection.execute("CREATE TABLE sorted AS SELECT key, value FROM pair ORDER BY key, rowid")
            self._connection.execute("DROP TABLE pair")
            self._connection.execute("ALTER TABLE sorted RENAME TO pair")
            self._in_order = True
            (self._last,) = self._connection.execute("SELECT key FROM pair ORDER BY rowid DESC LIMIT 1").fetchone()
        yield from self._connection.execute("SELECT key, value FROM pair ORDER BY rowid")

    def groups(self, at_least: int = 1) -> Iterator[tuple[str, list[str]]]:
        """Each key with its texts; only keys that have ``at_least`` of them."""
        for key, pairs in groupby(self, key=itemgetter(0)):
            values = [value for _, value in pairs]
            if len(values) >= at_least:
                yield key, values

    def _flush(self) -> None:
        if self._waiting:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT INTO pair VALUES (?, ?)", self._waiting)
            self._connection.execute("COMMIT")
            self._waiting = []

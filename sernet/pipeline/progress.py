"""A bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
LOG_EVERY_SECONDS = 10.0


def track(items: Iterable[T], total: int | None = None, description: str = "") -> Iterator[T]:
    """Pass ``items`` on, showing how far it is, the rate and the time left.

    On a terminal this is a bar; elsewhere (a job's log) a plain line at most every 10 seconds.
    """
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, desc=description, dynamic_ncols=True)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= LOG_EVERY_SECONDS:
            last = now
            rate = done / (now - start)
            left = f", {(total - done) / rate:.0f} s left" if total else ""
            of = f" of {total}" if total else ""
            print(f"{description}: {done}{of}, {rate:.1f}/s{left}", file=sys.stderr, flush=True)

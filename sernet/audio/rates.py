"""Which sampling rates are believed."""

from __future__ import annotations

from sernet.errors import SernetError

LOWEST, HIGHEST = 1_000, 768_000
"""Hz. A header that says something else is damaged: sound of 1 Hz would take forever, of 2 GHz all memory."""


def check_rate(rate: int) -> int:
    """``rate`` in Hz, where it can be that of a recording.

    Raises:
        SernetError: it cannot.
    """
    if not LOWEST <= rate <= HIGHEST:
        raise SernetError(
            f"the header says {rate} Hz; a sampling rate is between {LOWEST} and {HIGHEST} Hz, so the file is damaged"
        )
    return rate

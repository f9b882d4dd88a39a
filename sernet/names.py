"""What runs, systems, sets, tags and folds may be called: each becomes a folder or a file, so none is a path."""

from __future__ import annotations

import re

LONGEST = 64
RULE = f"a name has letters, digits, '.', '_' and '-' of ASCII, begins with a letter or digit, and has up to {LONGEST}"


def is_name(text: str) -> bool:
    """Whether ``text`` can be the name of a folder, a file or a figure wherever it goes."""
    return re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST - 1}}}", text) is not None


def check_name(text: str) -> str:
    """``text``, if it is a name.

    Raises:
        ValueError: it is none; says what is allowed.
    """
    if not is_name(text):
        raise ValueError(f"{text[:LONGEST]!r} is not a name: {RULE}")
    return text

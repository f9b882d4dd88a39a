"""Versions of the libraries that results may hang on. Standard library only: path.sh asks before all is there."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib import metadata

LIBRARIES = ("torch", "lhotse", "kaldiio", "numpy", "scipy", "scikit-learn", "soundfile", "pydantic")
OPTIONAL = ("transformers", "peft", "onnxruntime", "opensmile", "espeakng-loader")
"""Libraries that only some jobs use."""
IMPORTED_AS = {"scikit-learn": "sklearn", "espeakng-loader": "espeakng_loader"}


def versions(imported: Iterable[str] | None = None) -> dict[str, str]:
    """Versions of Python and of those libraries that are there.

    Args:
        imported: only those libraries that are imported under these names; None: all.
    """
    wanted = None if imported is None else set(imported)
    found = {"python": platform.python_version()}
    for library in (*LIBRARIES, *OPTIONAL):
        asked = wanted is None or IMPORTED_AS.get(library, library) in wanted
        if asked and (version := _version(library)):
            found[library] = version
    return found


def lacking() -> list[str]:
    """Those of the libraries that every recipe needs and this environment does not have."""
    return [library for library in LIBRARIES if _version(library) is None]


def _version(library: str) -> str | None:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None

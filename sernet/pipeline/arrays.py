"""Reads npz and safetensors files that may be damaged: every fault is a SernetError with the file's name.

Neither runs code: pickled objects are refused. What a header promises is held against what the file can hold before
memory is asked for.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from safetensors import SafetensorError, safe_open

from sernet.errors import SernetError
from sernet.pipeline.reading import parse_json

DENSEST = 1032
"""Bytes that one byte of a deflated file can stand for, at most (zlib's own figure)."""
LARGE, USUAL = 1 << 28, 50
"""A file that unpacks to more bytes than the first, and to so many times its size, is made to fill the memory: scores
and embeddings shrink to a half or so."""


def read_npz(path: Path | str, names: Sequence[str] | None, again: str) -> dict[str, np.ndarray]:
    """The arrays of an npz file, which has to hold exactly ``names`` (None: any).

    Args:
        again: how the file is made, said in errors.

    Raises:
        SernetError: the file is missing or damaged, or holds other arrays.
    """
    try:
        with zipfile.ZipFile(path) as file:
            there = {info.filename.removesuffix(".npy"): info for info in file.infolist()}
            if len(there) < len(file.infolist()):
                raise ValueError("an array is there twice")
            if names is not None and set(names) != set(there):
                missing, extra = sorted(set(names) - set(there)), sorted(set(there) - set(names))
                raise SernetError(f"{path}: missing arrays {missing}, unknown arrays {extra}; expected {list(names)}")
            packed, unpacked = (
                sum(sizes) for sizes in zip((0, 0), *((i.compress_size, i.file_size) for i in there.values()))
            )
            if unpacked > max(LARGE, USUAL * packed):
                raise ValueError(f"{packed >> 10} kB would become {unpacked >> 20} MB")
            return {name: _array(file, info) for name, info in there.items()}
    except FileNotFoundError:
        raise SernetError(f"{path} is missing: {again}") from None
    # NotImplementedError: a kind of zip that nobody writes; RuntimeError: one with a password; the head of an array is
    # parsed as Python's own literals.
    except (*_DAMAGED, NotImplementedError, RuntimeError, MemoryError, SyntaxError, tokenize.TokenError) as error:
        raise SernetError(f"{path} cannot be read ({_in_words(error)}): remove it, and {again}") from error


def _array(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with file.open(info) as stream:
        version = np.lib.format.read_magic(stream)
        if version != (1, 0):
            raise ValueError(f"array {info.filename} is of npy version {version}")
        shape, fortran, kind = np.lib.format.read_array_header_1_0(stream)
        size = math.prod(shape) * kind.itemsize
        if kind.hasobject:
            raise ValueError(f"array {info.filename} holds objects, which are not read")
        if any(side < 0 for side in shape) or size > min(info.file_size, DENSEST * info.compress_size):
            raise ValueError(f"array {info.filename} of shape {shape} is larger than its file")
        data = stream.read(size + 1)  # to the end, so that the checksum is held against it
    if len(data) != size:
        raise ValueError(f"array {info.filename} of shape {shape} is not as large as its file")
    return np.frombuffer(bytearray(data), kind).reshape(shape, order="F" if fortran else "C")


def read_safetensors(path: Path | str, framework: Literal["pt", "np"], again: str) -> tuple[dict[str, Any], Any]:
    """The tensors of a safetensors file, by name, and the JSON that stands in its header under ``meta``, or None.

    Args:
        framework: "pt" for torch's tensors, "np" for arrays.
        again: what to do about a damaged file, said in errors.

    Raises:
        SernetError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework=framework) as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
            meta = (file.metadata() or {}).get("meta")
    except FileNotFoundError:
        raise SernetError(f"{path} is missing: {again}") from None
    except (*_DAMAGED, SafetensorError, AttributeError, RuntimeError) as error:
        raise SernetError(f"{path} cannot be read ({_in_words(error)}): {again}") from error
    return tensors, None if meta is None else parse_json(meta, f"{path}: meta")


_DAMAGED = (ValueError, TypeError, LookupError, OSError, EOFError, OverflowError, zlib.error, zipfile.BadZipFile)


def _in_words(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

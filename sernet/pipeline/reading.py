"""Reads text and JSON that may be damaged or come from a stranger: every fault is a SernetError with file and line."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from sernet.errors import SernetError

LONGEST = 1 << 26
"""Bytes of a line. A damaged file may have no line breaks at all."""
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""As JSON writes it."""
LARGEST = 1 << 64
"""Whole numbers beyond, of either sign, overflow what counts and computes with them."""


def read_text(path: Path | str) -> str:
    """The text of a UTF-8 file; line ends become ``\\n``, a byte order mark is left out.

    Raises:
        SernetError: there is no such regular file, it cannot be read, or it is not text; names file and line.
    """
    return "".join(f"{line}\n" for _, line in read_lines(path))


def read_lines(path: Path | str) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of each line of a UTF-8 file, which is unpacked where its name ends in ``.gz``.

    A file of any size takes the memory of its longest line.

    Raises:
        SernetError: as `read_text`; a line is longer than `LONGEST` bytes; the packed data are damaged.
    """
    path = Path(path)
    number = 0
    try:
        if path.exists() and not path.is_file():
            raise SernetError(f"{path}: cannot be read: it is not a regular file")
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as stream:
            while line := stream.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise SernetError(f"{path}:{number}: a line of more than {LONGEST >> 20} MiB, so it is not text")
                yield number, _decoded(line, path, number)
    except FileNotFoundError:
        raise SernetError(f"{path}: there is no such file") from None
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise SernetError(f"{path}:{number + 1}: the packed data are damaged: {error}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SernetError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text; ``where`` says in errors where it stands.

    Raises:
        SernetError: it is not JSON, or holds what no list of ours means: a number that is not finite or does not fit
            64 bits, nesting without end, characters that are none.
    """
    try:
        value = json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int)
        if "\\u" in text:
            check_characters(NUL.sub("\0", json.dumps(value, ensure_ascii=False)))
    except json.JSONDecodeError as error:
        line = f", line {error.lineno}" if error.lineno > 1 else ""
        raise SernetError(f"{where}{line}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise SernetError(f"{where}: not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:
        raise SernetError(f"{where}: not JSON that can be read: {error}") from error
    return value


def read_json(path: Path | str) -> Any:
    """The value in a JSON file.

    Raises:
        SernetError: as `read_text` and `parse_json`.
    """
    return parse_json(read_text(path), str(path))


def read_jsonl(path: Path | str) -> Iterator[tuple[str, dict[str, Any]]]:
    """``file:line`` and the JSON object of each line that is not blank; unpacked as by `read_lines`.

    Raises:
        SernetError: as `read_lines` and `parse_json`; a line holds another value than an object.
    """
    for number, line in read_lines(path):
        if line.strip():
            where = f"{path}:{number}"
            value = parse_json(line, where)
            if not isinstance(value, dict):
                raise SernetError(f"{where}: must be a JSON object, {{...}}: {line.strip()[:60]}")
            yield where, value


def check_characters(text: str) -> None:
    """Refuse what no text holds: NUL, and halves of UTF-16 pairs but those by which Python keeps a file's odd bytes.

    Raises:
        ValueError: says which.
    """
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds \\u{ord(text[error.start]):04x}, which is half a character") from error


def _decoded(line: bytes, path: Path, number: int) -> str:
    if b"\0" in line:
        raise SernetError(f"{path}:{number}: holds a NUL byte, so it is not text in UTF-8")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        byte = line[error.start]
        raise SernetError(
            f"{path}:{number}: byte 0x{byte:02x} at place {error.start + 1} is not UTF-8; save the file as UTF-8"
        ) from error
    return text.removesuffix("\n").removesuffix("\r")


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large for a number")
    return value


def _int(text: str) -> int:
    if len(text) > 20 or abs(value := int(text)) >= LARGEST:
        raise ValueError(f"{text[:40]} is too large for a number")
    return value

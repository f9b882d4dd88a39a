"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it is synced to disk and renamed to ``path``.

    On an exception the temporary file or folder is removed and ``path`` stays as it was.
    A temporary folder (the caller makes it) replaces an existing folder.

    >>> with atomic("feats.scp") as temporary:  # doctest: +SKIP
    ...     temporary.write_text("...")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: numpy, soundfile and others go by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        _set_mode(temporary)
        if temporary.is_dir():
            if path.exists():
                old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
                os.rename(path, old / path.name)
                os.rename(temporary, path)
                shutil.rmtree(old)
            else:
                os.rename(temporary, path)
        else:
            _sync(temporary)
            os.replace(temporary, path)
        _sync(path.parent)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a write that fails does not say where
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
        raise


def _set_mode(path: Path) -> None:
    """What the umask says: libraries that make their own temporary files give them to their owner only."""
    mask = os.umask(0)
    os.umask(mask)
    for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if not each.is_symlink():
            kept = 0o777 if each.is_dir() else 0o666 | each.stat().st_mode & 0o111
            os.chmod(each, kept & ~mask)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` to ``path``, whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path | str, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, whole or not at all."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a file's name that is not UTF-8
        text = json.dumps(value, indent=1, sort_keys=True)
    write_text(path, text + "\n")

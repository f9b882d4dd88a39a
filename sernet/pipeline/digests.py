"""Digests of files, values and modules: what a stamp is made of."""

from __future__ import annotations

import ast
import errno
import hashlib
import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sernet.pipeline.files import atomic
from sernet.pipeline.reading import read_json


def of_value(value: Any) -> str:
    """The digest of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class FileDigests:
    """SHA-256 of files, computed again only when size, mtime or inode changed; remembered in one JSON file."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._known: dict[str, list[Any]] = {}
        self._new = False
        if cache.is_file():
            self._known = read_json(cache)

    def of_file(self, path: Path) -> str | None:
        """The digest of a file's content, or None where there is no such file.

        What is no regular file, such as a pipe, has none: reading it may never end.
        """
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        if not stat.S_ISREG(status.st_mode):
            return None
        key, mark = str(path), [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self._known.get(key)
        if known is None or known[:3] != mark:
            with open(path, "rb") as stream:
                digest = hashlib.sha256()
                for block in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(block)
            known = [*mark, digest.hexdigest()]
            self._known[key] = known
            self._new = True
        return str(known[3])

    def save(self) -> None:
        """Remember what was computed."""
        if not self._new:
            return
        # A line at a time: as one text, a million files would be a second copy of all that is remembered.
        with atomic(self._cache) as temporary, open(temporary, "w", encoding="utf-8") as stream:
            start = "{\n"
            for path, known in self._known.items():
                stream.write(f"{start}{json.dumps(path)}: {json.dumps(known)}")
                start = ",\n"
            stream.write("\n}\n")
        self._new = False


class ModuleDigests:
    """Digests of the syntax trees of modules and of all that they import from the same packages, transitively.

    Comments, docstrings and layout do not count. Positions and empty fields are left out, so that the digest does not
    hang on the Python version.
    """

    def __init__(self, root: Path, packages: tuple[str, ...] = ("sernet", "local")) -> None:
        self._root = root
        self._packages = packages
        self._parsed: dict[str, tuple[str, frozenset[str]]] = {}

    def of_modules(self, names: Iterable[str]) -> dict[str, str]:
        """Module name -> digest, for ``names`` and everything below them."""
        found: dict[str, str] = {}
        queue = list(names)
        while queue:
            name = queue.pop()
            if name not in found:
                found[name], imports = self._parse(name)
                queue += imports
        return dict(sorted(found.items()))

    def _path(self, name: str) -> Path | None:
        base = self._root.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
        return None

    def _parse(self, name: str) -> tuple[str, frozenset[str]]:
        if name not in self._parsed:
            path = self._path(name)
            if path is None:
                raise ModuleNotFoundError(f"no module {name} below {self._root}")
            tree = ast.parse(path.read_bytes(), filename=str(path))
            _drop_docstrings(tree)
            digest = hashlib.sha256(repr(_canonical(tree)).encode()).hexdigest()
            self._parsed[name] = digest, frozenset(self._imports(tree)) - {name}
        return self._parsed[name]

    def _imports(self, tree: ast.Module) -> Iterable[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                # `from a.b import c`: c is a module of a.b, or a name inside it.
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            for name in names:
                if name.split(".")[0] in self._packages and self._path(name):
                    yield name


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
            and isinstance(body[0].value.value, str)
        ):
            del body[0]


def _canonical(node: Any) -> Any:
    if isinstance(node, ast.AST):
        fields = ((name, _canonical(value)) for name, value in ast.iter_fields(node))
        return (type(node).__name__, *(field for field in fields if field[1] not in (None, ())))
    if isinstance(node, list):
        return tuple(_canonical(item) for item in node)
    return node

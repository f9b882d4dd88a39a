"""Digests of files, values and modules: what a stamp is made of."""

from __future__ import annotations

import ast
import errno
import hashlib
import json
import re
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sernet.errors import SernetError
from sernet.pipeline.definitions import BODY, Module, Reference, Target, Use, digest_of, read
from sernet.pipeline.files import atomic
from sernet.pipeline.reading import read_json


def of_value(value: Any) -> str:
    """The digest of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class FileDigests:
    """SHA-256 of files, computed again only when size, mtime or inode changed; remembered in one JSON file.

    A cache that is damaged is an empty one. With ``verify`` nothing that it says is believed: a file that has the same
    size, mtime and inode, but other bytes, is found.
    """

    def __init__(self, cache: Path, verify: bool = False) -> None:
        self._cache = cache
        self._known: dict[str, list[Any]] = {}
        self._new = False
        if cache.is_file() and not verify:
            with suppress(SernetError):
                known = read_json(cache)
                self._known = {} if not isinstance(known, dict) else {k: v for k, v in known.items() if _is_known(v)}

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


def _is_known(value: Any) -> bool:
    """Whether this is what `FileDigests` remembers of a file: size, mtime, inode and digest."""
    if not isinstance(value, list) or len(value) != 4 or any(type(part) is not int for part in value[:3]):
        return False
    return isinstance(value[3], str) and re.fullmatch(r"[0-9a-f]{64}", value[3]) is not None


class ModuleDigests:
    """Digests of the code that a job can reach, definition by definition.

    A job names modules. From what they define the names are followed that the code uses, through imports, into the
    other modules of the same packages. Each function, method, record field, constant and entry of a table that can be
    reached has a digest of its own. So a job does not hang on what is only beside the code that it uses, nor on what
    is added there (`sernet.pipeline.stamps.differences`).

    What never counts (`sernet.pipeline.texts`): comments, docstrings, annotations, and texts for people; modules that
    only speak (`SPEAKING`). Of schemas (`SCHEMAS`) fields and validators do not count: the values that they let through
    stand in each job's `config`. Methods and constants that code uses do.
    """

    SCHEMAS = "sernet.config"
    SPEAKING = ("sernet.errors", "sernet.pipeline.progress", "sernet.config.base")

    def __init__(self, root: Path, packages: tuple[str, ...] = ("sernet", "local")) -> None:
        self._root = root
        self._packages = packages
        self._read: dict[str, Module] = {}
        self._reached: dict[tuple[str, ...], _Reached] = {}

    def of_modules(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """Module -> label of a definition -> digest, for all that ``names`` define and what that can reach."""
        found = self._reach(names).found
        return {module: dict(sorted(found[module].items())) for module in sorted(found)}

    def libraries(self, names: Iterable[str]) -> set[str]:
        """The top-level names of other packages that the code of ``names`` imports."""
        return self._reach(names).libraries

    def _reach(self, names: Iterable[str]) -> _Reached:
        key = tuple(names)
        if key not in self._reached:
            self._reached[key] = reached = _Reached(self)
            reached.follow(key)
        return self._reached[key]

    def inside(self, name: str) -> bool:
        """Whether ``name`` is a module of the packages."""
        return name.split(".")[0] in self._packages and self._path(name) is not None

    def module(self, name: str) -> Module:
        """The definitions of a module.

        Raises:
            SernetError: there is no such module, or it is no Python.
        """
        if name not in self._read:
            path = self._path(name)
            if path is None:
                raise ModuleNotFoundError(f"no module {name} below {self._root}")
            try:
                tree = ast.parse(self.source(path), filename=str(path))
            except (SyntaxError, ValueError) as error:
                raise SernetError(f"{path}: not Python: {error}") from error
            self._read[name] = read(tree, name == self.SCHEMAS or name.startswith(f"{self.SCHEMAS}."))
        return self._read[name]

    def source(self, path: Path) -> bytes:
        """The text of a module."""
        return path.read_bytes()

    def _path(self, name: str) -> Path | None:
        base = self._root.joinpath(*name.split("."))
        return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


class _Reached:
    """What can be reached from some modules."""

    def __init__(self, code: ModuleDigests) -> None:
        self._code = code
        self.found: dict[str, dict[str, str]] = {}
        self.libraries: set[str] = set()
        self._loaded: set[str] = set()
        self._seen: set[tuple[str, Reference]] = set()
        self._followed: set[tuple[str, str, Use]] = set()
        self._queue: list[tuple[str, Reference]] = []

    def follow(self, names: Iterable[str]) -> None:
        for name in names:
            self._whole(name)
        while self._queue:
            self._resolve(*self._queue.pop())

    def _whole(self, name: str) -> None:
        self._load(name)
        module = self._code.module(name)
        self._queue += [(name, Reference(known)) for known in module.labels]

    def _load(self, name: str) -> None:
        """What happens when a module is imported: it runs, and so do those that it imports."""
        if name in self._loaded:
            return
        self._loaded.add(name)
        module = self._code.module(name)
        if BODY in module.definitions:
            self._follow(name, BODY, "whole")
        for target in module.imports.values():
            self._load_target(target)

    def _load_target(self, target: Target) -> None:
        name, attribute = target
        if not self._code.inside(name):
            self.libraries.add(name.partition(".")[0])
            return
        self._load(name)
        if attribute and attribute not in self._code.module(name).labels and self._code.inside(f"{name}.{attribute}"):
            self._load(f"{name}.{attribute}")

    def _resolve(self, name: str, reference: Reference) -> None:
        if (name, reference) in self._seen:
            return
        self._seen.add((name, reference))
        module = self._code.module(name)
        labels = module.labels.get(reference.name, [])
        if reference.use == "key" and reference.name in module.keys:
            labels = module.keys[reference.name]
        for label in labels:
            self._follow(name, label, reference.use)
        if reference.name in module.imports:
            target = module.imports[reference.name]
            if reference.use != "type" and name not in ModuleDigests.SPEAKING:
                self._note(name, reference.name, digest_of(target))
            self._import(target, reference)

    def _import(self, target: Target, reference: Reference) -> None:
        name, attribute = target
        if not self._code.inside(name):
            return
        if attribute is not None:
            module = self._code.module(name)
            if attribute in module.labels or attribute in module.imports:
                self._queue.append((name, Reference(attribute, reference.attribute, reference.use)))
                return
            name = f"{name}.{attribute}"
            if not self._code.inside(name):
                return
        if reference.attribute:
            self._queue.append((name, Reference(reference.attribute, None, reference.use)))
        elif reference.use != "type":
            self._whole(name)

    def _follow(self, name: str, label: str, use: Use) -> None:
        """Note a definition, and queue what it refers to. A constant that is only a type counts by what it names."""
        if name in ModuleDigests.SPEAKING:
            return
        definition = self._code.module(name).definitions[label]
        as_type = use == "type" and definition.constant
        if (name, label, "type" if as_type else "whole") in self._followed:
            return
        self._followed.add((name, label, "type" if as_type else "whole"))
        if not as_type:
            self._note(name, label, definition.digest)
        for target in definition.imports.values():
            self._load_target(target)
        for reference in definition.references:
            if as_type:
                reference = Reference(reference.name, reference.attribute, "type")
            if reference.name in definition.imports:
                self._import(definition.imports[reference.name], reference)
            else:
                self._queue.append((name, reference))

    def _note(self, name: str, label: str, digest: str) -> None:
        known = self.found.setdefault(name, {})
        while label in known and known[label] != digest:
            label += "'"  # imported, and defined again
        known[label] = digest

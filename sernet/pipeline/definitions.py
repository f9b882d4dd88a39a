"""The definitions of one module: what each of them is, and which names it refers to."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from sernet.pipeline.texts import canonical, name_of, type_checking, without_texts

PLAIN = {"object", "NamedTuple", "TypedDict", "Protocol", "Strict", "BaseModel"}
"""Bases that give a class no behaviour which a method could replace."""
VALIDATORS = {"field_validator", "model_validator"}
BODY = "(module)"
"""What a module does when it is imported, beside defining names."""

Use = Literal["whole", "key", "type"]
Target = tuple[str, str | None]
"""What an import binds a name to: a module, or a name in one."""


@dataclass(frozen=True)
class Reference:
    """A name that is used: as it is, to look up a key in a table, or only as a type."""

    name: str
    attribute: str | None = None
    use: Use = "whole"


@dataclass(frozen=True)
class Definition:
    """One definition: digest of its syntax tree, names that it uses, and what it imports by itself."""

    digest: str
    references: frozenset[Reference]
    imports: dict[str, Target] = field(default_factory=dict, compare=False)
    constant: bool = False


@dataclass
class Module:
    """What a module defines, by label, and which labels belong to each name."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Tables: name -> labels of its entries. Who only looks up keys does not depend on the table as a whole."""
    imports: dict[str, Target] = field(default_factory=dict)


def read(tree: ast.Module, schema: bool) -> Module:
    """The definitions in ``tree``, which is changed.

    Args:
        schema: of a module that only declares and checks settings: fields and validators are left out, as the values
            that they let through stand in the stamp.
    """
    found = Module()
    body: list[ast.stmt] = []
    for node in tree.body:
        if type_checking(node):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.imports |= dict(bound(node))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            _add(found, node.name, node.name, _definition([node]))
        elif isinstance(node, ast.ClassDef):
            for label, definition in _of_class(node, schema):
                _add(found, node.name, label, definition)
        elif names := _assigned(node):
            _add_constant(found, names, node)
        else:
            body.append(node)
    of_body = _definition(body)
    if of_body.digest != _digest([]) or of_body.imports:
        found.definitions[BODY] = of_body
    return found


def bound(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Target]]:
    """Each name that an import binds, and to what."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], (alias.name, None)
        elif node.module and not node.level:
            yield alias.asname or alias.name, (node.module, alias.name)


def digest_of(value: Any) -> str:
    """A short digest of nested tuples."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def _add(module: Module, name: str, label: str, definition: Definition) -> None:
    while label in module.definitions:
        label += "'"  # defined twice, such as a property and its setter
    module.definitions[label] = definition
    module.labels.setdefault(name, []).append(label)


def _add_constant(module: Module, names: list[str], node: ast.stmt) -> None:
    value = getattr(node, "value", None)
    if len(names) == 1 and isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys):
        (name,) = names
        for key, part in zip(value.keys, value.values, strict=True):
            label = f"{name}[{key.value!r}]"  # type: ignore[union-attr]
            module.definitions[label] = _definition([ast.Expr(ast.Tuple([part], ast.Load()))])
            module.keys.setdefault(name, []).append(label)
    definition = _definition([node])
    constant = Definition(definition.digest, definition.references, definition.imports, constant=True)
    for name in names:
        _add(module, name, name, constant)


def _assigned(node: ast.stmt) -> list[str]:
    """The names that an assignment defines; empty for any other statement."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    names = [part.id for part in flat if isinstance(part, ast.Name)]
    return names if len(names) == len(flat) else []


def _of_class(node: ast.ClassDef, schema: bool) -> Iterator[tuple[str, Definition]]:
    """A class in parts: its head, fields and methods, so that one may be added; one part where it has a real base."""
    if not schema and any(name_of(base) not in PLAIN for base in node.bases):
        yield node.name, _definition([node])
        return
    fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    node.body = [part for part in node.body if part not in fields and part not in methods]
    types = frozenset(_types(fields))
    head = _definition([node])
    yield node.name, Definition(head.digest, head.references | types, head.imports)
    by_place = any(name_of(base) == "NamedTuple" for base in node.bases)
    before = ""
    for part in fields if not schema else ():
        own, needed = name_of(part.target), by_place or part.value is None
        definition = _definition([part])
        # A field that must be given, or is unpacked, is known by its place, too.
        digest = digest_of((before if needed else "", own, definition.digest))
        yield f"{node.name}.{own}", Definition(digest, definition.references)
        before = own if needed else before
    for method in methods:
        if not schema or not VALIDATORS & {name_of(getattr(d, "func", d)) for d in method.decorator_list}:
            yield f"{node.name}.{method.name}", _definition([method])


def _definition(nodes: list[ast.stmt]) -> Definition:
    types = set(_types(nodes))
    tree = without_texts(ast.Module(body=nodes, type_ignores=[]))
    references = _References()
    references.visit(tree)
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    imports = {name: target for node in inside for name, target in bound(node)}
    return Definition(_digest(tree.body), frozenset(references.found | types), imports)


def _digest(nodes: list[ast.stmt]) -> str:
    return digest_of(canonical(nodes))


def _types(nodes: Iterable[ast.AST]) -> Iterator[Reference]:
    """The names in annotations: what has such a type may have methods that are called."""
    for top in nodes:
        for node in ast.walk(top):
            for name in ("annotation", "returns"):
                for part in ast.walk(getattr(node, name, None) or ast.Pass()):
                    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                        yield Reference(part.value.id, part.attr, "type")
                    elif isinstance(part, ast.Name):
                        yield Reference(part.id, None, "type")


class _References(ast.NodeVisitor):
    """Collects the names that a tree uses."""

    def __init__(self) -> None:
        self.found: set[Reference] = set()

    def visit_Name(self, node: ast.Name) -> None:
        self.found.add(Reference(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name):
            self.found.add(Reference(node.value.id, node.attr))
        else:
            self.visit(node.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._looked_up(node.value)
        self.visit(node.slice)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.visit(node.left)
        for operator, part in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                self._looked_up(part)
            else:
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            self._looked_up(node.func.value)
        else:
            self.visit(node.func)
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def _looked_up(self, table: ast.expr) -> None:
        if isinstance(table, ast.Name):
            self.found.add(Reference(table.id, None, "key"))
        else:
            self.visit(table)

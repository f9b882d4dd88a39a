"""Takes out of a syntax tree what is only for people, so that rewording it changes no digest.

Taken out: comments and layout (the tree has none), docstrings, annotations, `pass`, `if TYPE_CHECKING:` and
`if __name__ == "__main__":`, texts of `raise`, `assert` and `sys.exit`, statements that only print or log, and the
keywords `description`, `help` and their like. Calls inside a printed text stay where they may do work. Strings that
are data (keys, names of classes and files, constants, what a function returns) stay.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

LOGGERS = {"logging", "logger", "log", "_logger", "_log", "LOGGER", "LOG", "warnings"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log", "warn"}
KEYWORDS = {
    "Field": {"description", "title", "examples"},
    "track": {"description"},
    "tqdm": {"desc", "unit"},
    "add_argument": {"help", "metavar"},
    "add_parser": {"help", "description", "epilog"},
    "ArgumentParser": {"description", "epilog", "usage"},
}
"""Function -> its keywords that take texts for people."""
PURE = {
    *("len", "str", "repr", "round", "sorted", "sum", "min", "max", "format", "list", "set", "tuple", "dict", "zip"),
    *("enumerate", "range", "map", "int", "float", "abs", "first_of", "any", "all", "type", "vars"),
    *("join", "items", "keys", "values", "strip", "rstrip", "lower", "upper", "get", "removeprefix", "removesuffix"),
    *("splitlines", "split", "monotonic", "time", "strftime", "tolist", "item", "relative_to", "as_posix"),
}
"""Names of functions that change nothing: in a text they are part of the text."""


def without_texts(tree: ast.Module) -> ast.Module:
    """``tree``, changed in place, without what is only for people."""
    found = _Texts().visit(tree)
    assert isinstance(found, ast.Module)
    return found


def type_checking(node: ast.AST) -> bool:
    """Whether this is a block that never runs in a job: `if TYPE_CHECKING:` or `if __name__ == "__main__":`."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    if isinstance(test, ast.Compare):
        return isinstance(test.left, ast.Name) and test.left.id == "__name__"
    return name_of(test) == "TYPE_CHECKING"


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name: "Field" of `pydantic.Field`; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class _Texts(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.AST] | None:
        value = node.value
        if isinstance(value, ast.Constant):
            return None  # a docstring, also one behind an assignment
        if isinstance(value, ast.Call) and _says(value):
            parts = [*value.args, *(keyword.value for keyword in value.keywords)]
            return [ast.Expr(self.visit(call)) for part in parts for call in _working(part)]
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        node.cause = None
        if isinstance(node.exc, ast.Call):
            _drop_texts(node.exc)
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = name_of(node.func)
        if name == "exit":
            _drop_texts(node)
        texts = {"help", "again", *KEYWORDS.get(name, ())}
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in texts]
        if name == "track":
            del node.args[2:]
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if type_checking(node):
            return None
        self.generic_visit(node)
        idle = not any(isinstance(part, ast.Call | ast.NamedExpr | ast.Await) for part in ast.walk(node.test))
        return None if idle and not node.body and not node.orelse else node

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value))


def _says(call: ast.Call) -> bool:
    """Whether a call only tells people something."""
    func = call.func
    if isinstance(func, ast.Name):
        files = [keyword.value for keyword in call.keywords if keyword.arg == "file"]
        return func.id == "print" and all(name_of(file) in ("stderr", "stdout") for file in files)
    if not isinstance(func, ast.Attribute):
        return False
    if func.attr == "write":
        return name_of(func.value) == "stderr"
    return func.attr in LEVELS and isinstance(func.value, ast.Name) and func.value.id in LOGGERS


def _drop_texts(call: ast.Call) -> None:
    call.args = [argument for argument in call.args if not _is_text(argument)]
    call.keywords = [keyword for keyword in call.keywords if not _is_text(keyword.value)]


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    if isinstance(node, ast.BoolOp):
        return any(_is_text(value) for value in node.values)
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and _is_text(node.func.value)
    return isinstance(node, ast.JoinedStr)


def _working(node: ast.AST) -> Iterator[ast.expr]:
    """The calls in a printed text that may do more than tell something: the outermost ones."""
    if (
        isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)
        or isinstance(node, ast.Call)
        and name_of(node.func) not in PURE
    ):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _working(child)


def canonical(node: Any) -> Any:
    """A tree as nested tuples, without positions and empty fields: the same for each Python version."""
    if isinstance(node, ast.AST):
        fields = ((name, canonical(value)) for name, value in ast.iter_fields(node))
        return (type(node).__name__, *(field for field in fields if field[1] not in (None, ())))
    if isinstance(node, list):
        return tuple(canonical(item) for item in node)
    return node

"""YAML as recipes and corpora are written in it: values that JSON has, too; every fault names file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sernet.errors import SernetError, UsageError
from sernet.pipeline.reading import LARGEST, check_characters, read_text


class _Loader(yaml.SafeLoader):
    """Reads what JSON has, too, and refuses the rest: dates, sets, bytes, a key twice, nesting without end."""

    DEEPEST = 50
    MOST = 1_000_000
    """Values, those that aliases repeat counted each time: a few lines of aliases of aliases can stand for billions."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.deep_construct = True  # so that PyYAML refuses a value that holds itself
        self._depth = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        mark = self.peek_event().start_mark
        node = super().compose_node(parent, index) if self._depth <= self.DEEPEST else None
        self._depth -= 1
        if node is None:
            raise yaml.MarkedYAMLError(problem=f"nested more than {self.DEEPEST} deep", problem_mark=mark)
        if id(node) not in self._sizes:
            parts = node.value if isinstance(node, yaml.CollectionNode) else []
            parts = [part for pair in parts for part in pair] if isinstance(node, yaml.MappingNode) else parts
            self._sizes[id(node)] = 1 + sum(self._sizes.get(id(part), 1) for part in parts)
        if self._sizes[id(node)] > self.MOST:
            raise yaml.MarkedYAMLError(problem=f"stands for more than {self.MOST} values", problem_mark=mark)
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, str):
                check_characters(value)
            if isinstance(value, int) and abs(value) >= LARGEST:
                raise ValueError("it is too large for a number")
            return value
        # PyYAML's own, where a tag such as !!int or !!float stands before what is none.
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            problem = f"the value cannot be read: {str(error)[:80]}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        written: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in written:
                    problem = f"the key {key.value} stands here twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                written.add((key.tag, key.value))
        return dict(super().construct_mapping(node, deep))


_PREFIX = "tag:yaml.org,2002:"
_KINDS = {None, *(_PREFIX + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map"))}
_Loader.yaml_constructors = {tag: make for tag, make in yaml.SafeLoader.yaml_constructors.items() if tag in _KINDS}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != f"{_PREFIX}timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, where: str) -> Any:
    """The value of a YAML text: what JSON has, and nothing else; ``where`` says in errors where it stands.

    Raises:
        UsageError: it is not YAML, or holds something else; names the line.
    """
    try:
        return yaml.load(text, _Loader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UsageError(f"{where}{line}: not YAML: {problem}") from error


def read_yaml(path: Path) -> Any:
    """The value in a YAML file; see `parse_yaml`.

    Raises:
        UsageError: it cannot be read, or is not YAML; names file and line.
    """
    try:
        text = read_text(path)
    except SernetError as error:
        raise UsageError(str(error)) from error
    return parse_yaml(text, str(path))

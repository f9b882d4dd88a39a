"""What all configuration classes share: unknown keys are refused, errors name file, key and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sernet.errors import UsageError


class Strict(BaseModel):
    """A mapping whose keys are all known and whose values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


C = TypeVar("C", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """The value in a YAML file, by ``safe_load``; a syntax error names file and line."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(f"{path}{line}: not YAML: {getattr(error, 'problem', error)}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def validate(kind: type[C], value: Any, where: str) -> C:
    """``value`` as a ``kind``; every fault is one line ``where: key: what is wrong; what is allowed``."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise UsageError("\n".join(_line(kind, fault, where) for fault in error.errors())) from error


def _line(kind: type[BaseModel], fault: Any, where: str) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        allowed = _fields_at(kind, fault["loc"][:-1])
        message = "unknown key" + (f"; allowed: {', '.join(allowed)}" if allowed else "")
    elif "input" in fault and not isinstance(fault["input"], dict | list | BaseModel):
        message += f" (it is {fault['input']!r})"
    return f"{where}: {key or 'the whole'}: {message}"


def _fields_at(kind: Any, location: tuple[Any, ...]) -> list[str]:
    """The keys that the schema knows at ``location``."""
    for part in location:
        fields = getattr(kind, "model_fields", {})
        if part in fields:
            kind = _inner(fields[part].annotation)
        # A part that is no field is a mapping's key or a list's index: the kind stays its element's.
    return list(getattr(kind, "model_fields", {}))


def _inner(annotation: Any) -> Any:
    """The configuration class inside ``dict[str, X]``, ``list[X]`` or ``X | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner(argument)
        if found is not None:
            return found
    return None

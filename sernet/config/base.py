"""What all configuration classes share: unknown keys are refused, errors name file, key and what is allowed."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from sernet.errors import SernetError, UsageError
from sernet.names import check_name


class Strict(BaseModel):
    """A mapping whose keys are all known and whose values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Name = Annotated[str, AfterValidator(check_name)]
"""Of what becomes a folder, a file or a figure's label: a run, a system, a set. See `sernet.names`."""

C = TypeVar("C", bound=BaseModel)

SHOWN = 10
"""Faults of one value that are said."""


def validate(kind: type[C], value: Any, where: str, error: type[SernetError] = UsageError) -> C:
    """``value`` as a ``kind``; every fault is one line ``where: key: what is wrong; what is allowed``.

    Raises:
        UsageError: or ``error``, for what no user writes.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as found:
        lines = [_line(kind, fault, where) for fault in islice(found.errors(include_url=False), SHOWN)]
        more = [f"and {found.error_count() - SHOWN} more"] if found.error_count() > SHOWN else []
        raise error("\n".join(lines + more)) from found


def _line(kind: type[BaseModel], fault: Any, where: str) -> str:
    key = ".".join(_part(part) for part in fault["loc"] if part != "[key]")
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        allowed = _fields_at(kind, fault["loc"][:-1])
        message = "unknown key" + (f"; allowed: {', '.join(allowed)}" if allowed else "")
    elif "input" in fault and not isinstance(fault["input"], dict | list | BaseModel):
        message += f" (it is {_short(fault['input'])})"
    return f"{where}: {key or 'the whole'}: {message}"


def _part(part: object) -> str:
    """A key of a stranger's mapping may hold anything."""
    text = str(part)
    return text if text.isprintable() and len(text) <= 100 else _short(text)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


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

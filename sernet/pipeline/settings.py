"""The settings that a job reads, as JSON that knows which of them stand at their default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel


class Settings(dict[str, Any]):
    """JSON of a configuration, and the dotted keys whose values are those that nobody has to set."""

    def __init__(self, values: Mapping[str, Any], at_default: Iterable[str] = ()) -> None:
        super().__init__(values)
        self.at_default = frozenset(at_default)

    def __or__(self, other: Mapping[str, Any]) -> Settings:  # type: ignore[override]
        kept = {key for key in self.at_default if key.partition(".")[0] not in other}
        added = other.at_default if isinstance(other, Settings) else frozenset()
        return Settings({**self, **other}, kept | added)


def settings(model: BaseModel, include: set[str] | None = None, exclude: set[str] | None = None) -> Settings:
    """What a job reads of ``model``: only the fields in ``include``, without those in ``exclude``."""
    values = model.model_dump(mode="json", include=include, exclude=exclude)
    return Settings(values, (key for key in _unset(model) if key.partition(".")[0] in values))


def at_default(config: Any, prefix: str = "") -> list[str]:
    """The dotted keys below ``config`` that stand at their default."""
    if not isinstance(config, Mapping):
        return []
    found = {f"{prefix}{key}" for key in getattr(config, "at_default", ())}
    for key, value in config.items():
        found.update(at_default(value, f"{prefix}{key}."))
    return sorted(found)


def _unset(value: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _unset(part, f"{prefix}{key}.")
    if not isinstance(value, BaseModel):
        return
    for name, field in type(value).model_fields.items():
        own = getattr(value, name)
        if not field.is_required() and own == field.get_default(call_default_factory=True):
            yield f"{prefix}{name}"
        yield from _unset(own, f"{prefix}{name}.")

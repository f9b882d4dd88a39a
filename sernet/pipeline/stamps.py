"""Stamps: what a finished job was made from, and whether that still holds.

A job is stale where one of its settings, an input, an output or its code is not what its stamp says. What does not
matter makes nothing stale:

- A setting that the stamp does not know, and that stands at its default now; and one that stood at its default and is
  no longer there. So a new option leaves old models valid. A default that changes is seen: the stamp has the old value.
- What was only added to the code, or is no longer used: where something that was there uses it, that is changed, too.
- Texts for people, schemas and whatever the job cannot reach (`sernet.pipeline.digests.ModuleDigests`).

The rest can only be decided by somebody who looks at the change: `accept` (run.sh --accept-code).
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sernet.config.base import validate
from sernet.errors import SernetError, first_of
from sernet.pipeline.definitions import BODY
from sernet.pipeline.digests import FileDigests, ModuleDigests, of_value
from sernet.pipeline.files import write_json
from sernet.pipeline.libraries import versions
from sernet.pipeline.reading import read_json
from sernet.pipeline.revision import UNKNOWN
from sernet.pipeline.settings import at_default


@dataclass(frozen=True)
class Job:
    """One unit of work that is done once, and again only when what it is made from changes."""

    name: str
    script: str
    """The module of `local/` whose ``run`` does it."""
    stamp: Path
    config: dict[str, Any]
    """The settings that the job reads (`sernet.pipeline.settings`), and digests of data in it; JSON."""
    modules: tuple[str, ...]
    inputs: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)
    """What the job needs beside `config` and does not change its result: folders, the device."""
    light: bool = False
    """Short: several share a process, for the sake of its start-up time."""
    precious: bool = False
    """A finished one is hours of work: never overwritten unless the user says so."""
    uses_gpu: bool = False

    @property
    def finished(self) -> bool:
        """Whether a precious job has been done and its first output, the model, is there to lose."""
        return self.precious and self.stamp.exists() and self.outputs[0].exists()

    @property
    def log(self) -> Path:
        """Where the job's output goes."""
        return self.stamp.parent / "log" / f"{self.stamp.name.removesuffix('.json')}.log"


class Accepted(BaseModel):
    """Somebody looked at a change of code and took over what older code had made."""

    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)
    before: str = Field(alias="from")
    """Revisions."""
    to: str
    by: str
    when: str

    def __str__(self) -> str:
        return f"revision {self.before} -> {self.to}, by {self.by} ({self.when})"


class Stamp(BaseModel):
    """What a stamp file holds. Those of old have one digest per module, and neither defaults nor a revision."""

    model_config = ConfigDict(strict=True, extra="ignore", populate_by_name=True)
    config: dict[str, Any]
    inputs: dict[str, str | None]
    modules: dict[str, str | dict[str, str]]
    outputs: dict[str, str]
    versions: dict[str, str] = {}
    defaults: list[str] = Field([], alias="at default")
    revision: str = UNKNOWN
    accepted: list[Accepted] = []
    merged_from: str | None = Field(None, alias="merged from")


def read_stamp(path: Path) -> Stamp:
    """The stamp in a file.

    Raises:
        SernetError: it is damaged; says which and how.
    """
    return validate(Stamp, read_json(path), str(path), SernetError)


class Stamps:
    """Reads, checks and writes the stamps of jobs."""

    def __init__(self, files: FileDigests, modules: ModuleDigests, base: Path, revision: str = UNKNOWN) -> None:
        self._files = files
        self._modules = modules
        self._base = base
        self._revision = revision

    def key(self, path: Path) -> str:
        """How stamps name a file: below the work folder relative to it, so that the folder may be moved."""
        return str(path.relative_to(self._base) if path.is_relative_to(self._base) else path)

    def _digests(self, paths: tuple[Path, ...]) -> dict[str, str | None]:
        return {self.key(path): self._files.of_file(path) for path in paths}

    def expected(self, job: Job) -> dict[str, Any]:
        """What the job would be made from now; JSON."""
        return {
            "config": json.loads(json.dumps(job.config)),
            "at default": at_default(job.config),
            "inputs": self._digests(job.inputs),
            "modules": self.modules(job),
            "revision": self._revision,
        }

    def modules(self, job: Job) -> dict[str, dict[str, str]]:
        """The code of `expected` alone; no input is read."""
        return self._modules.of_modules(job.modules)

    def write(self, job: Job, expected: dict[str, Any]) -> None:
        """Stamp a job that has just been done from ``expected``.

        Raises:
            FileNotFoundError: the job left out an output that it had promised.
        """
        outputs = self._digests(job.outputs)
        for path, digest in outputs.items():
            if digest is None:
                raise FileNotFoundError(f"{job.name} ended without an error, but did not make {path}")
        self._write(job, expected, outputs, versions(self._modules.libraries(job.modules)))

    def _write(self, job: Job, expected: dict[str, Any], outputs: dict[str, Any], using: Any, **more: Any) -> None:
        write_json(job.stamp, {"job": job.name, **expected, "outputs": outputs, "versions": using, **more})

    def stale(self, job: Job) -> str | None:
        """Why the job must be done (again), or None where its stamp is valid."""
        if not job.stamp.exists():
            return "not done yet"
        try:
            stamp = read_stamp(job.stamp)
        except SernetError:
            return f"its stamp {self.key(job.stamp)} is damaged"
        if changed := differences(stamp, self.expected(job), job.modules):
            return f"{first_of(changed, 3)} changed"
        return self._lost(job, stamp)

    def _lost(self, job: Job, stamp: Stamp) -> str | None:
        """Which output is not there as the stamp knows it."""
        for path, digest in self._digests(job.outputs).items():
            if digest is None:
                return f"its output {path} is missing"
            if stamp.outputs.get(path) != digest:
                return f"its output {path} was changed by someone"
        return None

    def accept(self, job: Job, by: str, when: str, make: bool = True) -> str | None:
        """Stamp a job anew that only older code made: settings, inputs and outputs are those of its stamp.

        Args:
            by: who says that the change of the code does not matter. when: the date.
            make: False: only say whether it can be done.

        Returns:
            Why it cannot be done; None where it was, or where the stamp is valid.
        """
        reason = self.stale(job)
        if reason is None or not job.stamp.exists():
            return reason
        try:
            stamp = read_stamp(job.stamp)
        except SernetError:
            return reason
        expected = self.expected(job)
        if other := differences(stamp, expected | {"modules": stamp.modules}, ()):
            return f"{first_of(other, 3)} changed"
        if lost := self._lost(job, stamp):
            return lost
        if make:
            now = Accepted(before=stamp.revision, to=self._revision, by=by, when=when)
            accepted = [item.model_dump(by_alias=True) for item in (*stamp.accepted, now)]
            more: dict[str, Any] = {"accepted": accepted}
            if stamp.merged_from is not None:
                more["merged from"] = stamp.merged_from
            self._write(job, expected, stamp.outputs, stamp.versions, **more)
        return None

    def other_versions(self, job: Job) -> str | None:
        """Which versions differ from those that the job was done with; said, not acted on."""
        if not job.stamp.exists():
            return None
        try:
            before, now = read_stamp(job.stamp).versions, versions()
        except SernetError:
            return None  # it is stale, and that is said
        differing = [
            f"{name} {known} -> {now[name]}" for name, known in before.items() if known != now.get(name, known)
        ]
        return ", ".join(differing) or None


def identity_of(expected: dict[str, Any]) -> str:
    """The digest of all that decides a job's result."""
    return of_value([expected["config"], expected["inputs"], expected["modules"]])


def differences(stamp: Stamp, expected: dict[str, Any], roots: tuple[str, ...]) -> list[str]:
    """The settings, inputs and definitions in which what a stamp was made from is not what is ``expected``.

    Args:
        roots: the modules that the job names; one that the stamp does not know is a difference.
    """
    default = set(expected["at default"]), set(stamp.defaults)
    found = [f"setting {key}" for key in _differences(stamp.config, expected["config"], *default)]
    found += [f"input {path}" for path in _differences(stamp.inputs, expected["inputs"], depth=1)]
    return [*found, *_code(stamp.modules, expected["modules"], roots)]


def _differences(old: Any, new: Any, added: Any = (), removed: Any = (), prefix: str = "", depth: int = 9) -> list[str]:
    """Dotted keys under which two JSON mappings differ; keys may be ``added`` or ``removed``."""
    if not (isinstance(old, dict) and isinstance(new, dict)) or depth == 0:
        return [] if old == new else [prefix or "all"]
    found = []
    for key in sorted(set(old) | set(new)):
        dotted = f"{prefix}.{key}" if prefix else key
        if key in old and key in new:
            found += _differences(old[key], new[key], added, removed, dotted, depth - 1)
        elif dotted not in (added if key in new else removed):
            found.append(dotted)
    return found


def _code(old: dict[str, Any], new: dict[str, Any], roots: tuple[str, ...]) -> Iterator[str]:
    """The modules that differ, with the definitions that do."""
    for name in sorted(set(old) | set(new)):
        if name not in old:
            if name in roots:
                yield f"module {name}"
        elif not isinstance(old[name], dict):
            if old[name] != new.get(name):
                yield f"module {name}"
        elif changed := _definitions(old[name], new.get(name, {})):
            yield f"module {name} ({first_of(changed, 2)})"


def _definitions(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What is there in both and differs; what was added or removed counts only where others may use it by itself."""
    return [
        label
        for label in sorted(set(old) | set(new))
        if (old[label] != new[label] if label in old and label in new else _acts_by_itself(label, {*old} & {*new}))
    ]


def _acts_by_itself(label: str, kept: set[str]) -> bool:
    """Whether it matters that a definition came or went: for a special method of a class that was there before and is
    there now, for a name that hides one of Python's own, and for what a module does when it is imported.
    """
    owner, _, name = label.rpartition(".")
    if owner:
        return name.startswith("__") and owner in kept
    return label == BODY or name.startswith("__") or hasattr(builtins, name)

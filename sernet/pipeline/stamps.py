"""Stamps: what a finished job was made from, and whether that still holds."""

from __future__ import annotations

import json
import platform
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from sernet.errors import first_of
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import write_json
from sernet.pipeline.reading import read_json

LIBRARIES = ("torch", "lhotse", "kaldiio", "numpy", "scipy", "scikit-learn", "soundfile", "pydantic", "espeakng-loader")
OPTIONAL = ("opensmile",)
"""Libraries that a user may have added."""


@dataclass(frozen=True)
class Job:
    """One unit of work that is done once, and again only when what it is made from changes."""

    name: str
    script: str
    """The module of `local/` whose ``run`` does it."""
    stamp: Path
    config: dict[str, Any]
    """The part of the configuration that the job reads, and digests of data in it; JSON."""
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


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a result may hang on."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        found[library] = metadata.version(library)
    for library in OPTIONAL:
        with suppress(metadata.PackageNotFoundError):
            found[library] = metadata.version(library)
    return found


def lacking() -> list[str]:
    """Those of the libraries that this environment does not have; no job could be stamped in it."""
    found = []
    for library in LIBRARIES:
        try:
            metadata.version(library)
        except metadata.PackageNotFoundError:
            found.append(library)
    return found


class Stamps:
    """Reads, checks and writes the stamps of jobs."""

    def __init__(self, files: FileDigests, modules: ModuleDigests, base: Path) -> None:
        self._files = files
        self._modules = modules
        self._base = base

    def key(self, path: Path) -> str:
        """How stamps name a file: below the work folder relative to it, so that the folder may be moved."""
        return str(path.relative_to(self._base) if path.is_relative_to(self._base) else path)

    def _digests(self, paths: tuple[Path, ...]) -> dict[str, str | None]:
        return {self.key(path): self._files.of_file(path) for path in paths}

    def expected(self, job: Job) -> dict[str, Any]:
        """What the job would be made from now."""
        return {
            "config": json.loads(json.dumps(job.config)),
            "inputs": self._digests(job.inputs),
            "modules": self.modules(job),
        }

    def modules(self, job: Job) -> dict[str, str]:
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
                raise FileNotFoundError(f"{job.name} ended well but did not make {path}")
        write_json(job.stamp, {"job": job.name, **expected, "outputs": outputs, "versions": versions()})

    def stale(self, job: Job) -> str | None:
        """Why the job must be done (again), or None where its stamp is valid."""
        if not job.stamp.exists():
            return "not done yet"
        stamp = read_json(job.stamp)
        if changed := differences(stamp, self.expected(job)):
            return f"{first_of(changed, 3)} changed"
        for path, digest in self._digests(job.outputs).items():
            if digest is None:
                return f"its output {path} is missing"
            if stamp["outputs"].get(path) != digest:
                return f"its output {path} was changed by someone"
        return None

    def other_versions(self, job: Job) -> str | None:
        """Which versions differ from those that the job was done with; said, not acted on."""
        if not job.stamp.exists():
            return None
        before, now = read_json(job.stamp)["versions"], versions()
        differing = [
            f"{name} {before[name]} -> {now[name]}" for name in now if before.get(name) not in (None, now[name])
        ]
        return ", ".join(differing) or None


def differences(stamp: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The settings, inputs and modules in which what a stamp was made from is not what is ``expected``."""
    found = [f"setting {key}" for key in _differences(stamp["config"], expected["config"])]
    found += [f"input {path}" for path in _differences(stamp["inputs"], expected["inputs"], depth=1)]
    return found + [f"module {name}" for name in _differences(stamp["modules"], expected["modules"], depth=1)]


def _differences(old: Any, new: Any, prefix: str = "", depth: int = 9) -> list[str]:
    """Dotted keys under which two JSON mappings differ."""
    if not (isinstance(old, dict) and isinstance(new, dict)) or depth == 0:
        return [] if old == new else [prefix or "all"]
    keys = sorted(set(old) | set(new))
    join = f"{prefix}." if prefix else ""
    missing = object()
    return [
        found
        for key in keys
        for found in _differences(old.get(key, missing), new.get(key, missing), f"{join}{key}", depth - 1)
    ]

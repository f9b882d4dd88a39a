"""Takes in finished jobs from another experiment folder: what a job was made from decides, names do not."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sernet.errors import SernetError, first_of
from sernet.pipeline.digests import FileDigests
from sernet.pipeline.files import atomic, write_json
from sernet.pipeline.stamps import Job, Stamp, Stamps, differences, read_stamp


@dataclass
class Merged:
    """What came of it: names of jobs, those of the other experiment by their folder below it."""

    taken: dict[str, str] = field(default_factory=dict)
    """Job here -> where it came from."""
    here: list[str] = field(default_factory=list)
    """Jobs that had been done here before; nothing was changed."""
    refused: dict[str, str] = field(default_factory=dict)
    """Elsewhere, or here where a finished one is in the way -> why."""


def merge(
    jobs: Sequence[Job], other: Path, within: str, stamps: Stamps, files: FileDigests, make: bool = True
) -> Merged:
    """Copy the folder of each finished job of ``other`` that is made from just what one of ``jobs`` is made from.

    Configuration (data, in digests), inputs and code must be the same, and the outputs as they were stamped. A job that
    has been finished here is never overwritten. Only the outputs, the log and the scalars are copied: what was made
    with them is made again.

    Args:
        jobs: of this experiment; each with a folder of its own.
        other: the other experiment's folder.
        within: a pattern of job folders below it, such as ``*/*/*/*``.
        make: False: only say what would be taken.

    Raises:
        SernetError: ``other`` holds no finished job of that kind.
    """
    name = jobs[0].stamp.name
    paths = sorted(other.glob(f"{within}/{name}"))
    if not paths:
        raise SernetError(f"{other}: nothing finished in it (no {within}/{name})")
    expected = {job.name: stamps.expected(job) for job in jobs}
    found = Merged()
    for path in paths:
        folder = path.parent
        place = str(folder.relative_to(other))
        try:
            stamp = read_stamp(path)
        except SernetError as error:
            found.refused[place] = f"its stamp is damaged: {error}"
            continue
        differing = {job.name: _differing(stamp, expected[job.name], job.modules) for job in jobs}
        same = [job for job in jobs if not differing[job.name]]
        if not same:
            found.refused[place] = _nearest(differing)
            continue
        changed = [key for key, digest in stamp.outputs.items() if files.of_file(folder / Path(key).name) != digest]
        if changed:
            found.refused[place] = f"{first_of(changed, 3)}: missing, or not as it was when the training ended"
            continue
        for job in same:
            reason = stamps.stale(job)
            if reason is None or job.name in found.taken:
                found.here.append(job.name)
            elif job.finished:
                found.refused[job.name] = f"finished here, and kept ({reason})"
            else:
                found.taken[job.name] = place
                if make:
                    _copy(job, folder, stamp, expected[job.name], f"{other.name}/{place}", stamps)
    return found


def _differing(stamp: Stamp, expected: dict[str, Any], roots: tuple[str, ...]) -> list[str]:
    """As `differences`, without the folders that inputs lie in: those carry names of recipes and runs."""
    here = {Path(key).name: digest for key, digest in expected["inputs"].items()}
    there = {Path(key).name: digest for key, digest in stamp.inputs.items()}
    return differences(stamp.model_copy(update={"inputs": there}), expected | {"inputs": here}, roots)


def _nearest(differing: dict[str, list[str]]) -> str:
    """Of the jobs here the one that differs least, and in what."""
    name, least = min(differing.items(), key=lambda item: len(item[1]))
    return f"made from something else than any here; {name} differs in {first_of(least, 3)}"


def _copy(job: Job, folder: Path, stamp: Stamp, expected: dict[str, Any], origin: str, stamps: Stamps) -> None:
    """The job's folder, whole or not at all, with a stamp that says where it came from."""
    digests = {Path(key).name: digest for key, digest in stamp.outputs.items()}
    with atomic(job.stamp.parent) as temporary:
        temporary.mkdir()
        for path in job.outputs:
            shutil.copy2(folder / path.name, temporary)
        log = job.log.relative_to(job.stamp.parent)
        if (folder / log).exists():
            (temporary / log.parent).mkdir()
            shutil.copy2(folder / log, temporary / log)
        if (folder / "tensorboard").is_dir():
            shutil.copytree(folder / "tensorboard", temporary / "tensorboard")
        outputs = {stamps.key(path): digests[path.name] for path in job.outputs}
        made = stamp.model_dump(by_alias=True) | {"inputs": expected["inputs"], "job": job.name, "outputs": outputs}
        write_json(temporary / job.stamp.name, made | {"merged from": stamp.merged_from or origin})

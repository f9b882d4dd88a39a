"""Our own state, torn by a disk or a copy: stamps, and the digests of files that are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fuzz.kinds import kind
from fuzz.mutations import in_json
from fuzz.survival import Case, file_case

from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.merge import merge
from sernet.pipeline.stamps import Job, Stamps


@kind("stamps, .digests.json", 600)
def stamps(folder: Path) -> Sequence[Case]:
    package, work, other = folder / "code" / "sernet", folder / "work", folder / "other"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "high.py").write_text("from sernet import low\n\n\ndef f(x):\n    return low.g(x)\n")
    (package / "low.py").write_text("def g(x):\n    return x\n")
    cache = work / ".digests.json"

    def job(base: Path) -> Job:
        place = base / "run" / "am" / "fold0" / "seed0"
        place.mkdir(parents=True, exist_ok=True)
        (base / "in.wav").write_bytes(b"abc")
        (place / "model.safetensors").write_bytes(b"weights")
        return Job(
            name="train",
            script="local.train",
            stamp=place / "train.json",
            config={"epochs": 3, "model": {"embedding": 8}},
            modules=("sernet.high",),
            inputs=(base / "in.wav",),
            outputs=(place / "model.safetensors",),
            precious=True,
        )

    def of(base: Path) -> Stamps:
        return Stamps(FileDigests(cache), ModuleDigests(folder / "code"), base)

    for base in (work, other):
        of(base).write(job(base), of(base).expected(job(base)))
    files = FileDigests(cache)
    files.of_file(work / "in.wav")
    files.save()
    mine, theirs = job(work), job(other)

    def look() -> None:
        """What every run does, --dry-run too."""
        of(work).stale(mine)
        of(work).other_versions(mine)

    def take() -> None:
        merge([mine], other, "*/*/*/*", of(work), FileDigests(cache), make=False)

    return [
        file_case(mine.stamp, in_json, look),
        file_case(cache, in_json, look),
        file_case(theirs.stamp, in_json, take),
    ]

"""The report says what models were computed with, loudly where precisions are mixed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from local.provenance import computed
from sernet.pipeline.files import write_json


def _units(folder: Path, precisions: list[str | None]) -> Any:
    units = [SimpleNamespace(directory=folder / str(number)) for number in range(len(precisions))]
    for unit, precision in zip(units, precisions, strict=True):
        used = {"precision": precision, "threads": 1, "processor": "GenuineIntel with AMX"}
        write_json(unit.directory / "model.json", {"computed": used} if precision else {})
    return cast(Any, units)


def test_one_precision_is_named(tmp_path: Path) -> None:
    said = computed(_units(tmp_path, ["bf16", "bf16"]))
    assert said == "2 models: bf16, 1 thread, GenuineIntel with AMX"


def test_two_precisions_are_said_to_be_mixed(tmp_path: Path) -> None:
    assert "MIXED PRECISIONS, bf16 and float32" in computed(_units(tmp_path, ["bf16", "float32", "float32"]))
    assert "MIXED PRECISIONS" in computed(_units(tmp_path / "old", ["bf16", None]))

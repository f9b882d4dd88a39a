"""The report says how many of its models were trained in other experiments."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from local.provenance import merged
from sernet.pipeline.files import write_json

STAMP = {"job": "train", "config": {}, "inputs": {}, "modules": {}, "outputs": {}}


def test_models_from_elsewhere_are_counted_by_where_they_were_trained(tmp_path: Path) -> None:
    units: list[Any] = [SimpleNamespace(directory=tmp_path / f"seed{seed}") for seed in range(4)]
    for unit, origin in zip(units, ("emodb/single/am/fold0/seed0", None, "emodb/single/am/fold0/seed2"), strict=False):
        write_json(unit.directory / "train.json", STAMP | ({"merged from": origin} if origin else {}))
    assert merged(cast(Any, units)) == "2 of 4 models were trained in emodb"
    assert merged(cast(Any, units[1:2])) == ""

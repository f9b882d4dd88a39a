"""A model that was trained again was exported with the head, detector and threshold of the one before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bundle.conftest import experiment as experiment
from sernet.bundle import export
from sernet.bundle.source import find
from sernet.errors import SernetError


def test_scores_of_another_training_are_refused(experiment: Path, tmp_path: Path) -> None:
    again = Path(shutil.copytree(experiment, tmp_path / "exp" / "tiny"))
    weights = again / "single/am/fold0/seed0/model.safetensors"
    with safe_open(weights, framework="pt") as file:
        metadata = file.metadata()
    save_file({name: value + 0.01 for name, value in load_file(weights).items()}, weights, metadata)
    with pytest.raises(SernetError, match="of another training.*run stage score"):
        export.export(find(again, {}), tmp_path / "bundle")

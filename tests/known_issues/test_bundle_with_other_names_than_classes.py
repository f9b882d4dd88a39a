"""A bundle whose list of classes had been changed answered by the wrong names, or ended in a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bundle.conftest import experiment as experiment
from sernet.bundle import export
from sernet.bundle.format import CONTENTS, read, seal
from sernet.bundle.source import find
from sernet.errors import SernetError


def test_classes_are_as_many_as_the_model_has(experiment: Path, tmp_path: Path) -> None:
    export.export(find(experiment, {}), tmp_path / "bundle")
    cut = Path(shutil.copytree(tmp_path / "bundle", tmp_path / "cut")) / CONTENTS
    contents = json.loads(cut.read_text())
    cut.write_text(json.dumps(contents | {"classes": [*contents["classes"], "fear"]}))
    seal(cut.parent)
    with pytest.raises(SernetError, match="names 3 classes, and the model has 2"):
        read(cut.parent)

"""A synthetic corpus counted as present where the user had named a folder for it that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from sernet.config.load import load_recipe
from sernet.errors import SernetError
from sernet.experiment import Experiment


def test_it_is_absent_and_said_so(tmp_path: Path) -> None:
    settings = {"corpora.mini_en.root": str(tmp_path / "absent")}
    experiment = Experiment(load_recipe(ROOT / "egs", "mini", settings), tmp_path)
    with pytest.raises(SernetError, match=r"corpora\.mini_en\.root: no such folder: .*absent"):
        _ = experiment.runs

"""What egs/zed/prepare.py makes of the benchmark's list, which knows emotions by their first letter."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from sernet.errors import SernetError
from sernet.timeline.eder import compare
from sernet.timeline.formats import read_rttm

PREPARE = Path(__file__).resolve().parents[2] / "egs" / "zed" / "prepare.py"


@pytest.fixture
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("zed_prepare", PREPARE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _release(root: Path) -> Path:
    """Two recordings of the same file name, in folders of different depth; one entry says `angry`, one `h`."""
    listed = {
        "one": {"wav": "datafolder/a/1.wav", "duration": 5.0, "emotion": [{"emo": "angry", "start": 1.5, "end": 4.0}]},
        "b 2.wav": {"wav": "datafolder/b/c/1.wav", "duration": 2.0, "emotion": [{"emo": "h", "start": 0, "end": 2.0}]},
    }
    for entry in listed.values():
        path = root / str(entry["wav"]).replace("datafolder/", "")
        path.parent.mkdir(parents=True)
        path.write_bytes(str(path).encode())
    (root / "ZED.json").write_text(json.dumps(listed))
    return root


def test_recordings_are_told_apart_by_the_names_of_the_list(prepare: ModuleType, tmp_path: Path) -> None:
    root = _release(tmp_path / "zed")
    for _ in range(2):  # again does no harm
        assert prepare.gather(root, tmp_path / "out") == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / "wav").iterdir()} == {
        "one.wav": (root / "a" / "1.wav").read_bytes(),
        "b_2.wav": (root / "b" / "c" / "1.wav").read_bytes(),
    }
    references = read_rttm(tmp_path / "out" / "zed.rttm")
    found = {name: [tuple(segment[:3]) for segment in segments] for name, segments in references.items()}
    assert found == {
        "one": [(0.0, 1.5, "neutral"), (1.5, 4.0, "anger"), (4.0, 5.0, "neutral")],
        "b_2": [(0.0, 2.0, "happiness")],
    }
    assert compare(references["one"], references["one"], 5.0).eder == 0


@pytest.mark.parametrize("damage", ["no list", "no audio", "another form"])
def test_what_is_not_as_published_is_said(prepare: ModuleType, tmp_path: Path, damage: str) -> None:
    root = _release(tmp_path / "zed")
    if damage == "no list":
        (root / "ZED.json").unlink()
    elif damage == "no audio":
        (root / "a" / "1.wav").unlink()
    else:
        (root / "ZED.json").write_text(json.dumps({"one": {"wav": "datafolder/a/1.wav", "duration": 5.0}}))
    with pytest.raises(SernetError, match=r"ZED\.json"):
        prepare.gather(root, tmp_path / "out")
    assert not (tmp_path / "out" / "zed.rttm").exists()

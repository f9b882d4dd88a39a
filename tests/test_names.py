"""Names become folders, files and labels of figures: whatever is none is refused before anything is made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sernet.config.load import load_recipe
from sernet.errors import UsageError
from sernet.names import is_name

ROOT = Path(__file__).resolve().parents[1]
STRANGE = ["../../escaped", "..", ".", "/tmp/x", "a/b", "a\\b", "", ".hidden", "-force", "a b", "a\n", "a\0b",
           "a$\\frac$b", "<script>", 'a"b', "a'b", "a`b", "a;b", "a*", "é", "Ａ", "x" * 65, "~", "a:b"]  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_no_name_is_a_path_or_needs_quoting(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", ["a", "9", "white_-5", "ravdess-1.2", "A.b-c_d", "x" * 64])
def test_ordinary_names(name: str) -> None:
    assert is_name(name)


def _places(name: str) -> list[dict[str, Any]]:
    """Each place in mini's recipe.yaml where a name stands, with ``name`` there."""
    raw = yaml.safe_load((ROOT / "egs" / "mini" / "conf" / "recipe.yaml").read_text())
    run = next(iter(raw["runs"]))
    noise = {"condition": "ood-far", "source": "noise"}

    def with_run(**keys: Any) -> dict[str, Any]:
        return {**raw, "runs": {**raw["runs"], run: {**raw["runs"][run], **keys}}}

    return [
        {**raw, "runs": {**raw["runs"], name: raw["runs"][run]}},
        {**raw, "systems": {name: {"model": {}}}},
        {**raw, "systems": {"sum": {"fuse": {"am": 1.0, name: 1.0}}}},
        {**raw, "systems": {"new": {"versus": name}}},
        {**raw, "corpora": {name: {}}},
        {**raw, "only": [name]},
        {**raw, "ood": {**raw.get("ood", {}), "sets": {name: noise}}},
        {**raw, "ood": {**raw.get("ood", {}), "sets": {"far": {**noise, "source": "corpus", "corpus": name}}}},
        {**raw, "ood": {**raw.get("ood", {}), "tune_on": name}},
        {**raw, "tuned_on": {"corpus": name, "folds": "five"}},
        {**raw, "timeline": {"runs": [name]}},
        with_run(corpora=[name]),
        with_run(systems=[name]),
        with_run(ood=[name]),
        with_run(against=[name]),
        with_run(start_from=name),
        with_run(protocol={"kind": "official", "name": name}),
        with_run(protocol={"kind": "all"}, test_on=[name]),
    ]


@pytest.mark.parametrize("place", range(18))
@pytest.mark.parametrize("name", ["../../escaped", "a$\\frac$b", "<script>"])
def test_every_place_of_a_recipe_refuses_what_is_no_name(place: int, name: str, tmp_path: Path) -> None:
    (tmp_path / "made" / "conf").mkdir(parents=True)
    (tmp_path / "made" / "conf" / "recipe.yaml").write_text(yaml.safe_dump(_places(name)[place]))
    with pytest.raises(UsageError, match="is not a name: a name has letters"):
        load_recipe(tmp_path, "made", {})


@pytest.mark.parametrize("name", ["report", "RESULTS.md", "Config.yaml"])
def test_a_run_is_not_called_as_an_output(name: str, tmp_path: Path) -> None:
    (tmp_path / "made" / "conf").mkdir(parents=True)
    (tmp_path / "made" / "conf" / "recipe.yaml").write_text(yaml.safe_dump(_places(name)[0]))
    with pytest.raises(UsageError, match=f"runs.{name}: that is the name of an output"):
        load_recipe(tmp_path, "made", {})


def test_a_name_that_leads_out_leaves_nothing_behind(tmp_path: Path) -> None:
    setting = 'runs={"../../../escaped": {corpora: [mini_en], classes: [anger, neutral], protocol: {kind: session}}}'
    command = ["bash", str(ROOT / "run.sh"), "--workdir", str(tmp_path / "a" / "b"), "--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, env={"SERNET_ENV": "current", "PATH": _path()})
    assert done.returncode == 2
    assert "'../../../escaped' is not a name" in done.stderr + done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"]


def _path() -> str:
    return f"{Path(sys.executable).parent}:/usr/bin:/bin"

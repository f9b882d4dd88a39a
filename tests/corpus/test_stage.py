"""Stage 1 of a small recipe, job by job: folds from a user's lists, the card, and that nothing waits for the card."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from local import prepare
from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.options import parse
from sernet.pipeline.reading import read_json
from tiny import Tiny

RECIPE = {
    "title": "t",
    "runs": {"r": {"corpora": ["tiny"], "classes": ["anger", "neutral"], "protocol": {"kind": "session"}}},
}


def _experiment(tiny: Tiny, tmp_path: Path, *settings: str) -> Experiment:
    folder = tmp_path / "egs" / "tiny"
    (folder / "conf").mkdir(parents=True)
    (folder / "corpus.yaml").write_text(yaml.safe_dump(tiny.raw))
    (folder / "conf" / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    options = [part for setting in settings for part in ("--set", setting)]
    request = parse(["--recipe", "tiny", "--corpus-root", str(tiny.root.parent), *options], tmp_path)
    recipe = load_recipe(tmp_path / "egs", "tiny", request.settings)
    return Experiment(recipe, tmp_path / "work", corpus_root=tiny.root.parent)


def _stages(tmp_path: Path, first: str) -> list[str]:
    return ["--recipe", "tiny", "--stage", first, "--workdir", str(tmp_path / "work")]


def test_a_users_own_lists_make_the_folds_and_the_card_shows_them(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, test in enumerate((["f1", "m1"], ["f10", "m2"])):
        (tmp_path / "mine" / f"fold{number}").mkdir(parents=True)
        (tmp_path / "mine" / f"fold{number}" / "test").write_text("\n".join(test))
    monkeypatch.setenv("SERNET_CALLER", str(tmp_path))
    experiment = _experiment(tiny, tmp_path, "runs.r.protocol.kind=lists", "runs.r.protocol.path=mine")
    request = parse(_stages(tmp_path, "prepare"), tmp_path)
    names = []
    for phase in prepare.jobs(experiment, request, lambda _: None):
        for job in phase:
            names.append(job.name)
            prepare.run(job)
            assert all(path.exists() for path in job.outputs), job.name
    assert names == ["prepare tiny", "folds of r", "card of tiny"]
    folds = read_json(next((experiment.data("tiny") / "folds").glob("lists-mine-*.json")))
    assert [fold["test"] for fold in folds["folds"]] == [["tiny-f1", "tiny-m1"], ["tiny-f10", "tiny-m2"]]
    assert [fold.test for fold in experiment.folds(experiment.runs[0])] == [
        ("tiny-f1", "tiny-m1"),
        ("tiny-f10", "tiny-m2"),
    ]
    assert "Folds: lists-mine" in (experiment.data("tiny") / "card.txt").read_text()
    inputs = next(
        job for phase in prepare.jobs(experiment, request, lambda _: None) for job in phase if "folds" in job.name
    )
    assert tmp_path / "mine" / "fold1" / "test" in inputs.inputs
    later = parse(_stages(tmp_path, "features"), tmp_path)
    asked = [job.name for phase in prepare.jobs(experiment, later, lambda _: None) for job in phase]
    assert asked == ["prepare tiny", "folds of r"], "a later stage does not wait for a card"

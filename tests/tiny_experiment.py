"""A recipe on the small corpus of `tiny.py`, and its stages run in this process."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from local import features, prepare
from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.options import Request, parse
from tiny import Tiny

RECIPE: dict[str, Any] = {
    "title": "t",
    "runs": {"r": {"corpora": ["tiny"], "classes": ["anger", "neutral"], "protocol": {"kind": "session"}}},
}


def tiny_experiment(tiny: Tiny, folder: Path, *settings: str, recipe: dict[str, Any] = RECIPE) -> Experiment:
    """The recipe in ``folder``/egs with some ``--set``, its work folder in ``folder``/work."""
    conf = folder / "egs" / "tiny" / "conf"
    conf.mkdir(parents=True)
    (conf.parent / "corpus.yaml").write_text(yaml.safe_dump(tiny.raw))
    (conf / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    options = [part for setting in settings for part in ("--set", setting)]
    request = parse(["--recipe", "tiny", "--corpus-root", str(tiny.root.parent), *options], folder)
    loaded = load_recipe(folder / "egs", "tiny", request.settings)
    return Experiment(loaded, folder / "work", corpus_root=tiny.root.parent)


def asked(folder: Path, stage: str = "prepare") -> Request:
    """What a user asks for who begins with ``stage``."""
    return parse(["--recipe", "tiny", "--stage", stage, "--workdir", str(folder / "work"), "--nj", "1"], folder)


def run_stage(stage: ModuleType, experiment: Experiment, request: Request) -> list[str]:
    """Run all jobs of ``stage``, a module of local/; their names."""
    names = []
    for phase in stage.jobs(experiment, request, lambda _: "new"):
        for job in phase:
            names.append(job.name)
            job.arguments["identity"] = "x"
            stage.run(job)
            assert all(path.exists() for path in job.outputs), job.name
    return names


def prepared(tiny: Tiny, folder: Path, *settings: str, recipe: dict[str, Any] = RECIPE) -> Experiment:
    """An experiment whose stages 1 and 2 are done."""
    experiment = tiny_experiment(tiny, folder, *settings, recipe=recipe)
    for stage in (prepare, features):
        run_stage(stage, experiment, asked(folder))
    return experiment


def write_lists(folder: Path, *folds: dict[str, list[str]]) -> str:
    """A user's own fold lists, ``fold<number>/<part>``; the settings that make a run use them."""
    for number, parts in enumerate(folds):
        (folder / f"fold{number}").mkdir(parents=True)
        for part, names in parts.items():
            (folder / f"fold{number}" / part).write_text("".join(f"{name}\n" for name in names))
    return f"runs.r.protocol={{kind: lists, path: {folder}}}"

"""The stages: number, name, what each makes and which ones it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One stage; `local/<name>.py` lists and runs its jobs."""

    number: int
    name: str
    makes: str
    needs: tuple[str, ...]


STAGES: tuple[Stage, ...] = (
    Stage(0, "corpora", "finds each corpus, or says how to get it; makes the mini corpora", ()),
    Stage(1, "prepare", "Lhotse manifests, Kaldi data directories, data checks, folds", ("corpora",)),
    Stage(2, "features", "FBank arks and feats.scp, cuts that carry features", ("prepare",)),
    Stage(3, "train", "one model a (run, system, fold, seed)", ("features",)),
    Stage(4, "score", "score files of every model on every test set", ("train",)),
    Stage(5, "ood", "out-of-distribution scores of every detector", ("score",)),
    Stage(6, "timeline", "emotion over time, for recipes that ask for it", ("train",)),
    Stage(7, "report", "results.json, RESULTS.md and report/index.html", ("ood", "timeline")),
)


def find(text: str) -> Stage:
    """The stage of that number or name.

    Raises:
        ValueError: there is none.
    """
    for stage in STAGES:
        if text in (str(stage.number), stage.name):
            return stage
    allowed = ", ".join(f"{stage.number} {stage.name}" for stage in STAGES)
    raise ValueError(f"no stage {text!r}; allowed: {allowed}")


def needed(chosen: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages beside the ``chosen`` that must be up to date before these may run, in order."""
    chosen = list(chosen)
    names: set[str] = set()
    queue = [name for stage in chosen for name in stage.needs]
    while queue:
        name = queue.pop()
        if name not in names:
            names.add(name)
            queue += find(name).needs
    return tuple(stage for stage in STAGES if stage.name in names and stage not in chosen)

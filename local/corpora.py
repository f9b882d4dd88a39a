"""Stage 0: finds each corpus, or says how to get it; makes the mini corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sernet.config.base import validate
from sernet.config.synthesis import SynthesisConfig
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.options import Request
from sernet.pipeline.settings import settings
from sernet.pipeline.stamps import Job


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job a synthetic corpus."""
    made = []
    for name in experiment.corpora:
        synthesis = experiment.recipe.corpora[name].synthesis
        if synthesis and experiment.is_made(name):
            root = experiment.data(name) / "release"
            made.append(
                Job(
                    name=f"make {name}",
                    script="local.corpora",
                    stamp=experiment.data(name) / "corpora.json",
                    config={"name": name, "synthesis": settings(synthesis)},
                    modules=("sernet.corpus.mini",),
                    outputs=tuple(root / path for path in synthesis.files()),
                    arguments={"root": str(root), "nj": request.nj},
                )
            )
    yield made


def run(job: Job) -> None:
    """Make one synthetic corpus."""
    from sernet.corpus.mini import make

    synthesis = validate(SynthesisConfig, job.config["synthesis"], job.name)
    count = make(synthesis, job.config["name"], Path(job.arguments["root"]), job.arguments["nj"])
    print(f"{count} files in {job.arguments['root']}")


def announce(experiment: Experiment) -> list[str]:
    """Where each corpus lies and under which licence; which are absent and skipped."""
    lines = []
    for name in experiment.corpora:
        corpus = experiment.recipe.corpora[name]
        lines.append(f"{name}: {experiment.root(name)} ({corpus.title}; licence: {corpus.licence})")
    for name in sorted(set(experiment.recipe.corpora) - set(experiment.present)):
        corpus = experiment.recipe.corpora[name]
        lines.append(f"{name}: not there, so what needs it is skipped. {corpus.how_to_get.strip()}")
    lines += [f"run {name}: skipped, as a corpus of it is not there" for name in experiment.skipped]
    return lines


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []


if __name__ == "__main__":
    pipeline.main(run)

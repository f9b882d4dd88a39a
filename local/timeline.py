"""Stage 6: emotion over time, for recipes that ask for it. None does yet: the stage has no jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sernet.experiment import Experiment
from sernet.pipeline.options import Request
from sernet.pipeline.stamps import Job


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """No jobs."""
    yield []


def announce(experiment: Experiment) -> list[str]:
    """Says so."""
    return ["this recipe does not ask for it"]


def conclude(experiment: Experiment) -> list[str]:
    """Nothing more to say."""
    return []

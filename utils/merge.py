"""Merges seeds, folds and runs that were trained elsewhere into an experiment. See merge.sh."""

from __future__ import annotations

import argparse
import sys
from itertools import accumulate
from pathlib import Path

from local import train
from local.driver import Driver
from sernet.errors import SernetError, UsageError
from sernet.pipeline import options
from sernet.pipeline.lock import lock
from sernet.pipeline.merge import merge
from utils.caller import callers

ROOT = Path(__file__).resolve().parents[1]
SHOWN = 10


def _run(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise argparse.ArgumentTypeError(f"{text!r} is not THEIRS=OURS, such as single=single-emodb")
    return theirs, ours


def main() -> None:
    """The command line of merge.sh; exit 1 where nothing could be merged, 2 on a bad option."""
    parser = argparse.ArgumentParser(
        prog="bash utils/merge.sh",
        allow_abbrev=False,
        description=__doc__,
        epilog="All else (--recipe, --workdir, --tag, --seeds, --set, --corpus-root) as you give it to run.sh; a "
        "training is taken where it was made from the same settings, data and code, whatever its recipe, run or fold "
        "is called.",
    )
    parser.add_argument("--from", dest="other", required=True, metavar="EXP", help="an experiment folder")
    parser.add_argument(
        "--run", type=_run, action="append", default=[], metavar="THEIRS=OURS", help="only these runs (default: all)"
    )
    own, rest = parser.parse_known_args()
    request = options.parse(rest, ROOT)
    if request.force:
        parser.error("--force: what is finished here is never overwritten; remove its folder, or take another --tag")
    other = callers(own.other).resolve()
    try:
        sys.exit(_merge(other, own.run, request))
    except UsageError as error:
        print(f"merge.sh: {error}", file=sys.stderr)
        sys.exit(2)
    except SernetError as error:
        print(f"merge.sh: {error}", file=sys.stderr)
        sys.exit(1)


def _merge(other: Path, runs: list[tuple[str, str]], request: options.Request) -> int:
    if not other.is_dir():
        raise UsageError(f"--from: no such folder: {other}")
    driver = Driver(request)
    experiment = driver.experiment
    if other == experiment.folder:
        raise UsageError(f"--from: {other} is the experiment itself")
    try:
        phases = list(train.jobs(experiment, request, driver.stamps.stale))
    except FileNotFoundError as error:
        raise SernetError(
            f"{error.filename} is not there: make data and features first (run.sh with the same options and "
            "--stop-stage features)"
        ) from error
    if not request.dry_run:
        lock(experiment.workdir / "exp", "utils/merge.sh")
    total_taken = total_here = 0
    for theirs, ours in runs or [("*", "")]:
        wanted = [[j for j in p if not ours or j.stamp.is_relative_to(experiment.folder / ours)] for p in phases]
        if not any(wanted):
            there = ", ".join(run.name for run in experiment.runs)
            raise UsageError(f"--run {theirs}={ours}: {experiment.name} has no run {ours}; there are: {there}")
        taken: dict[str, str] = {}
        for chosen in filter(None, accumulate(wanted)):  # the later hang on the weights of the earlier
            found = merge(chosen, other, f"{theirs}/*/*/*", driver.stamps, driver.files, make=not request.dry_run)
            taken |= found.taken
        for name, origin in taken.items():
            print(f"{name} <- {origin}")
        if found.refused:
            print(f"{len(found.refused)} refused:")
            for name, reason in list(found.refused.items())[:SHOWN]:
                print(f"  {name}: {reason}")
            if len(found.refused) > SHOWN:
                print(f"  and {len(found.refused) - SHOWN} more")
        total_taken += len(taken)
        total_here += len(set(found.here) - set(taken))
    done = "would be merged" if request.dry_run else "merged"
    print(f"{total_taken} trainings {done} into {experiment.folder}, {total_here} were there before")
    driver.files.save()
    if total_taken and not request.dry_run:
        print(f"next: bash run.sh --recipe {request.recipe} --stage train, with the same options")
    return 0 if total_taken or total_here else 1


if __name__ == "__main__":
    main()

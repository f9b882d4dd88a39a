"""Kills a run's whole process group at seeded random moments, resumes it, and compares with an undisturbed run.

    python -m utils.bench.kill_resume WORKDIR [--kills 20] [--seed 0]

Both runs use the recipe mini at its smallest setting. Passes when results.json is the same to the byte.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = [
    "--set",
    "train.epochs=2",
    "--set",
    "runs.single.folds=[0]",
    "--set",
    "runs.cross.corpora=[mini_en, mini_de]",
]


def start(workdir: Path) -> subprocess.Popen[bytes]:
    """Start the run in a process group of its own."""
    command = ["bash", str(ROOT / "run.sh"), "--workdir", str(workdir), *SMALLEST]
    with open(workdir.with_suffix(".log"), "wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def undisturbed(workdir: Path) -> float:
    """Run to the end; returns the seconds that it took."""
    begin = time.monotonic()
    if start(workdir).wait():
        sys.exit(f"the undisturbed run failed; see {workdir.with_suffix('.log')}")
    return time.monotonic() - begin


def disturbed(workdir: Path, kills: int, longest: float, draws: random.Random) -> tuple[int, list[str]]:
    """Kill ``kills`` times, each after a random time of up to ``longest`` seconds, then run to the end.

    Returns how often a run was killed while it worked, and in which stage. A run that ends before its kill is started
    again from nothing but its last stages, so that every kill hits work.
    """
    hit, where = 0, []
    while hit < kills:
        process = start(workdir)
        try:
            process.wait(draws.uniform(0.5, longest))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            hit += 1
            where.append(_stage(workdir))
            print(f"kill {hit} of {kills}: {where[-1]}", flush=True)
        else:
            shutil.rmtree(workdir / "exp")
    if start(workdir).wait():
        sys.exit(f"the disturbed run failed; see {workdir.with_suffix('.log')}")
    return hit, where


def _stage(workdir: Path) -> str:
    lines = workdir.with_suffix(".log").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if line.startswith("stage ")), "before the first stage")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, help="seconds between kills at most (default: a quarter of a run)")
    options = parser.parse_args()
    folders = [options.workdir / name for name in ("undisturbed", "disturbed")]
    for folder in folders:
        folder.mkdir(parents=True)
    seconds = undisturbed(folders[0])
    longest = options.longest or seconds / 4
    hit, where = disturbed(folders[1], options.kills, longest, random.Random(options.seed))
    one, two = ((folder / "exp" / "mini" / "results.json").read_bytes() for folder in folders)
    stages = ", ".join(f"{where.count(name)} in {name}" for name in sorted(set(where)))
    print(f"{hit} kills (seed {options.seed}): {stages}")
    print("results.json is the same to the byte" if one == two else "results.json DIFFERS")
    sys.exit(one != two)


if __name__ == "__main__":
    main()

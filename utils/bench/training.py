"""Measures the first version of training against the one that lies here: time, and UAR on a fold's test speakers.

    python -m utils.bench.training --corpus-root DIR --workdir WORK [--seeds 0 1 2] [--profile]

WORK has the features of the recipe (stages 0 to 2 done). Each version is taken to a folder of its own and trains there,
in a process of its own, by its own loop and defaults, on one thread, on the same utterances. The two take turns, and
who is first alternates, so that whatever else the machine does hits both. Writes TRAINING.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sernet.config.load import load_recipe
from sernet.experiment import Experiment
from sernet.pipeline.files import write_text
from sernet.score.intervals import Requirement, interval, mean_over_seeds, resample
from sernet.score.metrics import metric
from sernet.score.tables import LabelTable
from sernet.units import Unit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIRST, CURRENT = "first", "current"
FIRST_REVISION = "f690ed2406088a1da6dd3193d7b0dd6504932f7b"
PARTS = ("sernet", "egs")
METHOD = """\
Time is that of the training alone, without start-up and reading features, in the precision that each version takes by \
itself on this processor. CPU seconds are the process's own; seconds by the clock hang on what else the machine did. \
The two versions take turns, a pair of trainings for each seed. UAR is the mean over seeds; intervals resample the \
fold's test speakers, the same ones for both versions."""
PROFILED = """\
One epoch, the third, by torch.profiler: each operator's own time by the clock, forward and backward, without what it \
calls. The profiler costs time, too, most of all between operators. The last row is what the epoch before took without \
it, in CPU seconds."""


@dataclass(frozen=True)
class Done:
    """What one training took and reached."""

    version: str
    seed: int
    wall: float
    cpu: float
    parameters: int
    precision: str
    epochs: int
    scores: dict[str, np.ndarray]
    shares: dict[str, Any]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus-root", type=Path, help="as for run.sh")
    parser.add_argument("--workdir", type=Path, default=ROOT, help="as for run.sh; holds the features")
    parser.add_argument("--first", default=FIRST_REVISION, metavar="REV", help="(default: the first that trained)")
    parser.add_argument("--recipe", default="ravdess")
    parser.add_argument("--run", default="single")
    parser.add_argument("--system", default="msac")
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="S", help="one pair of trainings each")
    parser.add_argument("--epochs", type=int, help="cut both short, to try this program")
    parser.add_argument("--profile", action="store_true", help="also where the time of an epoch goes")
    parser.add_argument("--report", type=Path, default=HERE / "TRAINING.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-training-") as scratch:
        versions = {FIRST: Path(scratch) / FIRST, CURRENT: Path(scratch) / CURRENT}
        revisions = {FIRST: take(options.first, versions[FIRST]), CURRENT: take(None, versions[CURRENT])}
        task = plan(options)
        done = []
        for turn, seed in enumerate(options.seeds):
            for version in (FIRST, CURRENT) if turn % 2 == 0 else (CURRENT, FIRST):
                done.append(train(version, versions[version], task | {"seed": seed}, options.epochs))
                print(f"{version}, seed {seed}: {done[-1].cpu:.0f} s of CPU, {done[-1].wall:.0f} s", flush=True)
        profiles = {}
        if options.profile:
            for version, root in versions.items():
                profiles[version] = train(version, root, task | {"seed": 0, "profile": True}, epochs=3).shares
    write_text(options.report, report(options, revisions, done, profiles, task["classes"]))
    print(options.report)


def take(revision: str | None, folder: Path) -> str:
    """Put a revision, or what lies here (None), into ``folder``; returns what to call it."""
    folder.mkdir()
    if revision is None:
        for part in PARTS:
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        changed = git("status", "--porcelain", "--", *PARTS)
        return git("rev-parse", "--short=12", "HEAD") + (" with changes" if changed else "")
    archive = subprocess.run(["git", "archive", revision, *PARTS], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    return git("rev-parse", "--short=12", revision)


def git(*arguments: str) -> str:
    """What git says."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def plan(options: argparse.Namespace) -> dict[str, Any]:
    """What both versions train on: utterances, classes, features."""
    recipe = load_recipe(ROOT / "egs", options.recipe, {})
    experiment = Experiment(recipe, options.workdir.resolve(), corpus_root=options.corpus_root)
    run = next((run for run in experiment.runs if run.name == options.run), None)
    if run is None or len(run.train) > 1:
        sys.exit(f"--run {options.run}: {options.recipe} has no such run on one corpus; see its conf/recipe.yaml")
    unit = Unit(run, options.system, options.fold, 0, Path())
    ids = {part: [item.utterance.id for item in experiment.part(unit, part)] for part in ("train", "dev", "test")}
    return ids | {
        "features": str(experiment.features(run.train[0])),
        "recipe": options.recipe,
        "system": options.system,
        "classes": run.config.classes,
        "merge": run.config.merge,
        "profile": False,
    }


def train(version: str, root: Path, task: dict[str, Any], epochs: int | None) -> Done:
    """One training, in a process of its own."""
    directory = Path(tempfile.mkdtemp(dir=root))
    path = directory / "task.json"
    task = task | {"version": str(root), "directory": str(directory), "epochs": epochs}
    path.write_text(json.dumps(task), encoding="utf-8")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": str(root)}
    command = [sys.executable, str(HERE / "train_once.py"), str(path)]
    ended = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode:
        sys.exit(f"{ended.stdout.decode(errors='replace')}\nthe training of the {version} version failed")
    found = json.loads(path.with_suffix(".result.json").read_text(encoding="utf-8"))
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
        scores = dict(file)
    figures = {name: found[name] for name in ("wall", "cpu", "parameters", "precision", "epochs", "shares")}
    return Done(version, task["seed"], scores=scores, **figures)


def recognition(done: list[Done], classes: list[str]) -> dict[str, str]:
    """UAR of both versions and their difference, each with its interval."""
    reference = done[0].scores
    names, unit = np.unique(reference["speaker"], return_inverse=True)
    tables: dict[str, list[LabelTable]] = {FIRST: [], CURRENT: []}
    for one in done:
        if not np.array_equal(one.scores["utt_id"], reference["utt_id"]):
            sys.exit("the two versions have scored different utterances")
        tables[one.version].append(LabelTable(one.scores["logits"], one.scores["label"], classes, unit))
    holders = tables[FIRST][0].holders
    everyone = np.ones(len(names), dtype=bool)
    needs = [Requirement(everyone, column, str(place)) for place, column in enumerate(holders.T) if column.any()]
    counts = resample(("bench", "training"), np.zeros(len(names), dtype=np.int64), needs)

    def uar(counts: np.ndarray) -> dict[str, np.ndarray]:
        both = {v: mean_over_seeds([t.evaluate(counts, ["uar"]) for t in tables[v]])["uar"] for v in tables}
        return both | {"difference": both[CURRENT] - both[FIRST]}

    shown = {}
    drawn = uar(counts) if counts is not None else {}
    for name, value in uar(np.ones((1, len(names)), dtype=np.int64)).items():
        of = replace(metric("uar"), low=-1) if name == "difference" else metric("uar")
        limits = interval(float(value[0]), drawn[name], len(names), of) if drawn else None
        shown[name] = f"{value[0]:.3f}" + (f" [{limits[0]:.3f}, {limits[1]:.3f}]" if limits else "")
    return shown


def report(
    options: argparse.Namespace,
    revisions: dict[str, str],
    done: list[Done],
    profiles: dict[str, dict[str, Any]],
    classes: list[str],
) -> str:
    """TRAINING.md."""
    uar = recognition(done, classes)
    by_seed = {(one.version, one.seed): one for one in done}
    lines = [
        f"| {v} ({revisions[v]}) | {seed} | {one.epochs} | {one.parameters:,} | {one.precision} "
        f"| {one.cpu:.1f} | {one.wall:.1f} |"
        for (v, seed), one in by_seed.items()
    ]
    ratios = {
        clock: [getattr(by_seed[FIRST, s], clock) / getattr(by_seed[CURRENT, s], clock) for s in options.seeds]
        for clock in ("cpu", "wall")
    }
    said = {
        clock: f"{median(some):.2f}" + (f" ({min(some):.2f} to {max(some):.2f})" if len(some) > 1 else "")
        for clock, some in ratios.items()
    }
    short = (
        ["", f"**Cut to {options.epochs} epochs: these figures say nothing of a training.**"] if options.epochs else []
    )
    return "\n".join(
        [
            "# The first version of training against the current one",
            "",
            f"    {command(options)}",
            "",
            f"{machine()} {options.recipe}, run {options.run}, system {options.system}, fold {options.fold}. {METHOD}",
            *short,
            "",
            "| version | seed | epochs | parameters | precision | CPU s | s by the clock |",
            "|---|---|---|---|---|---|---|",
            *lines,
            "",
            "| | first | current | |",
            "|---|---|---|---|",
            f"| UAR | {uar[FIRST]} | {uar[CURRENT]} | difference {uar['difference']} |",
            *(
                f"| {what} | {mid(done, FIRST, clock)} | {mid(done, CURRENT, clock)} | ratio {said[clock]} |"
                for clock, what in (("cpu", "CPU seconds, median"), ("wall", "by the clock, median"))
            ),
            "",
            *(profile_table(profiles) if profiles else []),
        ]
    )


def mid(done: list[Done], version: str, clock: str) -> str:
    """The median of a version's seconds."""
    return f"{median(getattr(one, clock) for one in done if one.version == version):.1f}"


def command(options: argparse.Namespace) -> str:
    """The command, without this machine's paths."""
    parts = ["python -m utils.bench.training", "--corpus-root DIR" if options.corpus_root else ""]
    parts += ["--workdir WORK", f"--fold {options.fold}", f"--seeds {' '.join(map(str, options.seeds))}"]
    parts += [f"--epochs {options.epochs}" if options.epochs else "", "--profile" if options.profile else ""]
    return " ".join(part for part in parts if part)


def machine() -> str:
    """Day, processor, versions."""
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return (
        f"{time.strftime('%Y-%m-%d')}, {model or platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, torch {torch.__version__}."
    )


def profile_table(profiles: dict[str, dict[str, Any]]) -> list[str]:
    """Where an epoch's seconds go, the current version's largest families first."""
    lines = [
        "## Where the time of an epoch goes",
        "",
        PROFILED,
        "",
        "| family | first, forward | backward | share | current, forward | backward | share |",
        "|---|---|---|---|---|---|---|",
    ]
    known = {version: shares["families"] for version, shares in profiles.items()}
    for version, shares in profiles.items():
        rest = shares["total"] - sum(map(sum, known[version].values()))
        known[version]["Python between operators"] = [max(rest, 0.0), 0.0]
    for family in sorted(known[CURRENT] | known[FIRST], key=lambda name: -sum(known[CURRENT].get(name, (0, 0)))):
        cells = []
        for version, shares in profiles.items():
            forward, backward = known[version].get(family, (0.0, 0.0))
            cells += [f"{forward:.2f}", f"{backward:.2f}", f"{(forward + backward) / shares['total']:.0%}"]
        lines.append(f"| {family} | {' | '.join(cells)} |")
    for what, name in (("all", "total"), ("not profiled, CPU", "alone")):
        lines.append(f"| {what} | {' | '.join(f'{shares[name]:.2f} | | ' for shares in profiles.values())} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()

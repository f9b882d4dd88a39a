"""What stage 2 takes for RAVDESS, at several rates, here and in another checkout: CPU time, side by side.

    python -m utils.bench.features FOLDER --corpus-root DIR --other CHECKOUT [--rates 8000 16000] [--times 3]

DIR holds ravdess/. FOLDER must not be there; it takes the corpus at each rate, and is removed at the end. Each stage 2
runs as its user would run it, `run.sh --stage features`, in turns here and there, and FEATURES.md beside this file says
what it took. Both checkouts use the Python of this one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import resource
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import soundfile

from sernet.audio.reading import read
from sernet.audio.resample import resample
from sernet.features import ark
from sernet.pipeline.files import write_text
from sernet.pipeline.progress import track

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ABOUT = """\
The corpus is RAVDESS of 16 kHz, resampled for the other rates; 16-bit WAV. CPU seconds, user and system, are those of \
`bash run.sh --recipe ravdess --stage features --stop-stage features` and of all processes that it starts; the least \
of {times} runs each, in turns. The real-time factor (RTF) is that by the seconds of speech. The difference is the \
largest of all values of FBanks (natural logarithms). Where it is large, the other checkout lets Lhotse resample, \
which without torchaudio takes another filter."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus-root", type=Path, required=True)
    parser.add_argument("--other", type=Path, required=True, help="a checkout, such as git worktree makes")
    parser.add_argument("--rates", type=int, nargs="+", default=[8000, 16000, 44100, 48000], metavar="HZ")
    parser.add_argument("--times", type=int, default=3, metavar="N")
    parser.add_argument("--report", type=Path, default=HERE / "FEATURES.md")
    options = parser.parse_args()
    if options.folder.exists():
        sys.exit(f"{options.folder} is there already; name a folder that is not")
    folder, other = options.folder.resolve(), options.other.resolve()
    lines = []
    try:
        for rate in options.rates:
            seconds = _copies(options.corpus_root / "ravdess", folder / str(rate) / "ravdess", rate)
            lines.append(_row(folder / str(rate), other, rate, seconds, options.times))
            print(lines[-1], flush=True)
            shutil.rmtree(folder / str(rate))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write_text(options.report, _report(lines, other, options.times))
    print(options.report)


def _copies(source: Path, target: Path, rate: int) -> float:
    """The corpus at ``rate`` Hz; returns its seconds."""
    seconds = 0.0
    for path in track(sorted(source.rglob("*.wav")), description=f"{rate} Hz"):
        samples, own = read(path)
        seconds += len(samples) / own
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(copy, np.clip(resample(samples, own, rate), -1, 1), rate, subtype="PCM_16")
    return seconds


def _row(corpora: Path, other: Path, rate: int, seconds: float, times: int) -> str:
    places = {"other": other, "here": ROOT}
    taken: dict[str, list[float]] = {name: [] for name in places}
    for name, checkout in places.items():
        _run(checkout, corpora, corpora / f"work-{name}", "prepare")
    for _ in range(times):
        for name, checkout in places.items():
            shutil.rmtree(_features(corpora, name), ignore_errors=True)
            taken[name].append(_run(checkout, corpora, corpora / f"work-{name}", "features"))
    there, here = min(taken["other"]), min(taken["here"])
    return (
        f"| {rate} | {there:.1f} | {here:.1f} | {there / here:.2f} | {there / seconds:.5f} | {here / seconds:.5f} "
        f"| {_difference(corpora)} |"
    )


def _features(corpora: Path, name: str) -> Path:
    return corpora / f"work-{name}" / "data" / "ravdess" / "fbank80"


def _run(checkout: Path, corpora: Path, work: Path, stage: str) -> float:
    """CPU seconds of a stage."""
    command = ["bash", str(checkout / "run.sh"), "--recipe", "ravdess", "--corpus-root", str(corpora)]
    command += ["--workdir", str(work), "--stage", stage, "--stop-stage", stage]
    command += ["--set", "runs.single.ood=[noise]", "--set", "runs.near.ood=[noise]"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(checkout)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _difference(corpora: Path) -> str:
    theirs, ours = (_features(corpora, name) for name in ("other", "here"))
    digests = [hashlib.sha256((folder / "feats.ark").read_bytes()).digest() for folder in (theirs, ours)]
    if digests[0] == digests[1]:
        return "none: the same arks to the byte"
    places = [ark.read_scp(folder / "feats.scp") for folder in (theirs, ours)]
    found = [np.abs(ark.read(*places[0][key]) - ark.read(*places[1][key])) for key in places[1]]
    return f"{max(float(each.max()) for each in found):.2g}, mean {np.mean([each.mean() for each in found]):.2g}"


def _report(lines: list[str], other: Path, times: int) -> str:
    revisions = [
        subprocess.run(
            ["git", "-C", str(place), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for place in (other, ROOT)
    ]
    cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    return f"""\
# Stage 2, before and after

`python -m utils.bench.features FOLDER --corpus-root DIR --other CHECKOUT --times {times}` on {date.today()}: revision \
{revisions[0]} against {revisions[1]}; {platform.system()} {platform.machine()}, {cores}, Python \
{platform.python_version()}.

{ABOUT.format(times=times)}

| rate in Hz | CPU s before | CPU s after | times as fast | RTF before | RTF after | difference |
|---|---|---|---|---|---|---|
""" + "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    main()

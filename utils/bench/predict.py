"""Times a bundle by torch and by ONNX side by side: real-time factors on one thread, and a cold process's first result.

    python -m utils.bench.predict BUNDLE RECORDING [--rounds 5]

Both engines see the same samples in turn, round by round, so that whatever else the machine does hits both. Medians, by
the wall and by the process's own CPU time; a cold process is `sernet predict BUNDLE RECORDING`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

import sernet
from sernet.audio.resample import resample

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ("onnx", "torch")
SECONDS = (1, 3, 10, 60, 600)
GOALS = "500 times real time on one core; first result of a cold process within 2 s (onnx), 5 s (torch)"


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds that ``work`` takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def cold(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a process from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    """Of wall and CPU seconds."""
    return statistics.median(wall for wall, _ in found), statistics.median(cpu for _, cpu in found)


def main() -> int:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="made with sernet export --onnx")
    parser.add_argument("recording", type=Path, help="repeated or cut to each length")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    models = {name: sernet.load(options.bundle, engine=name, threads=1) for name in ENGINES}
    rate = models["onnx"].bundle.contents.features.sample_rate
    samples, own = soundfile.read(options.recording, dtype="float32", always_2d=True)
    samples = resample(np.ascontiguousarray(samples[:, 0]), own, rate)
    cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{options.recording.name} at {rate} Hz, one thread, {cores}; goals: {GOALS}\n")
    print("| seconds | engine | times real time (wall) | (CPU) |\n|---|---|---|---|")
    for seconds in SECONDS:
        heard = np.resize(samples, seconds * rate)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ENGINES}
        for turn in range(options.rounds + 1):
            for name, model in models.items():
                times = timed(partial(model.predict, heard, rate))
                found[name] += [times] if turn else []  # the first warms up
        for name in ENGINES:
            wall, cpu = medians(found[name])
            print(f"| {seconds} | {name} | {seconds / wall:.0f} | {seconds / cpu:.0f} |", flush=True)
    print("\n| cold process | seconds (wall) | (CPU) |\n|---|---|---|")
    command = [
        sys.executable,
        "-m",
        "sernet.cli",
        "predict",
        str(options.bundle.resolve()),
        str(options.recording.resolve()),
    ]
    runs = {name: [cold([*command, "--engine", name]) for _ in range(options.rounds)] for name in ENGINES}
    for name in ENGINES:
        wall, cpu = medians(runs[name])
        print(f"| {name} | {wall:.2f} | {cpu:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

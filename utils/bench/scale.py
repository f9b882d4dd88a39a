"""What stage 1 takes of time and memory for a large corpus: one known from a listing alone, and one with audio.

    python -m utils.bench.scale FOLDER [--listed 100000 1000000] [--audio 100000]

Makes the corpora one after the other in FOLDER (10^5 files take 6.4 GB), runs each job of stage 1 in a process of its
own, says how long it took and its peak memory, writes SCALE.md beside this file, and removes what it made.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import platform
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from local import prepare
from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import load_recipe
from sernet.draws import generator
from sernet.experiment import Experiment
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import write_text
from sernet.pipeline.options import parse
from sernet.pipeline.progress import track
from sernet.pipeline.stamps import Job, Stamps

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RATE = 16000
SPEAKERS = 2000
EMOTIONS = ("anger", "fear", "happiness", "neutral", "sadness")
CORPUS = """\
name: {name}
title: Synthetic, {name}
source: utils/bench/scale.py
licence: none
how_to_get: utils/bench/scale.py makes it.
language: en
{pattern}maps:
  emotion: {{anger: anger, fear: fear, happiness: happiness, neutral: neutral, sadness: sadness}}
"""
PATTERN = "pattern: '(?P<speaker>s\\d+)/(?P<emotion>[a-z]+)_\\d+\\.wav'\n"
RECIPE = """\
title: Scale
runs:
  {name}:
    corpora: [{name}]
    classes: [anger, fear, happiness, neutral, sadness]
    protocol: {{kind: speaker-groups, groups: 5}}
systems: {{msac: {{model: {{attributes: {{gender: {{control: 'off'}}}}}}}}}}
"""
PREPARE = """\
from sernet.corpus.entries import Audio, Entry

LISTS = ("listing.tsv",)


def prepare(root):
    with open(root / "listing.tsv", encoding="utf-8") as lines:
        for line in lines:
            path, speaker, gender, emotion, samples, digest = line.split()
            audio = Audio(16000, int(samples), 1, digest)
            yield Entry(path, speaker=speaker, gender=gender, emotion_raw=emotion, text=path, audio=audio)
"""


ABOUT = """\
`listed` is known from a listing that a prepare.py yields line by line, with lengths and digests, so no audio is read. \
`heard` lies there as 16 kHz 16-bit WAV, one file an utterance; all of it is read, checked and digested. \
`prepare` is the whole job: names, audio, Lhotse manifests, Kaldi directory, and the checks of both against each \
other. Each job ran in a process of its own and uses one core: utterances a second of a core are those by CPU seconds, \
for seconds by the clock hang on what else the machine did. Memory is the peak of the process; Lhotse and what it \
imports are 250 MB of that of `prepare`, and at most seven tables that are sorted on disk have a cache of 32 MB each."""


@dataclass(frozen=True)
class Measured:
    """One job: seconds by the clock and of one core, and the most memory it had, in MB."""

    corpus: str
    utterances: int
    what: str
    wall: float
    cpu: float
    memory: float


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for what it makes; removed at the end")
    sizes: dict[str, Any] = {"type": int, "nargs": "*", "metavar": "N"}
    parser.add_argument("--listed", default=[100_000, 1_000_000], help="utterances of corpora without audio", **sizes)
    parser.add_argument("--audio", default=[100_000], help="utterances of corpora with audio", **sizes)
    parser.add_argument("--report", type=Path, default=HERE / "SCALE.md")
    options = parser.parse_args()
    folder = options.folder.resolve()
    if folder.exists():
        sys.exit(f"{folder} is there already; name a folder that is not")
    listed, audio = (" ".join(map(str, sizes)) for sizes in (options.listed, options.audio))
    command = f"python -m utils.bench.scale FOLDER --listed {listed} --audio {audio}"
    found: list[Measured] = []
    try:
        for measured in _bench(folder, options.listed, options.audio):
            found.append(measured)
            write_text(options.report, _report(found, command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(options.report)


def _bench(folder: Path, listed: list[int], audio: list[int]) -> Iterator[Measured]:
    for name, number in [*(("listed", number) for number in listed), *(("heard", number) for number in audio)]:
        shutil.rmtree(folder, ignore_errors=True)
        experiment = _experiment(folder, name, number)
        argv = ["--recipe", name, "--stage", "1", "--stop-stage", "1", "--workdir", str(folder / "work")]
        request = parse(argv, folder)
        for phase in prepare.jobs(experiment, request, lambda _: "bench"):
            for job in phase:
                for what, do in (("the driver's plan", _plan), ("its audio alone", _listen), (job.name, _run)):
                    if do is _run or (name == "heard" and job.name == f"prepare {name}"):
                        yield _in_a_process(name, number, what, do, job)


def _experiment(folder: Path, name: str, number: int) -> Experiment:
    recipe, root = folder / "egs" / name, folder / "corpora" / name
    (recipe / "conf").mkdir(parents=True)
    root.mkdir(parents=True)
    listed = name == "listed"
    (recipe / "corpus.yaml").write_text(CORPUS.format(name=name, pattern="" if listed else PATTERN))
    (recipe / "conf" / "recipe.yaml").write_text(RECIPE.format(name=name))
    if listed:
        (recipe / "prepare.py").write_text(PREPARE)
    (_make_listing if listed else _make_audio)(root, number)
    return Experiment(load_recipe(folder / "egs", name, {}), folder / "work", corpus_root=folder / "corpora")


def _make_listing(root: Path, number: int) -> None:
    with open(root / "listing.tsv", "w", encoding="utf-8") as lines:
        for index, speaker, emotion in _utterances(number):
            gender = "female" if speaker % 2 else "male"
            digest = hashlib.sha256(str(index).encode()).hexdigest()
            path = f"s{speaker:04}/{emotion}_{index:07}.wav"
            lines.write(f"{path} s{speaker:04} {gender} {emotion} {RATE + index % (2 * RATE)} {digest}\n")


def _make_audio(root: Path, number: int) -> None:
    noise = (3000 * generator("scale").standard_normal(4 * RATE + number)).astype(np.int16)
    for index, speaker, emotion in track(_utterances(number), number, "writing audio"):
        path = root / f"s{speaker:04}" / f"{emotion}_{index:07}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, noise[index : index + RATE + index % (2 * RATE)], RATE)


def _utterances(number: int) -> Iterator[tuple[int, int, str]]:
    for index in range(number):
        yield index, index * 7919 % SPEAKERS, EMOTIONS[(index + index // SPEAKERS) % len(EMOTIONS)]


def _in_a_process(corpus: str, number: int, what: str, do: Callable[[Job], None], job: Job) -> Measured:
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue()
    start = time.monotonic()
    process = context.Process(target=_measure, args=(do, job, queue))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{job.name}: {what} failed")
    wall = time.monotonic() - start
    cpu, memory = queue.get()
    found = Measured(corpus, number, what, wall, cpu, memory)
    print(found, flush=True)
    return found


def _measure(do: Callable[[Job], None], job: Job, queue: Any) -> None:
    do(job)
    used = resource.getrusage(resource.RUSAGE_SELF)
    queue.put((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))


def _run(job: Job) -> None:
    prepare.run(job)


def _plan(job: Job) -> None:
    """What the driver does to know whether the job is stale, for the first time: digests of all inputs."""
    base = job.stamp.parents[2]
    files = FileDigests(base / "digests.json")
    Stamps(files, ModuleDigests(ROOT), base).expected(job)
    files.save()


def _listen(job: Job) -> None:
    """Every file read whole, its samples checked and digested."""
    from sernet.corpus import manifests
    from sernet.corpus.entries import iterate_entries

    config = validate(CorpusConfig, job.arguments["whole"], job.name)
    root = Path(job.config["root"])
    manifests.build(config, iterate_entries(config, root, Path(job.arguments["folder"])), root)


def _report(found: list[Measured], command: str) -> str:
    lines = [
        f"| {m.corpus} | {m.utterances:,} | {m.what} | {m.wall:.0f} | {m.cpu:.0f} | {m.utterances / m.cpu:,.0f} "
        f"| {m.memory:.0f} |"
        for m in found
    ]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return "\n".join(
        [
            "# Stage 1 at scale",
            "",
            f"`{command}` on {time.strftime('%Y-%m-%d')}, {machine}.",
            "",
            f"Both corpora are synthetic, by {SPEAKERS:,} speakers, of 1 to 3 s an utterance. {ABOUT}",
            "",
            "| corpus | utterances | job | wall s | CPU s | utterances/s of a core | peak MB |",
            "|---|---|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    main()

"""Runs jobs: several at a time, here or on Slurm, each with a log that starts with its command and ends with its code.

Only the driver decides what is stale; a job's own process stamps it, so that work is kept when the driver is killed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from sernet.errors import SernetError, first_of
from sernet.pipeline import cards, endings, environment
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import atomic
from sernet.pipeline.reading import read_json
from sernet.pipeline.stamps import Job, Stamps, identity_of

TAIL_LINES = 15
TAILS = 2
PATIENCE = 10.0
"""Seconds that jobs have to end by themselves."""


@dataclass(frozen=True)
class Runner:
    """How jobs are run.

    At most `at_a_time` run at once. On this machine those that use a GPU are dealt to `gpus` of them, as many to each
    as cmd.sh says. `cpu_command` and `gpu_command` are put before a job's own command (cmd.sh sets them; empty: here).
    `held` is a file descriptor that the jobs inherit: the work folder stays locked while one of them lives.
    """

    root: Path
    base: Path
    at_a_time: int
    gpus: int
    cpu_command: str = ""
    gpu_command: str = ""
    held: int | None = None

    def run(self, jobs: list[Job], expected: dict[str, dict[str, Any]]) -> None:
        """Run ``jobs``, batch by batch, ``at_a_time`` processes at once.

        Args:
            jobs: stale jobs; light ones share processes.
            expected: for each job's name what its stamp will say it was made from.

        Raises:
            SernetError: there are not so many GPUs; or one or more failed, raised when all others are done. The end of
                each failing log is shown.
        """
        gpus = self.check(jobs)
        for job in jobs:
            # What they stand for is about to change: a killed run goes on with the same command, without --force.
            job.stamp.unlink(missing_ok=True)
        waiting = [_Process(self, batch, expected) for batch in _batches(jobs, self.at_a_time)]
        started, total = len(waiting), len(jobs)
        running: list[_Process] = []
        failed: list[_Process] = []
        with tqdm(total=total, unit="job", disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False) as bar:
            try:
                while waiting or running:
                    self._start(waiting, running, gpus)
                    time.sleep(0.05)
                    if running and not bar.disable:
                        bar.set_postfix_str(running[0].last_line())
                    for process in [p for p in running if p.ended()]:
                        running.remove(process)
                        if gpus and process.card:
                            gpus.give_back(process.card)
                        bar.update(len(process.jobs))
                        if process.code:
                            failed.append(process)
                        message = f"  {process.outcome()}"
                        bar.write(message) if sys.stderr.isatty() else print(message, flush=True)
            except BaseException:
                _stop(running)
                raise
        if failed:
            tails = "\n".join(process.tail() for process in failed[:TAILS])
            rest = "".join(f"\n{process.log}" for process in failed[TAILS:])
            raise SernetError(
                f"{tails}\n{len(failed)} of {started} processes failed; see above{rest and ' and in:'}{rest}"
            )

    def check(self, jobs: list[Job]) -> cards.Cards | None:
        """The GPUs that ``jobs`` are dealt to; None where they need none, or their command finds one.

        Raises:
            SernetError: there are not so many; or the command that cmd.sh puts before a job is not there.
        """
        for job in jobs:
            prefix = shlex.split(self.gpu_command if job.uses_gpu else self.cpu_command)
            if prefix and shutil.which(prefix[0]) is None:
                raise SernetError(f"{prefix[0]} is not there; install it, or correct cmd.sh (--cmd)")
        dealt = any(job.uses_gpu for job in jobs) and not self.gpu_command
        return cards.find(self.gpus, os.environ) if dealt else None

    def _start(self, waiting: list[_Process], running: list[_Process], gpus: cards.Cards | None) -> None:
        """Start those that there is room for."""
        for process in list(waiting):
            if len(running) == self.at_a_time:
                return
            card = gpus.take() if gpus and process.uses_gpu else None
            if card or not gpus or not process.uses_gpu:
                waiting.remove(process)
                running.append(process)  # first: what has begun to start is stopped, too
                process.start(card)


def _stop(processes: list[_Process]) -> None:
    """Stop all of them, whatever fails meanwhile: what made it necessary is raised, and says more."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave some behind
    try:
        for process in processes:
            process.terminate()
        end = time.monotonic() + PATIENCE
        for process in processes:
            process.wait(max(0.1, end - time.monotonic()))
        for process in processes:
            with suppress(OSError):
                process.note_stopped()
    finally:
        signal.signal(signal.SIGINT, before)


def _batches(jobs: list[Job], number: int) -> list[list[Job]]:
    """Each job alone, the light ones in ``number`` groups of neighbours."""
    light = [job for job in jobs if job.light]
    edges = [round(len(light) * i / number) for i in range(number + 1)]
    groups = [light[first:last] for first, last in zip(edges, edges[1:], strict=False) if first < last]
    return groups + [[job] for job in jobs if not job.light]


class _Process:
    """One process that does the jobs of one batch."""

    def __init__(self, runner: Runner, jobs: list[Job], expected: dict[str, dict[str, Any]]) -> None:
        self.runner, self.jobs = runner, jobs
        self.log = jobs[0].log
        self.task = self.log.with_suffix(".json")
        self.uses_gpu = any(job.uses_gpu for job in jobs)
        self.card: str | None = None
        self.code = 0
        self._expected = [expected[job.name] for job in jobs]
        self._popen: subprocess.Popen[bytes] | None = None
        self._start = 0.0

    def start(self, card: str | None) -> None:
        """Start it, on the GPU ``card`` where one is dealt."""
        self.card = card
        items = [vars(job) | {"expected": made} for job, made in zip(self.jobs, self._expected, strict=True)]
        task = {"root": self.runner.root, "base": self.runner.base, "jobs": items}
        with atomic(self.task) as temporary, open(temporary, "w", encoding="utf-8") as stream:
            # In pieces, for a job may have a million inputs; sorted, for a result may hang on the order of its keys.
            json.dump(task, stream, default=os.fspath, sort_keys=True)
        prefix = shlex.split(self.runner.gpu_command if self.uses_gpu else self.runner.cpu_command)
        command = [*prefix, sys.executable, "-m", self.jobs[0].script, str(self.task)]
        seen = {cards.VISIBLE: card or ""} if card or not self.runner.gpus else {}
        self._start = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log:
            log.write(f"# {shlex.join(command)}\n# started {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n")
            log.flush()
            self._popen = subprocess.Popen(
                command,
                cwd=self.runner.root,
                env=os.environ | seen,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=() if self.runner.held is None else (self.runner.held,),
            )

    def ended(self) -> bool:
        assert self._popen is not None
        code = self._popen.poll()
        if code is None:
            return False
        self.code = code
        self._note(f"# ended (code {code}) after {self._seconds():.1f} s")
        return True

    def terminate(self) -> None:
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Until it has ended, which it must after so many seconds."""
        if self._popen is None:
            return
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()

    def note_stopped(self) -> None:
        if self._popen is not None:
            self._note(f"# ended (code {self._popen.returncode}): stopped")

    def outcome(self) -> str:
        name = first_of([job.name for job in self.jobs], 1)
        return f"{name}: {'FAILED' if self.code else 'done'} in {self._seconds():.0f} s"

    def tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"--- the end of {self.log}", *lines[-TAIL_LINES:], "---"])

    def last_line(self) -> str:
        """What the job said last, for the bar."""
        with open(self.log, "rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 300))
            lines = log.read().decode(errors="replace").splitlines()
        said = [line for line in lines if not line.startswith("#")]
        return f"{self.jobs[0].name}: {said[-1].strip()}" if said else self.jobs[0].name

    def _seconds(self) -> float:
        return time.monotonic() - self._start

    def _note(self, line: str) -> None:
        try:
            with open(self.log, "a", encoding="utf-8") as log:
                log.write(line + "\n")
        except OSError as error:
            error.filename = error.filename or str(self.log)
            raise


def main(run: Callable[[Job], None]) -> None:
    """The main function of a stage script in a job's process: does the jobs of its task file, stamping each.

    What a job is made from is handed on as `arguments["identity"]`. An expected failure ends as one message; the
    other jobs are done all the same, and the exit code is 1.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    environment.hold()
    task = read_json(Path(sys.argv[1]))
    stamps = Stamps(FileDigests(Path(os.devnull)), ModuleDigests(Path(task["root"])), Path(task["base"]))
    failures = []
    for item in task["jobs"]:
        expected = item.pop("expected")
        item["arguments"]["identity"] = identity_of(expected)
        job = _job(item)
        try:
            _refuse_other_code(stamps.modules(job), expected["modules"])
            run(job)
            stamps.write(job, expected)
        except SernetError as error:
            failures.append(f"{job.name}: {error}")
        except OSError as error:
            failures.append(f"{job.name}: {endings.in_words(error) or traceback.format_exc()}")
        except Exception:
            failures.append(f"{job.name}: {traceback.format_exc()}")
    # Last, where the end of the log that a user is shown begins.
    with suppress(OSError):  # the disk that holds the log may be full
        print("\n".join(failures), file=sys.stderr, flush=True)
    sys.exit(1 if failures else 0)


def _refuse_other_code(now: dict[str, Any], planned: dict[str, Any]) -> None:
    """A stamp says which code made a result: it must be the code that this process is about to import."""
    changed = [name for name in now if planned.get(name) != now[name]]
    if changed:
        raise SernetError(f"{', '.join(changed)} changed since this run began; run the same command again")


def _job(item: dict[str, Any]) -> Job:
    def paths(values: Iterable[str]) -> tuple[Path, ...]:
        return tuple(Path(value) for value in values)

    item = item | {
        "stamp": Path(item["stamp"]),
        "modules": tuple(item["modules"]),
        "inputs": paths(item["inputs"]),
        "outputs": paths(item["outputs"]),
    }
    return Job(**item)

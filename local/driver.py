"""Runs the stages that were asked for, on behalf of run.sh: what is stale is done, and it says why."""

from __future__ import annotations

import importlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sernet.config.load import load_recipe
from sernet.errors import SernetError, first_of
from sernet.experiment import Experiment
from sernet.pipeline import endings, stopwatch
from sernet.pipeline.digests import FileDigests, ModuleDigests
from sernet.pipeline.files import write_json
from sernet.pipeline.jobs import Runner
from sernet.pipeline.lock import could_lock, lock
from sernet.pipeline.options import Request
from sernet.pipeline.revision import revision, user
from sernet.pipeline.stages import STAGES, Stage, needed
from sernet.pipeline.stamps import Job, Stamps
from sernet.pipeline.sweep import sweep

ROOT = Path(__file__).resolve().parents[1]


class Driver:
    """One call of run.sh."""

    def __init__(self, request: Request) -> None:
        self.request = request
        recipe = load_recipe(ROOT / "egs", request.recipe, request.settings)
        self.experiment = Experiment(
            recipe,
            Path(request.workdir),
            request.tag,
            tuple(request.seeds) if request.seeds else None,
            Path(request.corpus_root) if request.corpus_root else None,
        )
        self.files = FileDigests(self.experiment.workdir / "data" / ".digests.json", request.verify)
        self.stamps = Stamps(self.files, ModuleDigests(ROOT), self.experiment.workdir, revision(ROOT))
        self._done: set[str] = set()
        self.chosen = [s for s in STAGES if request.stage <= s.number <= request.stop_stage]

    def run(self) -> None:
        """Check the stages before the first one, then do what is stale in the chosen ones."""
        self.experiment.runs  # noqa: B018  (corpora that are not there are said before anything is made)
        for stage in needed(self.chosen):
            self._must_be_done(stage)
        held = lock(self.experiment.workdir / "exp", self.request.command)
        if left := sweep(self.experiment.folder):
            print(f"{left} half-written files of killed runs removed from {self.experiment.folder}", flush=True)
        runner = self._runner(held)
        try:
            for stage in self.chosen:
                self._do(stage, runner)
        except BaseException:
            with suppress(OSError):  # what has failed says more
                self.files.save()
            raise
        self.files.save()

    def plan(self) -> None:
        """Say which stages and jobs would run and why; make nothing.

        Raises:
            SernetError: what `run` would refuse, as far as it can be known before anything is made.
        """
        self.experiment.runs  # noqa: B018
        for stage in needed(self.chosen):
            self._must_be_done(stage)
        could_lock(self.experiment.workdir / "exp")
        unsure = None
        for stage in self.chosen:
            if unsure:
                print(f"stage {stage.number} {stage.name}: follows from stage {unsure}; known when that is done")
                self._warn(stage)
                continue
            stale = self._stale(stage)
            print(f"stage {stage.number} {stage.name}: {f'{len(stale)} to do' if stale else 'up to date'}")
            for job, reason in stale:
                print(f"  {job.name}: {reason}")
            self._refuse_overwriting(stage, stale)
            self._runner().check([job for job, _ in stale])
            if stale:
                unsure = f"{stage.number} {stage.name}"

    def _warn(self, stage: Stage) -> None:
        """Say of finished trainings behind a stage that is to be done what may become of them.

        Raises:
            SernetError: they would be overwritten whatever comes of it.
        """
        if stage.name != "train" or self.request.force:
            return
        try:
            jobs = [job for phase in self._phases(stage) for job in phase]
        except SernetError:
            return  # what they would be made from is not there yet
        finished = [job for job in jobs if job.finished]
        self._refuse_overwriting(stage, [(job, why) for job in finished if (why := self.stamps.stale(job))])
        if finished:
            print(f"  {len(finished)} finished trainings stay as long as their data do; else the run refuses them")

    def accept(self) -> None:
        """Stamp anew, in the chosen stages, what only older code has made; run nothing.

        Raises:
            SernetError: a finished training was made from other settings or inputs, or its outputs were changed.
        """
        self.experiment.runs  # noqa: B018
        make = not self.request.dry_run
        folder = self.experiment.workdir / "exp"
        could_lock(folder)
        held = lock(folder, self.request.command) if make else None
        by, when = user(ROOT), time.strftime("%Y-%m-%d")
        accepted: dict[str, None] = {}
        left: dict[str, str] = {}
        lost: dict[str, str] = {}

        def why(job: Job) -> str | None:
            if self.stamps.stale(job) is None:
                return None
            reason = self.stamps.accept(job, by, when, make)
            if reason is None:
                accepted[job.name] = None
            else:
                (lost if job.finished else left)[job.name] = reason
            return reason

        for stage in self.chosen:
            accepted.clear()
            left.clear()
            for phase in _script(stage).jobs(self.experiment, self.request, why):
                for job in phase:
                    why(job)
            done = "accepted" if make else "would be accepted"
            print(f"stage {stage.number} {stage.name}: {len(accepted)} {done}, {len(left)} to be done", flush=True)
            for name, reason in left.items():
                print(f"  {name}: {reason}")
        if held is not None:
            self.files.save()
            os.close(held)
        if lost:
            named = "".join(f"\n  {name}: {reason}" for name, reason in lost.items())
            raise SernetError(
                "--accept-code takes over what differs only in code; these finished trainings differ in more, "
                f"or are damaged:{named}"
            )

    def _runner(self, held: int | None = None) -> Runner:
        return Runner(
            ROOT,
            self.experiment.workdir,
            self.request.nj,
            self.request.ngpu,
            os.environ.get("SERNET_CPU_CMD", ""),
            os.environ.get("SERNET_GPU_CMD", ""),
            held,
        )

    def _do(self, stage: Stage, runner: Runner) -> None:
        start = time.monotonic()
        script = _script(stage)
        print(f"stage {stage.number} {stage.name}", flush=True)
        for line in script.announce(self.experiment):
            print(f"  {line}", flush=True)
        done = total = 0
        for phase in self._phases(stage):
            stale = [(job, reason) for job in phase if (reason := self._reason(job))]
            total += len(phase)
            redone = {job.name for job, _ in stale}
            self._note_versions([job for job in phase if job.name not in redone])
            if not stale:
                continue
            self._refuse_overwriting(stage, stale)
            _say(stale)
            expected = {job.name: self.stamps.expected(job) for job, _ in stale}
            runner.run([job for job, _ in stale], expected)
            self._done |= {job.name for job, _ in stale}
            done += len(stale)
        self.files.save()
        if done:
            self._note_time(stage, time.monotonic() - start if done == total else None)
        if total:
            what = f"{done} of {total} jobs done" if done else f"up to date ({total} jobs)"
            print(f"  {what} in {time.monotonic() - start:.0f} s", flush=True)
        for line in script.conclude(self.experiment):
            print(line, flush=True)

    def _note_time(self, stage: Stage, seconds: float | None) -> None:
        """Remember how long a stage took in one go (None: not in one), for the report; no result hangs on it."""
        path = self.experiment.folder / stopwatch.FILE
        known = stopwatch.read(path)
        known.pop(stage.name, None)
        write_json(path, known | ({} if seconds is None else {stage.name: round(seconds, 1)}))

    def _phases(self, stage: Stage) -> Iterator[list[Job]]:
        """A stage's jobs, in groups of which each may need the ones before it."""
        return _script(stage).jobs(self.experiment, self.request, self._reason)

    def _reason(self, job: Job) -> str | None:
        chosen = {stage.name for stage in self.chosen}
        if self.request.force and job.script.removeprefix("local.") in chosen and job.name not in self._done:
            return "forced"
        return self.stamps.stale(job)

    def _stale(self, stage: Stage) -> list[tuple[Job, str]]:
        """The stale jobs of a stage, as far as they can be known before its first stale group has been done."""
        for phase in self._phases(stage):
            stale = [(job, reason) for job in phase if (reason := self._reason(job))]
            if stale:
                return stale
        return []

    def _must_be_done(self, stage: Stage) -> None:
        stale = self._stale(stage)
        if stale:
            job, reason = stale[0]
            more = f" (and {len(stale) - 1} more)" if len(stale) > 1 else ""
            asking = next(chosen for chosen in self.chosen if stage in needed([chosen]))
            raise SernetError(
                f"stage {asking.name} needs stage {stage.number} {stage.name}, which is missing or out of "
                f"date: {job.name}: {reason}{more}. Make it: {self._command(stage)}"
            )

    def _command(self, stage: Stage) -> str:
        """The command that makes a stage, and those before it, as the user called for the rest."""
        options = ["--recipe", self.request.recipe, "--stop-stage", stage.name]
        options += ["--tag", self.request.tag] if self.request.tag else []
        options += ["--seeds", " ".join(map(str, self.request.seeds))] if self.request.seeds else []
        options += ["--corpus-root", self.request.corpus_root] if self.request.corpus_root else []
        options += ["--workdir", self.request.workdir] if Path(self.request.workdir) != ROOT else []
        options += [part for key, value in self.request.settings.items() for part in ("--set", f"{key}={value}")]
        return shlex.join(["bash", "run.sh", *options])

    def _refuse_overwriting(self, stage: Stage, stale: list[tuple[Job, str]]) -> None:
        finished = [(job, reason) for job, reason in stale if job.finished]
        if finished and not self.request.force:
            named = "".join(f"\n  {job.name}: {reason}" for job, reason in finished[:5])
            more = f"\n  and {len(finished) - 5} more" if len(finished) > 5 else ""
            raise SernetError(
                f"{len(finished)} finished trainings would be overwritten:{named}{more}\n"
                "To keep them and train anew beside them: --tag NAME. "
                f"To train them again: --force --stage {stage.name}. "
                "If only code differs (modules) and you have looked at the change and know that it does not matter: "
                "--accept-code stamps them anew, and the report says who accepted it"
            )

    def _note_versions(self, valid: list[Job]) -> None:
        for job in valid[:1]:
            differing = self.stamps.other_versions(job)
            if differing:
                print(f"  note: {job.name} and perhaps others were done with other versions: {differing}", flush=True)


def _script(stage: Stage) -> Any:
    return importlib.import_module(f"local.{stage.name}")


def _say(stale: list[tuple[Job, str]]) -> None:
    reasons: dict[str, list[str]] = {}
    for job, reason in stale:
        reasons.setdefault(reason, []).append(job.name)
    for reason, names in reasons.items():
        print(f"  {first_of(names, 1)}: {reason}", flush=True)


def main() -> None:
    """``python -m local.driver REQUEST-FILE``; exit 1 on what a person can mend, 2 on a bad key or value."""
    request = Request.read(Path(sys.argv[1]))
    Path(sys.argv[1]).unlink()

    def work() -> int:
        driver = Driver(request)
        driver.accept() if request.accept_code else driver.plan() if request.dry_run else driver.run()
        return 0

    sys.exit(endings.run("run.sh", work, "interrupted; run the same command again, without --force, to go on"))


if __name__ == "__main__":
    main()

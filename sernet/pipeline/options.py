"""The options of run.sh, parsed by the system's Python before any environment exists: standard library only."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from sernet.names import check_name
from sernet.pipeline.stages import STAGES, find

PATHS = (".root", ".protocol.path")
"""How keys end whose values are paths; they count from the folder that the caller was in."""


@dataclass(frozen=True)
class Request:
    """What the user asked for; `run.sh` hands it on as JSON."""

    recipe: str
    stage: int
    stop_stage: int
    corpus_root: str | None
    nj: int
    cmd: str
    device: str
    ngpu: int
    workdir: str
    tag: str | None
    seeds: list[int] | None
    settings: dict[str, str]
    force: bool
    dry_run: bool
    verify: bool
    accept_code: bool
    command: str

    @classmethod
    def read(cls, path: Path) -> Request:
        """The request in a JSON file."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"run.sh: {message} (bash run.sh --help lists all)\n")


class _Once(argparse.Action):
    """Store a value; refuse the option a second time."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:  # type: ignore[no-untyped-def]
        seen = namespace.__dict__.setdefault("_seen", set())
        if self.dest in seen:
            parser.error(f"{option_string} is given twice; only --set repeats")
        seen.add(self.dest)
        setattr(namespace, self.dest, values)


def _stage(text: str) -> int:
    try:
        return find(text).number
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,4}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _count(text: str) -> int:
    return 0 if text == "0" else _positive(text)


def _tag(text: str) -> str:
    try:
        return check_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seeds(text: str) -> list[int]:
    parts = text.replace(",", " ").split()
    if not parts or not all(re.fullmatch(r"\d{1,9}", part) for part in parts):
        raise argparse.ArgumentTypeError(f'{text!r} is not a list of whole numbers such as "0 1 2"')
    seeds = [int(part) for part in parts]
    if len(set(seeds)) != len(seeds):
        raise argparse.ArgumentTypeError(f"{text!r} holds a seed twice")
    return seeds


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*", key):
        raise argparse.ArgumentTypeError(f"{text!r} is not key=value, such as train.epochs=20")
    return key, value


def _path(text: str) -> str:
    """An absolute path; run.sh has changed the folder, and tells which one its caller was in."""
    return str((Path(os.environ.get("SERNET_CALLER", ".")) / Path(text).expanduser()).resolve())


def _folder(text: str) -> str:
    if not Path(_path(text)).is_dir():
        raise argparse.ArgumentTypeError(f"no such folder: {text}")
    return _path(text)


def recipes(egs: Path) -> list[str]:
    """The names of the folders that can be run (a folder without conf/recipe.yaml is a corpus only)."""
    return sorted(path.parent.parent.name for path in egs.glob("*/conf/recipe.yaml"))


def parser(root: Path) -> argparse.ArgumentParser:
    """The parser of run.sh's options; ``root`` is the folder that holds run.sh."""
    stages = "\n".join(f"  {s.number}  {s.name:<9} {s.makes}" for s in STAGES)
    p = _Parser(
        prog="bash run.sh",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Prepare, train, score and report a recipe. With no option: the recipe mini, all of it.",
        epilog=f"stages:\n{stages}\n\nA finished job is not done again; what changed is, and it says why.\n"
        f"recipes: {', '.join(recipes(root / 'egs'))}",
    )
    add = p.add_argument
    add("--recipe", default="mini", metavar="NAME", action=_Once, help="a folder of egs/ (default: mini)")
    add("--stage", type=_stage, default=0, metavar="N|name", action=_Once, help="first stage (default: 0)")
    add("--stop-stage", type=_stage, default=7, metavar="M|name", action=_Once, help="last stage (default: 7)")
    add(
        "--corpus-root",
        type=_folder,
        metavar="DIR",
        action=_Once,
        help="holds DIR/<corpus>/ (default: $SERNET_CORPORA); one alone: --set corpora.<name>.root=PATH",
    )
    add("--nj", type=_positive, default=_cores(), metavar="N", action=_Once, help="jobs at a time (default: cores)")
    add("--cmd", choices=("local", "slurm"), default="local", action=_Once, help="where jobs run; see cmd.sh")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", action=_Once, help="(default: auto)")
    add("--ngpu", type=_count, default=1, metavar="N", action=_Once, help="GPUs to deal jobs to (default: 1; 0: none)")
    add("--workdir", default=str(root), metavar="DIR", action=_Once, help="holds data/ and exp/ (default: here)")
    add("--tag", type=_tag, metavar="T", action=_Once, help="write to exp/<recipe>-T")
    add("--seeds", type=_seeds, metavar='"0 1 2"', action=_Once, help="(default: the recipe's)")
    add("--set", type=_setting, action="append", default=[], metavar="key=value", help="set a configuration key")
    add("--force", action="store_true", help="redo the chosen stages, finished trainings too")
    add("--dry-run", action="store_true", help="say what would run and why, or what would be refused; make nothing")
    add("--verify", action="store_true", help="read all files again, also those that do not look changed")
    add(
        "--accept-code",
        action="store_true",
        help="you have looked at what changed in the code, and it does not matter: stamp anew, in the chosen stages, "
        "what differs in nothing but code; run nothing. Stamps and the report say who accepted which revisions",
    )
    return p


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parse(argv: list[str], root: Path) -> Request:
    """The request in ``argv``; a fault is one line on stderr and exit 2."""
    p = parser(root)
    options = p.parse_args(argv)
    known = recipes(root / "egs")
    if options.recipe not in known:
        p.error(f"no recipe {options.recipe!r}; there are: {', '.join(known)}")
    if options.stop_stage < options.stage:
        p.error(f"--stop-stage {options.stop_stage} comes before --stage {options.stage}")
    if options.device == "cuda" and options.ngpu == 0:
        p.error("--device cuda needs a GPU, and --ngpu 0 leaves none")
    if options.accept_code and options.force:
        p.error("--accept-code keeps what is there, and --force does it again: give one of them")
    keys = [key for key, _ in options.set]
    for key in keys:
        if keys.count(key) > 1:
            p.error(f"--set {key} is given twice")
    corpora = options.corpus_root
    if corpora is None and os.environ.get("SERNET_CORPORA"):
        try:
            corpora = _folder(os.environ["SERNET_CORPORA"])
        except argparse.ArgumentTypeError as error:
            p.error(f"SERNET_CORPORA: {error}")
    return Request(
        recipe=options.recipe,
        stage=options.stage,
        stop_stage=options.stop_stage,
        corpus_root=corpora,
        nj=options.nj,
        cmd=options.cmd,
        device=options.device,
        ngpu=options.ngpu,
        workdir=_path(options.workdir),
        tag=options.tag,
        seeds=options.seeds,
        settings={key: _path(value) if key.endswith(PATHS) else value for key, value in options.set},
        force=options.force,
        dry_run=options.dry_run,
        verify=options.verify,
        accept_code=options.accept_code,
        command=_command(options),
    )


def may_use_gpu(request: Request) -> bool:
    """Whether jobs are to be sent where a GPU is; told without torch, which would take seconds to import."""
    if request.ngpu == 0:
        return False
    return request.device == "cuda" or (request.device == "auto" and shutil.which("nvidia-smi") is not None)


def _command(options: argparse.Namespace) -> str:
    """The command as it is published: what decides the result, and no path of this machine."""
    parts = ["bash", "run.sh", "--recipe", options.recipe]
    parts += ["--corpus-root", "DIR"] if options.corpus_root else []
    parts += ["--tag", options.tag] if options.tag else []
    parts += ["--seeds", " ".join(map(str, options.seeds))] if options.seeds else []
    for key, value in options.set:
        parts += ["--set", f"{key}={'PATH' if key.endswith(PATHS) else value}"]
    return shlex.join(parts)


def main() -> None:
    """``python -m sernet.pipeline.options REQUEST-FILE OPTION...`` writes the request; with --help it writes none."""
    target, *argv = sys.argv[1:]
    request = parse(argv, Path(__file__).resolve().parents[2])
    Path(target).write_text(json.dumps(asdict(request)), encoding="utf-8")


if __name__ == "__main__":
    main()

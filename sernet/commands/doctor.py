"""`sernet doctor`: what of this machine and environment sernet can use, and why not."""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ((3, 10), (3, 13))
SECONDS = 120
"""How long k2's own environment may take to say its version."""

Line = tuple[str, str, str]
"""Whether it is well ("ok", "note" or "bad"), what, and what of it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--corpus-root", metavar="DIR", help="where corpora lie; default: $SERNET_CORPORA")


def run(options: argparse.Namespace) -> int:
    """Print a line for each thing that was looked at; 1 where something that sernet needs is not there."""
    lines = []
    for part in (_python(), _libraries(), _torch(), _audio(), _k2(), _corpora(options.corpus_root)):
        for line in part:
            lines.append(line)
            print(f"{line[0]:4}  {line[1]}: {line[2]}", flush=True)
    bad = [what for state, what, _ in lines if state == "bad"]
    print(f"\n{'not well: ' + ', '.join(bad) if bad else 'all that sernet needs is here'}")
    return 1 if bad else 0


def _python() -> Iterator[Line]:
    low, high = (".".join(map(str, version)) for version in PYTHON)
    well = PYTHON[0] <= sys.version_info[:2] <= PYTHON[1]
    told = f"{platform.python_version()} ({sys.executable})"
    yield (
        ("ok", "Python", told)
        if well
        else ("bad", "Python", f"{told}; sernet needs {low} to {high}: set SERNET_PYTHON")
    )
    yield "ok", "machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"


def _libraries() -> Iterator[Line]:
    """Each requirement against what is installed."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8") if (ROOT / "requirements.txt").exists() else ""
    pins = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", text, re.MULTILINE))
    if not pins and _installed("sernet"):  # installed as a package, without the repository
        pins = {re.split(r"[<>=!~ ;\[]", text)[0]: "" for text in metadata.requires("sernet") or []}
    for name, wanted in pins.items():
        have = _installed(name)
        if have is None:
            yield "bad", name, f"not installed; pip install -r {ROOT / 'requirements.txt'}"
        elif wanted and have.split("+")[0] != wanted:
            yield "note", name, f"{have}; requirements.txt was tested with {wanted}"
        else:
            yield "ok", name, have


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _torch() -> Iterator[Line]:
    try:
        import torch
    except ImportError as error:
        yield "bad", "torch", f"cannot be imported: {error}"
        return
    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
        yield "ok", "CUDA", f"{torch.version.cuda}, {names}"
    else:
        built = f"torch is built for CUDA {torch.version.cuda}" if torch.version.cuda else "torch is built without CUDA"
        yield "note", "CUDA", f"no device ({built}); --device auto takes the CPU"
    from sernet.train.trainer import bf16_helps

    precision = "bf16" if bf16_helps("cuda" if torch.cuda.is_available() else "cpu") else "float32"
    yield "ok", "precision", f"train.precision auto is {precision} here ({torch.get_num_threads()} threads of torch)"


def _audio() -> Iterator[Line]:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        yield "bad", "audio", f"soundfile cannot be loaded: {error}"
        return
    kinds = sorted(soundfile.available_formats())
    wanted = {"WAV", "FLAC", "OGG", "MP3"}
    told = f"{soundfile.__libsndfile_version__} reads {', '.join(kinds)}"
    yield "ok" if wanted <= set(kinds) else "note", "audio", told


def _k2() -> Iterator[Line]:
    from sernet.errors import SernetError
    from sernet.timeline.decode import HOW_TO_GET_K2, choose, k2_environment, k2_problem, k2_python

    problem = k2_problem()
    if problem is None:
        yield "ok", "k2", f"{_installed('k2')} in this environment"
    else:
        yield "note", "k2 in this environment", problem
    try:
        python = k2_python()
    except SernetError as error:
        yield "bad", "k2's own environment", str(error)
        return
    if python is None:
        yield "note", "k2's own environment", f"none. {HOW_TO_GET_K2}"
    else:
        program = "import k2, torch, importlib.metadata as m; print(m.version('k2'), 'with torch', torch.__version__)"
        command = [str(python), "-c", program]
        try:
            done = subprocess.run(command, env=k2_environment(), capture_output=True, text=True, timeout=SECONDS)
            said = (done.stdout if not done.returncode else done.stderr).strip().splitlines()[-1:]
            failed = bool(done.returncode)
        except (OSError, subprocess.TimeoutExpired) as error:
            said, failed = [str(error)], True
        yield "bad" if failed else "ok", f"k2's own environment ({python})", "".join(said)
    chosen = choose("auto")
    yield "ok", "decoder auto", f"{chosen.name}, because {chosen.why}"


def _corpora(given: str | None) -> Iterator[Line]:
    from sernet.config.yaml_reading import read_yaml

    root = given or os.environ.get("SERNET_CORPORA")
    if not root:
        yield "note", "corpora", "neither --corpus-root nor SERNET_CORPORA names a folder; mini needs none"
        return
    if not Path(root).is_dir():
        yield "bad", "corpora", f"{root} is no folder; correct SERNET_CORPORA or --corpus-root"
        return
    known: dict[str, str] = {}
    for path in sorted((ROOT / "egs").glob("*/corpus.yaml")):
        raw = read_yaml(path)
        for entry in raw if isinstance(raw, list) else [raw]:
            known.setdefault(str(entry.get("folder") or entry.get("name")), str(entry.get("title")))
    for folder in sorted(path for path in Path(root).iterdir() if path.is_dir()):
        if title := known.get(folder.name):
            yield "ok", f"corpus {folder.name}", f"{title} in {folder}"
        else:
            yield "note", f"corpus {folder.name}", f"no recipe in egs/ knows it ({folder})"

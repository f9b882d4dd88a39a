"""Writes a prepared corpus (data/<corpus>) for others to read. See export_corpus.sh."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from sernet.config.load import load_corpus
from sernet.errors import SernetError, UsageError
from utils.caller import callers

ROOT = Path(__file__).resolve().parents[1]
KINDS = {
    "kaldi": "a Kaldi data directory: OUT is a folder",
    "cutset": "a Lhotse CutSet: OUT is a file *.jsonl.gz",
    "csv": "a line an utterance: OUT is a file *.csv",
    "audformat": "an audformat database, tables as CSV: OUT is a folder",
    "audiofolder": "audio with metadata.csv, as Hugging Face has it: OUT is a folder",
}


def main(argv: Sequence[str] | None = None, egs: Path = ROOT / "egs") -> int:
    """The command line of export_corpus.sh; the exit code: 1 where something is wrong, 2 for a bad option."""
    kinds = "\n".join(f"  {kind:<12} {text}" for kind, text in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="bash utils/export_corpus.sh",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
        epilog=f"kinds:\n{kinds}",
    )
    add = parser.add_argument
    add("corpus", help="one that stage 1 has prepared")
    add("kind", choices=tuple(KINDS), help="see below")
    add("out", help="a file or folder that is not there yet")
    add("--copy", action="store_true", help="audformat, audiofolder: copy whole files; default: link to them")
    add("--workdir", default=str(ROOT), metavar="DIR", help="holds data/ (default: here)")
    options = parser.parse_args(argv)
    try:
        return _run(options, egs)
    except SernetError as error:
        print(f"export_corpus.sh: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _run(options: argparse.Namespace, egs: Path) -> int:
    out = callers(options.out)
    if out.exists():
        raise SernetError(f"{out} is there already, and is left as it is")
    config, _ = load_corpus(egs, options.corpus)
    folder = callers(options.workdir) / "data" / options.corpus
    importlib.import_module(f"sernet.corpus.exports.{options.kind}").write(folder, out, options.copy, config)
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

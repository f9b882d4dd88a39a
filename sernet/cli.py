"""`sernet NAME ...`: what a user does beside the recipes."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import NoReturn

from sernet.pipeline import endings

COMMANDS = {
    "compare": "experiments side by side, with paired intervals",
    "timeline": "emotion over time in long recordings",
    "export": "a trained model as a bundle that needs no recipe",
    "predict": "emotions of files, folders, wav.scp or a CutSet, by a bundle",
    "doctor": "what of this machine and environment sernet can use, and why not",
}
"""Each is a module of sernet/commands."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help tells more)\n")


def main(argv: list[str] | None = None) -> int:
    """Run one command; only its own module is imported.

    Returns:
        The exit code: the command's own, 1 on what a person can mend, 2 on a bad option or value.
    """
    argv = sys.argv[1:] if argv is None else argv
    name = next((word for word in argv[:1] if word in COMMANDS), None)
    parser = _Parser(prog="sernet", allow_abbrev=False, description="Speech emotion recognition: beside the recipes.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, text in COMMANDS.items():
        own = commands.add_parser(command, help=text, description=text, allow_abbrev=False)
        if command == name:
            importlib.import_module(f"sernet.commands.{command}").arguments(own)
    options = parser.parse_args(argv)

    def work() -> int:
        return int(importlib.import_module(f"sernet.commands.{options.command}").run(options))

    return endings.run(f"sernet {name}", work, "interrupted")


if __name__ == "__main__":
    sys.exit(main())

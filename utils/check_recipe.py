"""Holds one folder of egs/ to the contract that all keep. See check_recipe.sh."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sernet import contract
from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import corpora_in, load_recipe
from sernet.corpus.entries import Entry, read_entries
from sernet.errors import SernetError, UsageError
from utils.caller import callers

ROOT = Path(__file__).resolve().parents[1]


class Findings:
    """Prints each check with what it found."""

    def __init__(self) -> None:
        self.broken = 0

    def hold(self, title: str, check: Callable[[], list[str]]) -> bool:
        """Whether ``check`` finds nothing; what it finds, or raises, is printed under ``title``."""
        try:
            faults = check()
        except SernetError as error:
            faults = str(error).splitlines()
        print(f"{'no ' if faults else 'ok '} {title}")
        for fault in faults:
            print(f"      {fault}")
        self.broken += bool(faults)
        return not faults

    def skip(self, title: str, why: str) -> None:
        """Say what is not tried."""
        print(f"--  {title}: {why}")


def main(argv: Sequence[str] | None = None, egs: Path = ROOT / "egs") -> int:
    """The command line of check_recipe.sh; the exit code: 1 where the contract is broken, 2 for a bad option."""
    parser = argparse.ArgumentParser(prog="bash utils/check_recipe.sh", allow_abbrev=False, description=__doc__)
    parser.add_argument("name", help="a folder of egs/")
    parser.add_argument(
        "--corpus-root", metavar="DIR", help="holds the corpora (default: $SERNET_CORPORA); without: names alone"
    )
    options = parser.parse_args(argv)
    given = options.corpus_root or os.environ.get("SERNET_CORPORA")
    try:
        return check(egs, options.name, callers(given) if given else None)
    except SernetError as error:
        print(f"check_recipe.sh: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def check(egs: Path, name: str, corpus_root: Path | None) -> int:
    """Run every check on egs/<name>; 1 where one fails.

    Raises:
        UsageError: there is no such folder.
    """
    folder = egs / name
    if not folder.is_dir():
        there = ", ".join(sorted(path.name for path in egs.iterdir() if path.is_dir()))
        raise UsageError(f"no folder {folder}; there are: {there}")
    found = Findings()
    found.hold("it is a corpus or a recipe, with a README", lambda: contract.folder(folder))
    found.hold("no two corpora have one name", lambda: contract.names(egs))
    if (folder / "corpus.yaml").exists():
        _corpora(found, folder, corpus_root)
    if (folder / "conf" / "recipe.yaml").exists():
        found.hold("run.sh hands everything to the driver", lambda: contract.script(folder / "run.sh"))
        _recipe(found, egs, name, corpus_root)
    print(f"{name}: {f'{found.broken} checks fail' if found.broken else 'keeps the contract'}")
    return 1 if found.broken else 0


def _corpora(found: Findings, folder: Path, corpus_root: Path | None) -> None:
    configs: list[CorpusConfig] = []

    def load() -> list[str]:
        configs.extend(validate(CorpusConfig, raw, str(folder / "corpus.yaml")) for raw in corpora_in(folder))
        return []

    if not found.hold("corpus.yaml loads", load):
        return
    for config in configs:
        found.hold(f"{config.name} says where it comes from, and its licence", partial(contract.provenance, config))
        found.hold(f"{config.name}: expected counts agree with the labels", partial(contract.expected, config))
        found.hold(f"{config.name}: published folds name their source", partial(contract.published, config))
        root = corpus_root / (config.folder or config.name) if corpus_root else None
        title = f"{config.name}: every name is read, and the counts are as expected"
        if config.synthesis:
            found.skip(title, "stage 0 makes it")
        elif root is None or not root.is_dir():
            found.skip(title, f"{root} is not there" if root else "no --corpus-root is given")
        else:
            found.hold(title, partial(_counts, config, root, folder))


def _counts(config: CorpusConfig, root: Path, folder: Path) -> list[str]:
    return contract.counts(config, read_entries(config, root, folder))


def _recipe(found: Findings, egs: Path, name: str, corpus_root: Path | None) -> None:
    loaded = []

    def load() -> list[str]:
        loaded.append(load_recipe(egs, name, {}))
        return contract.classes(loaded[0])

    if not found.hold("the recipe loads, with classes that its corpora have", load):
        return
    (recipe,) = loaded
    title = "every fold can be trained and tested"
    used = {corpus for run in recipe.config.runs.values() for corpus in (*run.corpora, *run.test_on)}
    roots = {corpus: (corpus_root or Path()) / (recipe.corpora[corpus].folder or corpus) for corpus in sorted(used)}
    absent = [corpus for corpus, root in roots.items() if corpus_root is None or not root.is_dir()]
    if absent:
        found.skip(title, f"{', '.join(absent)} not there" if corpus_root else "no --corpus-root is given")
        return

    def folds() -> list[str]:
        assert corpus_root is not None
        entries: dict[str, list[Entry]] = {
            corpus: read_entries(recipe.corpora[corpus], root, recipe.folders[corpus]) for corpus, root in roots.items()
        }
        return contract.folds(recipe, entries, corpus_root)

    found.hold(title, folds)


if __name__ == "__main__":
    sys.exit(main())

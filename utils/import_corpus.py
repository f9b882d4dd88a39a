"""Makes egs/NAME of a corpus that is described elsewhere; stage 1 then reads it where it lies. See import_corpus.sh."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sernet.corpus import scaffold
from sernet.corpus.imports.csv import NAMES
from sernet.corpus.imports.sources import KINDS, kind_of, source
from sernet.errors import SernetError, UsageError
from utils.caller import callers
from utils.recipe_folder import add_options, by_person, check_name, facts, finish, meanings, speaker_names

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None, egs: Path = ROOT / "egs") -> int:
    """The command line of import_corpus.sh; the exit code: 1 where something is wrong, 2 for a bad option."""
    options = _parser().parse_args(argv)
    try:
        return _run(options, egs)
    except SernetError as error:
        print(f"import_corpus.sh: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _parser() -> argparse.ArgumentParser:
    kinds = "\n".join(f"  {kind:<12} {text}" for kind, text in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="bash utils/import_corpus.sh",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
        epilog=f"kinds:\n{kinds}",
    )
    add = parser.add_argument
    add("name", help="of the corpus: small letters, digits and _")
    add("path", metavar="SOURCE", help="a file or folder of a kind below")
    add("--kind", choices=tuple(KINDS), help="(default: by what is there)")
    add("--column", action="append", default=[], metavar="FIELD=NAME", help=f"in CSV (repeats): {', '.join(NAMES)}")
    add("--table", action="append", default=[], metavar="NAME", help="of an audformat database (repeats)")
    add("--emotion", metavar="NAME", help="the key of the label in a CutSet's custom, or an audformat column")
    add_options(parser)
    return parser


def _run(options: argparse.Namespace, egs: Path) -> int:
    check_name(options.name, egs, options.dry_run)
    path = callers(options.path)
    columns = {}
    for text in options.column:
        field, _, name = text.partition("=")
        columns[field] = name
    found = source(path, options.name, options.kind or kind_of(path), columns, options.table, options.emotion)
    print(f"{path}: {KINDS[found.kind]}\nread by {' '.join(found.call.split())}")
    listed = list(found.entries())
    if not listed:
        raise SernetError(f"{path}: names no utterances")
    names = speaker_names(options)
    entries = by_person(listed, names)
    notes = []
    if len(entries) < len(listed):
        notes.append(f"{len(listed) - len(entries)} lines stand there again, word for word, and are read once")
    if endless := sum(entry.start > 0 and entry.duration is None for entry in entries):
        notes.append(f"{endless} pieces have a start, no end and no duration: each goes to the end of its file")
    if all(entry.emotion_raw is None for entry in entries):
        notes.append("it names no emotions")
    if any(entry.speaker is None for entry in entries):
        nameless = sum(entry.speaker is None for entry in entries)
        notes.append(f"{nameless} utterances without a speaker: nobody can tell on which side of a split they belong")
    draft = scaffold.draft(
        options.name,
        entries,
        meanings(entries, options.label),
        **{
            "folder": found.root.name,
            "channel": found.channel,
            "prepare": found.call,
            "lists": found.lists,
            "notes": tuple(notes),
            "speaker_names": names,
            **found.about,
            **facts(options),
        },
    )
    return finish(draft, entries, egs, found.root, options.dry_run)


if __name__ == "__main__":
    sys.exit(main())

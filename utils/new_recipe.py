"""Looks at a folder of audio, shows how its names would be read, and writes egs/NAME. See new_recipe.sh."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.load import corpora_in
from sernet.corpus import scaffold
from sernet.corpus.entries import Entry
from sernet.corpus.folder import listing
from sernet.corpus.imports.common import GENDERS
from sernet.corpus.names import same_form
from sernet.corpus.propose import like, propose
from sernet.corpus.roles import INTENSITIES, Part
from sernet.corpus.scaffold import FILL_IN, Label
from sernet.errors import SernetError, UsageError, first_of
from utils.caller import callers
from utils.recipe_folder import add_options, by_person, check_name, facts, finish, meanings, speaker_names, table

ROOT = Path(__file__).resolve().parents[1]
ROLES = ("emotion", "speaker", "gender", "intensity", "text", "session", "split")
SHOWN = 3


@dataclass(frozen=True)
class Reading:
    """How the names are read."""

    pattern: str
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    genders: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    ignore: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def main(argv: Sequence[str] | None = None, egs: Path = ROOT / "egs") -> int:
    """The command line of new_recipe.sh; the exit code: 1 where something is open or wrong, 2 for a bad option."""
    options = _parser().parse_args(argv)
    try:
        return _run(options, egs)
    except SernetError as error:
        print(f"new_recipe.sh: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bash utils/new_recipe.sh", allow_abbrev=False, description=__doc__)
    add = parser.add_argument
    add("name", help="of the corpus: small letters, digits and _")
    add("folder", help="holds the audio; its name need not be the corpus's")
    for role in ROLES:
        add(f"--{role}-group", metavar="N|none", type=_number, default=0, help=f"the field that is the {role}")
    add("--pattern", metavar="REGEX", help="read names by this regular expression with named groups instead")
    add("--like", metavar="CORPUS|none", help="read names as this corpus of egs/ does; none: take them apart afresh")
    add("--ignore", action="append", default=[], metavar="REGEX", help="audio that is not part of it (repeats)")
    add_options(parser)
    return parser


def _number(text: str) -> int | None:
    if text == "none":
        return None
    if not text.isdecimal() or text == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a field, nor none")
    return int(text)


def _run(options: argparse.Namespace, egs: Path) -> int:
    root = callers(options.folder)
    check_name(options.name, egs, options.dry_run)
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder")
    ignored = [_compiled(text, "--ignore") for text in options.ignore]
    there = listing(root)
    paths = [path for path in map(same_form, there.audio) if not any(pattern.fullmatch(path) for pattern in ignored)]
    if not paths:
        raise SernetError("; ".join([f"{root}: no audio files in it", *there.left_out]))
    print("\n".join([f"{len(paths)} audio files in {root}", *there.left_out]))
    reading = _by_pattern(options, paths) if options.pattern else _as_known(options, egs, paths)
    reading = reading or _afresh(options, paths)
    names = speaker_names(options)
    entries = by_person(list(_entries(reading, paths)), names)
    draft = scaffold.draft(
        options.name,
        entries,
        {**meanings(entries, []), **reading.labels, **_given(entries, options.label)},
        **{
            "folder": root.name,
            "pattern": reading.pattern,
            "ignore": (*options.ignore, *reading.ignore),
            "maps": reading.maps,
            "language": reading.language,
            "notes": reading.notes,
            "speaker_names": names,
            **facts(options),
        },
    )
    return finish(draft, entries, egs, root, options.dry_run)


def _given(entries: Sequence[Entry], given: Sequence[str]) -> dict[str, Label]:
    named = {text.rpartition("=")[0] for text in given}
    return {raw: label for raw, label in meanings(entries, given).items() if raw in named}


def _compiled(text: str, option: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"{option} {text}: not a regular expression: {error}") from error


def _by_pattern(options: argparse.Namespace, paths: Sequence[str]) -> Reading:
    compiled = _compiled(options.pattern, "--pattern")
    strangers = [path for path in paths if not compiled.fullmatch(path)]
    if strangers:
        raise SernetError(_strange(strangers))
    return Reading(options.pattern)


def _as_known(options: argparse.Namespace, egs: Path, paths: Sequence[str]) -> Reading | None:
    """The reading of a corpus of egs/ whose names these are; None to take them apart.

    Raises:
        SernetError: these are the names of a corpus that is there, and nobody has said whether to read them so.
    """
    if options.like == "none" or any(getattr(options, f"{role}_group") != 0 for role in ROLES):
        return None
    corpora = list(_corpora(egs, options.like))
    found = like(paths, corpora)
    if found is None:
        if options.like:
            raise SernetError(f"--like {options.like}: these are not its file names: {', '.join(paths[:SHOWN])}")
        return None
    config, pattern = found
    if not options.like:
        own = f"bash run.sh --recipe {config.name} --set corpora.{config.name}.root={callers(options.folder)}"
        place = f"and egs/{config.name} reads them: {own}." if pattern == config.pattern else "in other folders."
        raise SernetError(
            f"these are the file names of {config.name} ({config.title}), {place} "
            f"To make a recipe that reads them so: --like {config.name}; to have them taken apart afresh: --like none"
        )
    why, groups = f"as in egs/{config.name}", set(re.compile(pattern).groupindex)
    return Reading(
        pattern,
        {group: table for group, table in config.maps.items() if group in groups - {"emotion"}},
        {raw: Label(emotion, why) for raw, emotion in config.maps["emotion"].items()},
        config.speakers,
        config.language,
        ignore=tuple(config.ignore),
    )


def _corpora(egs: Path, name: str | None) -> Iterator[CorpusConfig]:
    there = []
    for path in sorted(egs.glob("*/corpus.yaml")):
        try:
            for raw in corpora_in(path.parent):
                there.append(str(raw.get("name")))
                if name in (None, there[-1]):
                    yield validate(CorpusConfig, raw, str(path))
        except UsageError as error:
            print(f"passed over: {error}", file=sys.stderr)
    if name and name not in there:
        raise UsageError(f"--like {name}: no such corpus; there are: {', '.join(sorted(there))}")


def _afresh(options: argparse.Namespace, paths: Sequence[str]) -> Reading:
    """What the names bear out.

    Raises:
        SernetError: they leave something open; says which option answers it.
    """
    roles = {role: number for role in ROLES if (number := getattr(options, f"{role}_group")) != 0}
    found = propose(paths, roles)
    _show(found.parts, paths)
    print(f"\npattern: {found.pattern}")
    questions = list(found.questions)
    if found.strangers:
        questions.append(_strange(found.strangers))
    if questions and not options.dry_run:
        raise SernetError("nothing is written yet. Please say:" + "".join(f"\n  - {line}" for line in questions))
    for question in questions:
        print(f"open: {question}")
    maps = {}
    for part in found.parts:
        values = sorted(set(part.field.values))
        if part.role == "intensity" and all(value.lower() in INTENSITIES for value in values):
            maps["intensity"] = {value: INTENSITIES[value.lower()] for value in values}
        if part.role == "gender":
            maps["gender"] = {value: GENDERS.get(value.lower(), FILL_IN) for value in values}
    notes = [
        f"{p.role}: {p.why}" for p in found.parts if p.role in ("text", "intensity", "session", "split") and p.number
    ]
    return Reading(found.pattern, maps, found.labels, found.genders, notes=tuple(notes))


def _strange(strangers: Sequence[str]) -> str:
    return (
        f"{len(strangers)} files are named otherwise: {first_of(strangers, SHOWN)}; "
        "give a --pattern that reads all, or a folder that holds those of one kind; leave out by --ignore REGEX (of "
        "the path below the folder) only what does not belong to the corpus"
    )


def _show(parts: Sequence[Part], paths: Sequence[str]) -> None:
    rows = []
    for part in parts:
        if part.number:
            counts = Counter(part.field.values)
            values = ", ".join(f"{value} ({number})" for value, number in counts.most_common(SHOWN))
            more = ", ..." if len(counts) > SHOWN else ""
            rows.append((str(part.number), part.role or "-", str(len(counts)), values + more, part.why))
    table(("field", "taken for", "values", "the most frequent", "because"), rows)
    print(f"\nsuch as {paths[0]}")


def _entries(reading: Reading, paths: Sequence[str]) -> Iterator[Entry]:
    """The utterances with their raw labels."""
    compiled = re.compile(reading.pattern)
    for path in paths:
        match = compiled.fullmatch(path)
        if match:
            said = match.groupdict()
            gender = said.get("gender")
            yield Entry(
                path,
                speaker=said.get("speaker"),
                emotion_raw=said.get("emotion"),
                gender=reading.genders.get(said.get("speaker") or "")
                or reading.maps.get("gender", {}).get(gender or ""),
            )


if __name__ == "__main__":
    sys.exit(main())

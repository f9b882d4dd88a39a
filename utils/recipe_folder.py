"""What new_recipe.py and import_corpus.py share: options about a corpus, and showing and writing its folder."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sernet.corpus import scaffold
from sernet.corpus.emotion_words import labels
from sernet.corpus.entries import Entry
from sernet.corpus.people import People
from sernet.corpus.scaffold import FILL_IN, Draft, Label
from sernet.corpus.utterances import Utterance
from sernet.data.fitting import fitting_run
from sernet.emotions import check_emotion
from sernet.errors import SernetError, UsageError


def add_options(parser: argparse.ArgumentParser) -> None:
    """What a user may say of any new corpus."""
    add = parser.add_argument
    add("--label", action="append", default=[], metavar="RAW=EMOTION", help="what a raw label means (repeats)")
    add(
        "--speaker-name",
        action="append",
        default=[],
        metavar="NAME=PERSON",
        help="who a speaker's name stands for, or nothing behind = for nobody known (repeats)",
    )
    add("--language", metavar="TAG", help="BCP 47, where all of it is in one language")
    for fact in ("title", "source", "licence"):
        add(f"--{fact}", metavar="TEXT", help="for corpus.yaml")
    add("--dry-run", action="store_true", help="show, and write nothing")


def facts(options: argparse.Namespace) -> dict[str, str]:
    """What the user has said of them."""
    said = {key: getattr(options, key) for key in ("language", "title", "source", "licence")}
    return {key: value for key, value in said.items() if value}


def speaker_names(options: argparse.Namespace) -> dict[str, str | None]:
    """What the user has said of speakers' names, as `speaker_names` of corpus.yaml has it.

    Raises:
        UsageError: something else than NAME=PERSON.
    """
    names = {}
    for text in options.speaker_name:
        name, sign, person = text.rpartition("=")
        if not sign or not name:
            raise UsageError(f"--speaker-name {text}: must be NAME=PERSON, or NAME= where nobody is known")
        names[name] = person or None
    return names


def by_person(entries: Sequence[Entry], names: Mapping[str, str | None]) -> list[Entry]:
    """The ``entries``, each once, with the persons that their speakers' names stand for.

    Raises:
        SernetError: see `People.check`; says what to answer.
    """
    people = People(names)
    for entry in entries:
        people.add(entry.speaker, entry.path, entry.gender, entry.language)
    try:
        people.check()
    except SernetError as error:
        raise SernetError(f"{error}\nhere: --speaker-name NAME=PERSON, and --speaker-name NAME= for null") from error
    genders = ((entry, people.who(entry.speaker)) for entry in dict.fromkeys(entries))
    return [replace(entry, speaker=who, gender=entry.gender or people.gender(who)) for entry, who in genders]


def check_name(name: str, egs: Path, dry_run: bool) -> None:
    """Refuse a name that is none, or taken.

    Raises:
        UsageError: characters that a name may not have.
        SernetError: egs/<name> is there.
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise UsageError(f"{name!r} is no name for a corpus: small letters, digits and _ only")
    if (egs / name).exists() and not dry_run:
        raise SernetError(f"{egs / name} is there already, and is left as it is; take another name")


def meanings(entries: Sequence[Entry], given: Sequence[str]) -> dict[str, Label]:
    """What the raw labels of ``entries`` mean: as ``given`` (`RAW=EMOTION`), else by their words.

    Raises:
        UsageError: a label or an emotion that there is not.
    """
    known = labels({entry.emotion_raw for entry in entries if entry.emotion_raw is not None})
    for text in given:
        raw, _, emotion = text.rpartition("=")
        if raw not in known:
            raise UsageError(f"--label {text}: no label {raw!r}; there are: {', '.join(sorted(known)) or 'none'}")
        try:
            known[raw] = Label(check_emotion(emotion), "said so")
        except ValueError as error:
            raise UsageError(f"--label {text}: {error}") from error
    return known


def finish(draft: Draft, entries: Sequence[Entry], egs: Path, root: Path, dry_run: bool) -> int:
    """Show the labels, write the folder, and say what comes next; the exit code."""
    stems = {(entry.speaker, entry.name or Path(entry.path).stem) for entry in entries}
    cut = {(entry.speaker, entry.path) for entry in entries if not entry.whole}
    unique = len(stems) == len(entries) and len({(speaker, Path(path).stem) for speaker, path in cut}) == len(cut)
    draft = replace(draft, id="name" if unique else "path")
    run = fitting_run(_spoken(draft, entries))
    if run is None and draft.unknown:  # the protocol that two emotions allow which all speak
        run = fitting_run([replace(u, emotion=e) for u in _spoken(draft, entries) for e in ("anger", "fear")])
        run = run and {**run, "classes": []}
    examples = {entry.emotion_raw: entry.path for entry in reversed(entries)}
    rows = [
        (raw, label.emotion or FILL_IN, str(draft.found[raw]), examples[raw], label.why)
        for raw, label in draft.labels.items()
    ]
    table(("label", "emotion", "utterances", "such as", "because"), rows)
    print(f"\n{len(entries)} utterances, {len(draft.genders) or 'no'} speakers{_genders(draft)}")
    for note in draft.notes:
        print(f"to be checked: {note}")
    if run:
        print(f"run: {', '.join(run['classes']) or FILL_IN}; {run['why']}")
        if run["left_out"] and run["classes"]:
            print(f"left out of it, for near out-of-distribution speech: {', '.join(run['left_out'])}")
    else:
        print("no run, a corpus only: that takes two emotions, each by speakers on both sides of a split")
    if dry_run:
        print("nothing is written (--dry-run)")
        return 0
    print("\nwritten:", *scaffold.write(draft, run, egs), sep="\n  ")
    if draft.unknown:
        print(f"fill in {egs / draft.name / 'corpus.yaml'}: {', '.join(draft.unknown)}; nothing loads it before")
    if unsaid := [key for key in ("title", "source", "licence") if getattr(draft, key) == scaffold.UNSAID]:
        print(f"say in {egs / draft.name / 'corpus.yaml'}, for the check: {', '.join(unsaid)}; a run does without")
    print(f"\nnext: bash utils/check_recipe.sh {draft.name} --corpus-root {root.parent}")
    if run:
        print(f"then: bash run.sh --recipe {draft.name} --corpus-root {root.parent}")
    return 0


def _spoken(draft: Draft, entries: Sequence[Entry]) -> list[Utterance]:
    meant = {raw: label.emotion for raw, label in draft.labels.items()}
    return [
        Utterance(e.path, draft.name, e.speaker, meant.get(e.emotion_raw or ""), draft.genders.get(e.speaker or ""))
        for e in entries
    ]


def _genders(draft: Draft) -> str:
    if draft.gendered:
        counts = Counter(draft.genders.values())
        return f" ({', '.join(f'{number} {gender}' for gender, number in counts.most_common())})"
    return "; the gender of each is not known, so the system msac goes without" if draft.genders else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns side by side."""
    if rows:
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        print()
        for row in [head, *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

"""Proposes how the names of a corpus are to be read: which part is the emotion, the speaker, the sentence.

What the names bear out is taken; what they leave open is asked, never guessed: a wrong speaker would put the same voice
on both sides of a split.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from sernet.config.corpus import GROUPS, CorpusConfig
from sernet.corpus.emotion_words import certainty, labels
from sernet.corpus.fields import Field, at_letters, escape, runs, split_at, take_apart, unfold, uniform
from sernet.corpus.roles import Part, find_roles, genders
from sernet.corpus.scaffold import Label
from sernet.errors import UsageError


@dataclass(frozen=True)
class Proposal:
    """How names would be read; ``questions`` are open, each with the option that answers it."""

    pattern: str
    parts: list[Part]
    labels: dict[str, Label]
    genders: dict[str, str]
    """Speaker -> gender, where names tell it."""
    strangers: list[str]
    questions: list[str]


def propose(paths: Sequence[str], roles: Mapping[str, int | None]) -> Proposal:
    """The proposal for the audio files ``paths``.

    ``roles`` are the user's: group -> number of the field, or None for a group that the names do not tell.

    Raises:
        UsageError: a role names no field.
    """
    alike, levels, strangers = take_apart(paths)
    parts = _numbered([[Part(f) for f in level] for level in _cut_emotion(levels, roles)])
    wrong = [n for n in roles.values() if n is not None and n not in {p.number for level in parts for p in level}]
    if wrong:
        known = max((p.number or 0 for level in parts for p in level), default=0)
        raise UsageError(f"no field {wrong[0]}; there are 1 to {known}")
    given = {number: group for group, number in roles.items() if number is not None}
    parts = [
        [replace(p, role=given.get(p.number or 0), why="said so" if p.number in given else "") for p in level]
        for level in parts
    ]
    flat = [p for level in parts for p in level]
    found, questions = find_roles(flat, roles)
    decided = {id(p): found.get(p.number or 0, (p.role, p.why)) for p in flat}
    parts = [[replace(p, role=decided[id(p)][0], why=decided[id(p)][1]) for p in level] for level in parts]
    flat = [p for level in parts for p in level]
    suffixes = sorted({PurePosixPath(path).suffix for path in alike})
    ending = escape(suffixes[0]) if len(suffixes) == 1 else f"(?:{'|'.join(map(escape, suffixes))})"
    pattern = "/".join(_expression(level, parts) for level in parts) + ending
    emotion = next((p.field for p in flat if p.role == "emotion"), None)
    missed = [path for path in alike if not re.fullmatch(pattern, path)]
    return Proposal(
        pattern,
        flat,
        labels(set(emotion.values)) if emotion else {},
        genders(flat),
        sorted(strangers + missed),
        questions,
    )


def like(paths: Iterable[str], corpora: Iterable[CorpusConfig]) -> tuple[CorpusConfig, str] | None:
    """A known corpus whose names these are, or whose file names in other folders, and the pattern that reads them."""
    paths = list(paths)
    for config in corpora:
        if config.pattern is None or "emotion" not in config.maps:
            continue
        kept = [path for path in paths if not any(re.fullmatch(text, path) for text in config.ignore)]
        for pattern in (config.pattern, rf"(?:.+/)?(?:{config.pattern})", rf"(?:.+/)?{file_name(config.pattern)}"):
            if _reads(config, pattern, kept):
                return config, pattern
    return None


def file_name(pattern: str) -> str:
    """The part of a pattern that reads the name of a file, without its folders.

    A named group that the folders have, and that the name repeats, is written out where it is repeated first.
    """
    start = 0
    groups: list[int] = []
    ends: dict[str, str] = {}
    for place, character in _outside_classes(pattern):
        if character == "/" and not groups:
            start = place + 1
        elif character == "(":
            groups.append(place)
        elif character == ")" and groups:
            group = pattern[groups.pop() : place + 1]
            if named := re.match(r"\(\?P<(\w+)>", group):
                ends[named[1]] = group
            if not groups and group.endswith("/)") and pattern[place + 1 : place + 2] == "?":
                start = place + 2
    name = pattern[start:]
    for group, text in ends.items():
        if f"(?P<{group}>" not in name:
            name = name.replace(f"(?P={group})", text, 1)
    return name


def _outside_classes(pattern: str) -> Iterator[tuple[int, str]]:
    """The characters of a pattern with their places, but for escaped ones and those of classes like `[^/]`."""
    place = 0
    while place < len(pattern):
        if pattern[place] == "\\":
            place += 1
        elif pattern[place] == "[":
            place += 2 if pattern[place + 1 : place + 2] == "^" else 1
            place += 1  # a bracket that comes first stands for itself
            while place < len(pattern) and pattern[place] != "]":
                place += 2 if pattern[place] == "\\" else 1
        else:
            yield place, pattern[place]
        place += 1


def _reads(config: CorpusConfig, pattern: str, paths: Sequence[str]) -> bool:
    try:
        compiled = re.compile(pattern)
    except re.error:
        return False
    if "emotion" not in compiled.groupindex:
        return False
    emotions = set()
    for path in paths:
        match = compiled.fullmatch(path)
        if match is None:
            return False
        said = {group: value for group, value in match.groupdict().items() if value is not None}
        if any(said[group] not in table for group, table in config.maps.items() if group in said):
            return False
        if config.speakers and said.get("speaker") not in config.speakers:
            return False
        emotions.add(said.get("emotion"))
    return len(emotions) > 1


def _cut_emotion(levels: list[list[Field]], roles: Mapping[str, int | None]) -> list[list[Field]]:
    """The fields, with the one that holds an emotion beside other things cut into its parts."""
    best: tuple[tuple[int, ...], int, int, list[Field]] | None = None
    for level, fields in enumerate(levels):
        for place, field in enumerate(fields):
            for pieces in _ways(field):
                for piece in pieces:
                    sure = certainty(labels(set(piece.values))) if 2 <= len(set(piece.values)) <= 50 else 0
                    rank = (sure, len(set(piece.values)), -len(pieces), level)
                    if sure and (best is None or rank > best[0]):
                        best = rank, level, place, pieces
    if best is None:
        return [[piece for field in fields for piece in unfold(field)] for fields in levels]
    _, level, place, pieces = best
    cut = [list(fields) for fields in levels]
    cut[level][place : place + 1] = [p for piece in pieces for p in at_letters(piece)] if len(pieces) > 1 else pieces
    return [[piece for field in fields for piece in unfold(field)] for fields in cut]


def _ways(field: Field) -> Iterable[list[Field]]:
    """The field whole, and cut around each run or two of letters in it."""
    yield [field]
    if uniform(field):
        count = len(runs(field.values[0]))
        for start in range(count):
            for end in range(start + 1, min(start + 3, count + 1)):
                cuts = [edge for edge in (start, end) if 0 < edge < count]
                if cuts and runs(field.values[0])[start].isalpha():
                    yield split_at(field, cuts)


def _numbered(levels: list[list[Part]]) -> list[list[Part]]:
    """Numbers for the fields that vary; one that repeats an earlier one's values has none."""
    seen: list[tuple[str, ...]] = []
    made = []
    for level in levels:
        row = []
        for part in level:
            new = not part.field.fixed and part.field.values not in seen
            if new:
                seen.append(part.field.values)
            row.append(replace(part, number=len(seen) if new else None))
        made.append(row)
    return made


def _expression(level: list[Part], levels: list[list[Part]]) -> str:
    """The regular expression of one name; what repeats a named group is held to it."""
    first = {p.field.values: p for row in levels for p in row if p.number}
    text = ""
    for part in level:
        role = part.role if part.role in GROUPS else None
        if part.number is None and not part.field.fixed:
            original = first[part.field.values]
            text += f"(?P={original.role})" if original.role in GROUPS else part.field.expression
        else:
            text += f"(?P<{role}>{part.field.expression})" if role else part.field.expression
    return text

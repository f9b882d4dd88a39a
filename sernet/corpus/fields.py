"""Takes file names apart: what varies between the paths of a corpus, as fields of a regular expression."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import PurePosixPath

SEPARATOR = re.compile(r"([-_. +~,@#()\[\]]+)")
MOST = 0.9
"""Names that are built otherwise than this share of all are strangers."""


@dataclass(frozen=True)
class Field:
    """A part of the path that varies, or (one value) that does not."""

    values: tuple[str, ...]
    """One for each path."""
    folder: bool
    """Whether it stands in the name of a folder."""
    before: str
    """The part before it in the same name."""
    stop: str
    """Characters that do not occur in it: those that separate it from the next."""

    @property
    def fixed(self) -> bool:
        return len(set(self.values)) == 1

    @property
    def expression(self) -> str:
        """A regular expression that its values match."""
        distinct = set(self.values)
        if len(distinct) == 1:
            return escape(next(iter(distinct)))
        if "" in distinct:
            return f"(?:{replace(self, values=tuple(distinct - {''})).expression})?"
        shapes = {tuple(_kind(run) for run in runs(value)) for value in distinct}
        if len(shapes) == 1 and "?" not in (shape := next(iter(shapes))):
            parts = [{len(runs(value)[i]) for value in distinct} for i in range(len(shape))]
            return "".join(_repeat(kind, lengths) for kind, lengths in zip(shape, parts, strict=True))
        return f"[^/{re.escape(self.stop)}]+" if not any(set(self.stop) & set(v) for v in distinct) else "[^/]+"


def escape(text: str) -> str:
    """``text`` as a regular expression, with no more backslashes than it needs."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def _repeat(kind: str, lengths: set[int]) -> str:
    if len(lengths) > 1:
        return f"{kind}+"
    (length,) = lengths
    return kind * length if length < 3 and len(kind) == 2 else kind + (f"{{{length}}}" if length > 1 else "")


def runs(text: str) -> list[str]:
    """The longest pieces of digits, of upper and of lower case letters, and of all else."""
    return ["".join(group) for _, group in groupby(text, key=_kind)]


def _kind(text: str) -> str:
    """The class of characters of a run, by its first; `?` for none that a name is split at."""
    first = text[0]
    if first.isdigit() and first.isascii():
        return r"\d"
    if first.isascii() and first.isalpha():
        return "[A-Z]" if first.isupper() else "[a-z]"
    return "?"


def take_apart(paths: Sequence[str]) -> tuple[list[str], list[list[Field]], list[str]]:
    """Paths that are built alike, their fields name by name (folders, then the file without its suffix), the others.

    A name is split at the separators that all names in its place begin with; the rest of it is one field.
    """
    depth = Counter(path.count("/") for path in paths).most_common(1)[0][0]
    split = {path: _names(path) for path in paths}
    alike = [path for path in paths if len(split[path]) == depth + 1]
    signatures = Counter(_separators(split[path][-1]) for path in alike)
    signature, number = signatures.most_common(1)[0]
    if number >= MOST * len(alike):
        alike = [path for path in alike if _separators(split[path][-1]) == signature]
    there = set(alike)
    levels = [_fields([split[path][level] for path in alike], level < depth) for level in range(depth + 1)]
    return alike, levels, [path for path in paths if path not in there]


def unfold(field: Field) -> list[Field]:
    """The pieces of a field that is different in most paths: `m01h07` is m01, h and 07.

    It is cut where letters follow digits, and, behind the first piece, after letters that are 3 to 12 different ones.
    """
    if not uniform(field) or 2 * len(set(field.values)) < len(field.values):
        return [field]
    made: list[Field] = []
    for piece in at_letters(field):
        letters, *rest = split_at(piece, range(1, len(runs(piece.values[0]))))
        several = made and rest and letters.values[0].isalpha() and 3 <= len(set(letters.values)) <= 12
        made += [letters, *split_at(piece, [1])[1:]] if several else [piece]
    return made


def at_letters(field: Field) -> list[Field]:
    """Cut where letters follow digits: `03a01` is 03 and a01."""
    if not uniform(field):
        return [field]
    pieces = runs(field.values[0])
    return split_at(field, [i for i in range(1, len(pieces)) if pieces[i - 1].isdigit() and pieces[i].isalpha()])


def split_at(field: Field, cuts: Sequence[int]) -> list[Field]:
    """Pieces of a field whose values all have the same runs, cut before the runs of those numbers."""
    edges = [0, *cuts, len(runs(field.values[0]))]
    pieces = []
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        if start < end:
            values = tuple("".join(runs(value)[start:end]) for value in field.values)
            before = "".join(runs(field.values[0])[:start]) or field.before
            pieces.append(Field(values, field.folder, before, field.stop))
    return pieces


def uniform(field: Field) -> bool:
    """Whether all values have the same kinds of runs, so that it can be cut."""
    return len({tuple(_kind(run) for run in runs(value)) for value in set(field.values)}) == 1


def _names(path: str) -> list[str]:
    pure = PurePosixPath(path)
    return [*pure.parts[:-1], pure.stem]


def _separators(name: str) -> tuple[str, ...]:
    return tuple(SEPARATOR.findall(name))


def _fields(names: list[str], folder: bool) -> list[Field]:
    """The fields of one name and, between them, the separators as fixed ones."""
    common = os.path.commonprefix([_separators(name) for name in names])
    if not common:
        return [Field(tuple(names), folder, "", "")]
    columns = list(zip(*(SEPARATOR.split(name, len(common)) for name in names), strict=True))
    made = []
    for number, column in enumerate(columns):
        if any(column):
            stop = columns[number + 1][0] if number + 1 < len(columns) else ""
            before = columns[number - 2][0] if number >= 2 and len(set(columns[number - 2])) == 1 else ""
            made.append(Field(column, folder, before, stop))
    return made

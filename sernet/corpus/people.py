"""The speakers of a corpus as its lists or file names give them: who may be one person, and what is said of each.

Nobody but the user knows whether `S1` and `s1` are one person, or whether `nan` is a name. So that is asked, and
`speaker_names` in corpus.yaml holds the answers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping

from sernet.corpus.names import identifier, same_form
from sernet.errors import SernetError, first_of

NOBODY = frozenset(
    {
        *("nan", "none", "null", "nil", "na", "n/a", "#n/a", "<na>", "nat", "unknown", "unk", "<unk>", "undefined"),
        *(
            "unspecified",
            "not available",
            "not known",
            "nobody",
            "noname",
            "no name",
            "anonymous",
            "?",
            "??",
            "-",
            "--",
        ),
        *("_", ".", "*", "#", "0x0", "[]", "()", "''", '""'),
    }
)
"""Lists write these where nobody is named (pandas writes nan); in lower case."""

BOOLEANS = ("y", "n", "yes", "no", "on", "off", "true", "false")


class People:
    """The speakers of a corpus, as its utterances go by. Memory follows their number alone."""

    def __init__(self, answers: Mapping[str, str | None] | None = None) -> None:
        self._answers = {same_form(name): person for name, person in (answers or {}).items()}
        self._raw: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        """A file of each raw name's."""
        self._genders: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._examples: dict[tuple[str, str], str] = {}
        self._languages: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def who(self, name: str | None) -> str | None:
        """The speaker that a ``name`` stands for; None: nobody knows."""
        if not name or not name.strip():
            return None
        name = same_form(name)
        return self._answers[name] if name in self._answers else name.strip()

    def add(self, name: str | None, path: str, gender: str | None = None, language: str | None = None) -> None:
        """Count an utterance of ``path`` by the speaker of that raw ``name``."""
        person = self.who(name)
        if name is not None and name.strip():
            self._raw[same_form(name)] += 1
            self._first.setdefault(same_form(name), path)
        if person is None:
            return
        if gender:
            self._genders[person][gender] += 1
            self._examples.setdefault((person, gender), path)
        if language:
            self._languages[person][language] += 1

    def gender(self, person: str | None) -> str | None:
        """The one that is said of a speaker in some utterance; None: nothing is said."""
        return next(iter(self._genders.get(person or "", ())), None)

    def check(self) -> None:
        """Refuse what has to be asked.

        Raises:
            SernetError: names that may be one person's, or nobody's; two speakers of one id; a speaker of two genders.
                Says with counts what there is, and what to write.
        """
        if asked := self.questions():
            answers = ", ".join(f"{_quoted(name)}: {_quoted(person)}" for name, person in self._proposed())
            raise SernetError(
                "\n".join([*asked, f"say it in corpus.yaml, for instance: speaker_names: {{{answers}}}"])
                + "\n(name in the list: the person it stands for; itself: a person of their own; null: nobody is known)"
            )
        if said := [*self._collisions(), *self._contradictions()]:
            raise SernetError("\n".join(said))

    def questions(self) -> list[str]:
        """What nobody but the user knows, a line each."""
        lines = [
            f"is {self._told(name)} a person? It looks like a list's way of naming nobody" for name in self._nobodies()
        ]
        for group in self._alike():
            told = " and ".join(map(self._told, group))
            lines.append(f"are {told} one person? The names differ only in how they are written")
        return lines

    def notes(self) -> list[str]:
        """What is odd and may be right, a line each."""
        several = {person: said for person, said in self._languages.items() if len(said) > 1}
        if not several:
            return []
        counted = [
            f"{person} ({', '.join(f'{number} in {tag}' for tag, number in said.most_common())})"
            for person, said in sorted(several.items())
        ]
        return [f"{len(several)} speakers speak more than one language: {first_of(counted, 3)}"]

    def _told(self, name: str) -> str:
        return f"{name!r} ({self._raw[name]} utterances, such as {self._first[name]})"

    def _nobodies(self) -> list[str]:
        return sorted(name for name in self._raw if name not in self._answers and name.strip().lower() in NOBODY)

    def _alike(self) -> list[list[str]]:
        """Groups of raw names that may be one person's, of which more than one has no answer."""
        names = sorted(name for name in self._raw if self.who(name) is not None and name.strip().lower() not in NOBODY)
        groups: list[list[str]] = []
        for key in (_without_blanks, _without_separators):
            found: defaultdict[str, list[str]] = defaultdict(list)
            for name in names:
                found[key(name)].append(name)
            for group in found.values():
                people = {self._answers.get(name, name) for name in group}
                open_ones = [name for name in group if name not in self._answers]
                if len(people) > 1 and len(open_ones) > 1 and group not in groups:
                    groups.append(group)
        return groups

    def _proposed(self) -> list[tuple[str, str | None]]:
        alike = [(name, group[-1]) for group in self._alike() for name in group[:-1]]
        return [*((name, None) for name in self._nobodies()), *alike][:4]

    def _collisions(self) -> list[str]:
        by_id: defaultdict[str, set[str]] = defaultdict(set)
        for person in {self.who(name) for name in self._raw} - {None}:
            by_id[identifier(str(person))].add(str(person))
        return [
            f"speakers {' and '.join(map(repr, sorted(people)))} would have one id ({identity}); give one of them "
            f"another name in corpus.yaml: speaker_names: {{{_quoted(sorted(people)[0])}: another}}"
            for identity, people in sorted(by_id.items())
            if len(people) > 1
        ]

    def _contradictions(self) -> list[str]:
        lines = []
        for person, said in sorted(self._genders.items()):
            if len(said) > 1:
                told = " and ".join(
                    f"{gender} in {number} utterances (such as {self._examples[person, gender]})"
                    for gender, number in said.most_common()
                )
                lines.append(
                    f"speaker {person} is {told}; correct the list, or say which in corpus.yaml: "
                    f"speakers: {{{_quoted(person)}: {said.most_common(1)[0][0]}}}"
                )
        return lines if len(lines) < 6 else [*lines[:5], f"and {len(lines) - 5} more speakers of two genders"]


def _without_blanks(name: str) -> str:
    """What remains of a name when case, blanks and leading zeros do not count."""
    plain = re.sub(r"[\s\u200b-\u200d\ufeff]+", "", unicodedata.normalize("NFKC", name)).casefold()
    return str(int(match[1])) if (match := re.fullmatch(r"(\d+)(?:\.0+)?", plain)) and plain.isascii() else plain


def _without_separators(name: str) -> str:
    """What remains of a name when case and the kind of separators do not count."""
    return re.sub(r"[\s_.-]+", "_", unicodedata.normalize("NFKC", name).strip()).casefold()


def _quoted(name: str | None) -> str:
    """As YAML has it."""
    if name is None:
        return "null"
    plain = re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and name.lower() not in (*NOBODY, *BOOLEANS)
    return name if plain else "'" + name.replace("'", "''") + "'"

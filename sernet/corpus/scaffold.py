"""Writes the folder of a new recipe: corpus.yaml, conf/recipe.yaml, run.sh, README.md, and prepare.py for an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from sernet.corpus.entries import Entry
from sernet.errors import SernetError
from sernet.pipeline.files import atomic

FILL_IN = "FILL IN"
"""Stands for what nobody but the user knows; no schema takes it, so loading refuses and names the place."""

UNSAID = "not said yet"
"""Stands for what a run does without and `check_recipe.sh` asks for: title, source, licence."""


@dataclass(frozen=True)
class Label:
    """What a raw label is taken for, and why. `emotion` None: unknown."""

    emotion: str | None
    why: str = ""


@dataclass(frozen=True)
class Draft:
    """All that a new corpus.yaml says."""

    name: str
    found: Counter[str | None]
    """Raw emotion -> utterances."""
    example: str
    """A path of the corpus."""
    labels: dict[str, Label]
    genders: dict[str, str | None]
    """Speaker -> gender, None where nobody knows; empty for a corpus that names no speakers."""
    folder: str | None = None
    title: str = UNSAID
    source: str = UNSAID
    licence: str = UNSAID
    language: str | None = None
    pattern: str | None = None
    ignore: tuple[str, ...] = ()
    maps: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of other groups than emotion."""
    channel: int = 0
    speaker_names: Mapping[str, str | None] = field(default_factory=dict)
    """Who a speaker's name stands for, where it is not that person's; None: nobody known."""
    id: str = "name"
    notes: tuple[str, ...] = ()
    """What the user is to know of it, a sentence each."""
    prepare: str | None = None
    """The call that yields the entries, for an import: `csv.read(root, "list.csv", ...)`."""
    lists: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int] | None:
        """Utterances by canonical emotion; None where a label is unknown or there is no emotion."""
        if not self.labels or any(label.emotion is None for label in self.labels.values()):
            return None
        counted: Counter[str] = Counter()
        for raw, label in self.labels.items():
            counted[str(label.emotion)] += self.found[raw]
        return dict(counted.most_common())

    @property
    def unknown(self) -> list[str]:
        """Labels that the user has to fill in."""
        return [raw for raw, label in self.labels.items() if label.emotion is None]

    @property
    def gendered(self) -> bool:
        """Whether the gender of every speaker is known."""
        return bool(self.genders) and all(self.genders.values())


def draft(name: str, entries: Iterable[Entry], labels: Mapping[str, Label], **said: Any) -> Draft:
    """A draft from the raw ``entries`` of a corpus and what its ``labels`` mean.

    Raises:
        SernetError: there are no entries, or one speaker has two genders.
    """
    found: Counter[str | None] = Counter()
    genders: dict[str, str | None] = {}
    languages = set()
    example = ""
    for entry in entries:
        example = example or entry.path
        found[entry.emotion_raw] += 1
        languages.add(entry.language)
        if entry.speaker is not None:
            before = genders.setdefault(entry.speaker, entry.gender)
            if before != entry.gender:
                raise SernetError(f"{entry.path}: speaker {entry.speaker} is {entry.gender} here, {before} elsewhere")
    if not found:
        raise SernetError(f"{name}: no utterances")
    language = languages.pop() if len(languages) == 1 else None
    known = {raw: labels[raw] for raw in sorted(key for key in found if key is not None)}
    return Draft(name, found, example, known, genders, **{"language": language, **said})


def write(draft: Draft, run: Mapping[str, Any] | None, egs: Path) -> list[Path]:
    """Make ``egs/<name>`` of a ``draft``; without a ``run`` (see sernet/config/recipe.py) it is a corpus only.

    Raises:
        SernetError: the folder is there.
    """
    folder = egs / draft.name
    if folder.exists():
        raise SernetError(f"{folder} is there already, and is left as it is; take another name or move it away")
    files = ["corpus.yaml", "README.md"]
    files += ["conf/recipe.yaml", "run.sh"] if run else []
    files += ["prepare.py"] if draft.prepare else []
    templates = Environment(
        loader=PackageLoader("sernet.corpus", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters.update(yaml=_yaml, key=_key)
    with atomic(folder) as made:
        for name in files:
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = templates.get_template(f"new_{Path(name).name}.j2").render(d=draft, run=run, fill_in=FILL_IN)
            path.write_text(text, encoding="utf-8")
        if run:
            (made / "run.sh").chmod(0o755)
    return [folder / name for name in files]


def _yaml(value: Any) -> str:
    """``value`` as YAML on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=2**31, sort_keys=False)
    return text.strip().removeprefix("[").removesuffix("]")


def _key(raw: str) -> str:
    """``raw`` as the key of a mapping; what looks like a number is quoted, whether YAML takes it for one or not."""
    return f"'{raw}'" if raw.isdigit() else _yaml(raw)

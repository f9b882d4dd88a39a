"""RESULTS.md: what was measured, how, and how sure it is, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sernet.report import tables
from sernet.report.results import Row
from sernet.report.tables import Table, main_table
from sernet.score.metrics import metric

CODE = ("command", "revision", "config digest")
"""Entries of the provenance that are set as code."""

__all__ = ["main_table", "results_markdown"]


def results_markdown(rows: Sequence[Row], provenance: Mapping[str, Any]) -> str:
    """The text of RESULTS.md.

    Args:
        rows: of results.json.
        provenance: what made it, in the order to be shown (title, command, revision, config digest, environment,
            folds, seeds, ...); ``title`` becomes the heading, ``preliminary`` lists runs to be marked so.
    """
    preliminary = list(provenance.get("preliminary") or [])
    parts = [f"# {provenance.get('title', 'Results')}", _provenance(provenance)]
    for heading, some in sections(rows, preliminary):
        parts.append(f"## {heading}")
        parts += [_table(table) for table in some]
    if not rows:
        parts.append("Nothing has been scored.")
    parts.append("## Definitions")
    parts.append("\n".join(f"- `{name}`: {definition}." for name, definition in definitions(rows)))
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(rows: Sequence[Row], preliminary: Iterable[str] = ()) -> list[tuple[str, list[Table]]]:
    """Headings and their tables, those without data left out."""
    everything = [
        ("Recognition", [*tables.recognition(rows, preliminary), *tables.differences(rows)]),
        ("Across corpora", tables.cross_corpus(rows)),
        ("By class and by fold", [*tables.recalls(rows), *tables.folds(rows)]),
        ("Calibration and confidence", tables.other_measures(rows)),
        ("Out of distribution", [*tables.ood(rows), *tables.ood_differences(rows)]),
    ]
    return [(heading, some) for heading, some in everything if some]


def definitions(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Each metric that occurs, with its definition and direction."""
    names = {row["metric"].split(":")[0] for row in rows}
    known = [(name, metric(f"{name}:<class>" if name == "recall" else name)) for name in sorted(names)]
    return [(name, f"{meaning.definition}; {meaning.better} is better") for name, meaning in known]


def words(value: Any) -> str:
    """A value of the provenance as text: "name value; ..." for a mapping, "a, b" for a list."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {words(part)}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _provenance(provenance: Mapping[str, Any]) -> str:
    lines = []
    for name, value in provenance.items():
        if name != "title" and value not in (None, "", [], {}):
            code = "`" if name in CODE else ""
            lines.append(f"- {name}: {code}{words(value)}{code}")
    return "\n".join(lines)


def _table(table: Table) -> str:
    lines = [table.header, ["---"] * len(table.header), *table.body]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"### {table.title}\n\n{table.caption}\n\n{text}"

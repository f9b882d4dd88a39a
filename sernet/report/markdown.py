"""RESULTS.md: what was measured, how, and how sure it is, as text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sernet.report import tables
from sernet.report.ood_tables import ood, ood_differences
from sernet.report.probe_tables import probe_tables
from sernet.report.reliability_tables import reliability_tables
from sernet.report.results import Row, quotable
from sernet.report.tables import Table
from sernet.report.timeline import timeline_tables
from sernet.score.metrics import family_of, metric

ENTRIES = (
    "command",
    "revision",
    "config digest",
    "allowed leaks",
    "preliminary",
    "contaminated",
    "runs",
    "folds",
    "folds apart",
    "seeds",
    "nothing random in",
    "fused",
    "decision values",
    "encoders",
    "computed",
    "accepted",
    "training time",
    "environment",
)
CODE = ("command", "revision", "config digest")
"""Entries of the provenance that are set as code."""


def results_markdown(rows: Sequence[Row], provenance: Mapping[str, Any]) -> str:
    """The text of RESULTS.md.

    Args:
        rows: of results.json, in the order in which runs are to be shown (`tables.in_order`).
        provenance: what made it, in the order to be shown (title, command, revision, config digest, environment,
            folds, seeds, ...); ``title`` becomes the heading, ``preliminary`` lists runs to be marked so, ``nothing
            random in`` and ``decision values`` systems: in the latter are those whose logits are no log-probabilities.
    """
    parts = [f"# {provenance.get('title', 'Results')}", _provenance(provenance)]
    told = (
        provenance.get(name) or {} for name in ("preliminary", "folds apart", "nothing random in", "decision values")
    )
    for heading, some in sections(rows, *told):
        parts.append(f"## {heading}")
        parts += [_table(table) for table in some]
    if not rows:
        parts.append("Nothing has been scored.")
    parts.append("## Definitions")
    parts.append("\n".join(f"- `{name}`: {definition}." for name, definition in definitions(rows)))
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(
    rows: Sequence[Row],
    preliminary: Collection[str] = (),
    apart: Mapping[str, str] = tables.NONE,
    undrawn: Collection[str] = (),
    decisions: Collection[str] = (),
) -> list[tuple[str, list[Table]]]:
    """Headings and their tables, those without data left out."""
    everything = [
        (
            "Recognition",
            [*tables.recognition(rows, preliminary, apart), *tables.differences(rows, preliminary, undrawn)],
        ),
        ("Across corpora", tables.cross_corpus(rows)),
        ("By class and by fold", [*tables.recalls(rows), *tables.folds(rows)]),
        ("Calibration and confidence", tables.other_measures(rows, decisions)),
        ("What the embedding holds", probe_tables(rows)),
        ("Emotion over time", timeline_tables(rows)),
        ("Reliability", reliability_tables(quotable(rows), decisions)),
        ("Out of distribution", [*ood(rows), *ood_differences(rows)]),
    ]
    return [(heading, some) for heading, some in everything if some]


def definitions(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Each metric that occurs, with its definition and direction."""
    known = [(name, metric(name)) for name in sorted({family_of(row["metric"]) for row in rows})]
    return [(name, f"{meaning.definition}; {meaning.better} is better") for name, meaning in known]


def provenance_entries(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each entry, the familiar ones first, empty ones and the title left out."""
    names = sorted(provenance, key=lambda name: ENTRIES.index(name) if name in ENTRIES else len(ENTRIES))
    kept = [name for name in names if name != "title" and provenance[name] not in (None, "", [], {})]
    return [(name, _words(provenance[name])) for name in kept]


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_words(part)}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _provenance(provenance: Mapping[str, Any]) -> str:
    entries = provenance_entries(provenance)
    return "\n".join(f"- {name}: `{text}`" if name in CODE else f"- {name}: {text}" for name, text in entries)


def _table(table: Table) -> str:
    lines = [table.header, ["---"] * len(table.header), *table.body]
    text = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"### {table.title}\n\n{table.caption}\n\n{text}"

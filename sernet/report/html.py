"""report/index.html: one file, nothing from outside, readable without scripts, on a phone and on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sernet.pipeline.files import write_text
from sernet.report import figures, tables
from sernet.report.embedding import embedding_map
from sernet.report.evidence import WHICH, Chapter, Evidence, Plot
from sernet.report.listen import Audio, Mistake, confident_errors
from sernet.report.markdown import CODE, definitions, provenance_entries
from sernet.report.ood_figures import out_of_distribution
from sernet.report.ood_tables import ood, ood_differences
from sernet.report.probe_tables import probe_tables
from sernet.report.reliability_tables import reliability_tables
from sernet.report.results import Row, quotable
from sernet.report.timeline import timeline_chapter, timeline_tables
from sernet.score.files import Scored

NUMBER = re.compile(r"^([+-]?\d+\.\d+)( \[.*?\])?(, n = \d+)?$")


def write_report(
    path: Path | str,
    rows: Sequence[Row],
    scored: Sequence[Scored],
    provenance: Mapping[str, Any],
    audio: Audio | None = None,
) -> None:
    """Write the report, whole or not at all. What was not measured has no section.

    Args:
        path: of index.html.
        rows: of results.json, in the order in which runs are to be shown (`tables.in_order`).
        scored: the score files behind them.
        provenance: what made it, as for `results_markdown`.
        audio: finds the sound of an utterance, for the errors to listen to.
    """
    preliminary, undrawn, decisions = (
        list(provenance.get(name) or []) for name in ("preliminary", "nothing random in", "decision values")
    )
    evidence = Evidence(scored, rows, undrawn)
    main = tables.recognition(rows, preliminary, provenance.get("folds apart") or {})
    parts = [
        _chapter(figures.overview(evidence), [*main, *tables.differences(rows, preliminary, undrawn)], unfolded=True),
        _chapter(figures.across_corpora(evidence)),
        _chapter(figures.confusions(evidence), [*tables.recalls(rows), *tables.folds(rows)]),
        _chapter(figures.speakers(evidence)),
        _part("Errors to listen to", mistakes=confident_errors(evidence, audio)),
        _chapter(figures.reliability(evidence), tables.other_measures(rows, decisions)),
        _part("Reliability", more=reliability_tables(quotable(rows), decisions), unfolded=False),
        _chapter(out_of_distribution(evidence), [*ood(rows), *ood_differences(rows)]),
        _chapter(timeline_chapter(rows), timeline_tables(rows), unfolded=True),
        _chapter(embedding_map(evidence), probe_tables(rows)),
        _chapter(figures.training(evidence)),
    ]
    page = (
        templates()
        .get_template("index.html.j2")
        .render(
            title=provenance.get("title", "Results"),
            provenance=provenance_entries(provenance),
            preliminary=preliminary,
            why_preliminary=tables.PRELIMINARY,
            which=WHICH,
            command=provenance.get("command", ""),
            parts=[part for part in parts if part["tables"] or part["panels"] or part["mistakes"]],
            code=CODE,
            definitions=definitions(rows),
            interval=tables.INTERVAL,
        )
    )
    write_text(path, page)


def templates() -> Environment:
    """The templates of this package."""
    environment = Environment(
        loader=PackageLoader("sernet.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    return environment


def _chapter(chapter: Chapter, more: Sequence[tables.Table] = (), unfolded: bool = False) -> dict[str, Any]:
    return _part(chapter.title, chapter.text, chapter.panels, more, unfolded=unfolded or not chapter.panels)


def _part(
    title: str,
    text: str = "",
    panels: Sequence[Plot] = (),
    more: Sequence[tables.Table] = (),
    mistakes: Sequence[Mistake] = (),
    unfolded: bool = True,
) -> dict[str, Any]:
    return {
        "title": title, "text": text, "panels": panels, "tables": more, "mistakes": mistakes, "unfolded": unfolded,
    }  # fmt: skip


def _number(cell: str) -> Markup:
    """A number stands out, its interval stands back."""
    match = NUMBER.match(cell)
    if match is None:
        return Markup.escape(cell.replace("->", "\u2192"))
    value, limits, n = match.groups()
    quiet = Markup("<small>{}</small>").format(((limits or "").strip() + (n or "")).lstrip(", ")) if limits or n else ""
    return Markup("<b>{}</b> {}").format(value, quiet)

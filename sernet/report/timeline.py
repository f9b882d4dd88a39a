"""Emotion over time: the tables and the figure of a report."""

from __future__ import annotations

from collections.abc import Sequence

from sernet.report import plots
from sernet.report.evidence import Chapter, Plot
from sernet.report.groups import UNTUNED
from sernet.report.results import Row, headline, select
from sernet.report.tables import INTERVAL, Table, show
from sernet.report.timed import CONDITION
from sernet.score.metrics import TIMELINE_METRICS

UNTUNED_FOLDS = "Untuned folds: those whose test speakers had no part in choosing the settings."
MEANING = {
    "hmm": "HMM",
    "argmax": "frame-wise arg-max",
    "moving_average": "moving average",
    "total_variation": "total variation",
}


def timeline_chapter(rows: Sequence[Row]) -> Chapter:
    """EDER of every run by method, with intervals."""
    chapter = Chapter(
        "Emotion over time",
        "Recordings joined from neutral and emotional clips of test speakers. EDER (lower is better): dots are means "
        "over folds and seeds, lines 95 % intervals over speakers.",
    )
    chosen = headline(rows, condition=CONDITION, metric="eder", versus=None)
    models = sorted({row["system"].rpartition("+")[0] for row in chosen})
    for model in models:
        own = [row for row in chosen if row["system"].rpartition("+")[0] == model]
        runs = sorted({row["run"] for row in own})
        methods = [MEANING[name] for name in MEANING if any(row["system"] == f"{model}+{name}" for row in own)]
        values = {(row["run"], _method(row)): (row["value"], row["ci_low"], row["ci_high"]) for row in own}
        said = "; ".join(f"{row['run']} {_method(row)} {show(row)}" for row in own)
        drawn = plots.intervals(runs, methods, values, "EDER", f"EDER with intervals: {said}", {})
        sizes = "; ".join(
            f"{r}: n = {x['n']}, {x['n_speakers']} speakers" for r in runs for x in select(own, run=r)[:1]
        )
        chapter.panels.append(Plot(drawn, f"{model}. {sizes}."))
    return chapter


def timeline_tables(rows: Sequence[Row]) -> list[Table]:
    """EDER with its parts and segment F1 of every method; then paired differences from frame-wise arg-max."""
    tables = []
    chosen = headline(rows, condition=CONDITION)
    for run, train in sorted({(row["run"], row["train"]) for row in chosen}):
        here = select(chosen, run=run, train=train)
        body, gaps = [], []
        for system in sorted({row["system"] for row in here}, key=_order):
            name = [system.rpartition("+")[0], _method({"system": system})]
            own = {row["metric"]: row for row in select(here, system=system, versus=None)}
            body.append([*name, *(show(own.get(metric)) for metric in TIMELINE_METRICS)])
            place = {"run": run, "train": train, "system": system, "versus": None, "fold": UNTUNED}
            untuned = {row["metric"]: row for row in select(rows, condition=CONDITION, **place)}
            if untuned:
                name_untuned = [f"{name[0]}, untuned folds", name[1]]
                body.append([*name_untuned, *(show(untuned.get(metric)) for metric in TIMELINE_METRICS)])
            for other in sorted({row["versus"] for row in here if row["system"] == system and row["versus"]}):
                gap = {row["metric"]: row for row in select(here, system=system, versus=other)}
                less = f"{other.rpartition('+')[0]}, {_method({'system': other})}"
                gaps.append([*name, less, *(show(gap.get(metric)) for metric in ("eder", "segment_f1"))])
        size = f"{here[0]['n']} recordings of {here[0]['n_speakers']} speakers, {train}"
        header = ["system", "method", *TIMELINE_METRICS]
        said = f" {UNTUNED_FOLDS}" if any("untuned" in line[0] for line in body) else ""
        tables.append(
            Table(f"Emotion over time: {run}", f"{size}. Mean over folds and seeds; {INTERVAL}.{said}", header, body, 2)
        )
        if gaps:
            caption = f"{size}. The same recordings and resampled speakers on both sides."
            header = ["system", "method", "less", "eder", "segment_f1"]
            tables.append(Table(f"Emotion over time, paired differences: {run}", caption, header, gaps, 3))
    return tables


def _method(row: Row) -> str:
    name = row["system"].rpartition("+")[2]
    return MEANING.get(name, name)


def _order(system: str) -> tuple[str, int]:
    model, _, method = system.rpartition("+")
    return model, list(MEANING).index(method) if method in MEANING else len(MEANING)

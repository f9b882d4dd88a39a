"""The figures of what was recognised, from rows and score files, each with a caption and a text alternative."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, recall_score

from sernet.pipeline.reading import read_jsonl
from sernet.report import plots
from sernet.report.evidence import WHICH, Chapter, Evidence, Plot, way
from sernet.report.results import Row, headline, select
from sernet.report.tables import CONDITIONS, named, show, systems_of
from sernet.score.tables import softmax

CURVES: tuple[tuple[str, str, tuple[float, float] | None], ...] = (
    ("loss", "training loss", None),
    ("accuracy", "accuracy in training", (0.0, 1.02)),
    ("dev_uar", "UAR on dev speakers", (0.0, 1.02)),
)
"""What is drawn of history.jsonl, with the losses of attributes beside it."""
FACTOR, CORRELATION = "_factor", "_correlation"
DECIDED = (
    "Control of an attribute that training decides on: above, what its gradient is multiplied with on its way into the "
    "network (above 0 assisted, below suppressed), beside that of systems which fix it; below, the running correlation "
    "with emotion's gradient at the embedding, by which it is decided. Mean over folds and seeds, band: standard "
    "deviation."
)
RELIABILITY_BINS = 10
MOST_SPEAKERS = 60


def overview(evidence: Evidence) -> Chapter:
    """UAR of every run and system with intervals."""
    chapter = Chapter(
        "Recognition",
        "Dots: UAR, mean over seeds, and over folds unless these stand apart. Lines: 95 % interval over speakers. "
        "Dotted: majority class.",
    )
    for condition, meaning in CONDITIONS.items():
        rows = headline(evidence.rows, metric="uar", versus=None, condition=condition)
        lines = list(dict.fromkeys(map(_line, rows)))
        systems = [name for name in systems_of(rows) if name != "majority"]
        if not lines:
            continue
        values = {
            (_line(row), row["system"]): (row["value"], row["ci_low"], row["ci_high"])
            for row in rows
            if row["system"] != "majority"
        }
        chance = {_line(row): row["value"] for row in rows if row["system"] == "majority"}
        said = "; ".join(f"{_line(row)} {row['system']} {show(row)}" for row in rows if row["system"] != "majority")
        sizes = "; ".join(dict.fromkeys(f"{_line(row)}: n = {row['n']}, {row['n_speakers']} speakers" for row in rows))
        drawn = plots.intervals(lines, systems, values, "UAR", f"UAR with intervals: {said}", chance)
        chapter.panels.append(Plot(drawn, f"{meaning} ({condition}). {sizes}."))
    return chapter


def confusions(evidence: Evidence) -> Chapter:
    """Who is taken for whom: a panel a run and system."""
    chapter = Chapter(
        "Confusions",
        "Rows: what was meant; columns: what was recognised. Large: share of the row, pooled over folds and seeds; "
        f"small: number of decisions. Across corpora one system alone: {WHICH}. Intervals of the diagonal stand in "
        "the recall tables.",
    )
    for place in evidence.places("single", "cross"):
        systems = evidence.at(place)
        shown = systems if place[0] == "single" else [evidence.shown(systems)]
        for system in shown:
            models = systems[system]
            label, logits, _, classes = evidence.labelled(models)
            counts = confusion_matrix(label, logits.argmax(axis=1), labels=range(len(classes)))
            with np.errstate(invalid="ignore"):
                shares = counts / counts.sum(axis=1, keepdims=True)
            worst = _worst(shares, classes)
            short = [name[:9] for name in classes]
            drawn = plots.matrix(shares, short, short, f"{place[1]}, {system}", f"Confusion matrix. {worst}", counts)
            absent = [name for name, n in zip(classes, counts.sum(axis=1), strict=True) if n == 0]
            worst += f" Not in the test set: {', '.join(absent)}." if absent else ""
            caption = f"{way(place)}; {system}: {evidence.uar(place, system)}. {worst}"
            chapter.panels.append(Plot(drawn, caption))
    return chapter


def across_corpora(evidence: Evidence) -> Chapter:
    """UAR by training and test corpus as heat maps."""
    chapter = Chapter(
        "Across corpora",
        "UAR by training corpus (rows) and test corpus (columns), with intervals over speakers; on the diagonal "
        "cross-validated over the speakers of one corpus (single), elsewhere cross.",
    )
    cells = headline(evidence.rows, condition=("single", "cross"), metric="uar", versus=None)
    if not select(cells, condition="cross"):
        return chapter
    tests = sorted({row["test"] for row in cells})
    trains = sorted({row["train"] for row in cells}, key=lambda name: (name.count("+"), name))
    for system in systems_of(cells):
        if system == "majority":
            continue
        values, notes = (
            np.full((len(trains), len(tests)), np.nan),
            np.full((len(trains), len(tests)), "", dtype=object),
        )
        times = Counter((row["train"], row["test"]) for row in select(cells, system=system))
        once = [row for row in select(cells, system=system) if times[row["train"], row["test"]] == 1]
        several = [f"{train} → {test}" for (train, test), number in times.items() if number > 1]
        for row in once:
            i, j = trains.index(row["train"]), tests.index(row["test"])
            values[i, j] = row["value"]
            limits = "" if row["ci_low"] is None else f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
            notes[i, j] = f"{limits} {row['n']}".strip()
        said = "; ".join(f"{r['train']} to {r['test']} {r['value']:.2f}" for r in once)
        drawn = plots.matrix(
            values, trains, tests, system, f"UAR, {system}: {said}", notes, "trained on", "tested on", 1.0
        )
        caption = f"{system}; second line: 95 % interval, n."
        caption += f" Measured more than once, so in RESULTS.md alone: {', '.join(several)}." if several else ""
        chapter.panels.append(Plot(drawn, caption))
    return chapter


def speakers(evidence: Evidence) -> Chapter:
    """UAR of each test speaker: means hide whom a model fails."""
    chapter = Chapter(
        "Speaker by speaker",
        "UAR of each test speaker over all folds and seeds. A dot is one speaker, so it has no interval of its own: "
        "the spread of the dots is what the intervals of the means are made of.",
    )
    for place in evidence.places("single", "cross"):
        values: dict[tuple[str, str], float] = {}
        sizes: list[int] = []
        systems = evidence.at(place)
        for system, models in systems.items():
            label, logits, speaker, _ = evidence.labelled(models)
            for name in sorted(set(speaker.tolist()) - {""}):
                mine = speaker == name
                classes, predicted = np.unique(label[mine]), logits[mine].argmax(axis=1)
                values[name, system] = float(
                    recall_score(label[mine], predicted, labels=classes, average="macro", zero_division=0)
                )
                sizes.append(int(mine.sum()) // len({model.seed for model in models}))
        ease = {name: np.mean([uar for (who, _), uar in values.items() if who == name]) for name, _ in values}
        names = sorted(ease, key=lambda name: (ease[name], name))
        if not 2 <= len(names) <= MOST_SPEAKERS:
            continue
        said = f"from {names[0]} (hardest) to {names[-1]} (easiest)"
        drawn = plots.dots(names, list(systems), values, "UAR", f"UAR of each speaker, {said}")
        size = f"n = {min(sizes)} to {max(sizes)} a speaker" if min(sizes) < max(sizes) else f"n = {sizes[0]} a speaker"
        chapter.panels.append(Plot(drawn, f"{way(place)}; {size}; {said}."))
    return chapter


def training(evidence: Evidence) -> Chapter:
    """Losses, accuracy in training and UAR on dev speakers by epoch, a line a model."""
    chapter = Chapter("Training", "By epoch; a line is one fold and seed, a colour one system or one attribute.")
    courses: list[Plot] = []
    by_run: dict[str, dict[Path, str]] = defaultdict(dict)
    for item in evidence.scored:
        if (item.directory / "history.jsonl").exists():
            by_run[item.run][item.directory] = item.system
    for run, models in by_run.items():
        order = systems_of([{"system": system} for system in models.values()])
        histories = [(system, _history(directory)) for directory, system in sorted(models.items())]
        histories.sort(key=lambda item: order.index(item[0]))
        shown = evidence.shown(order)
        for name, title, limits in CURVES:
            lines = [
                (system, *_curve(epochs, name)) for system, epochs in histories if any(name in row for row in epochs)
            ]
            chapter.panels.extend(_training_panel(lines, f"{run}: {title}", title, limits))
        attributes = [
            (name.removesuffix("_loss"), *_curve(epochs, name))
            for system, epochs in histories
            if system == shown
            for name in epochs[-1]
            if name.endswith("_loss")
        ]
        chapter.panels.extend(_training_panel(attributes, f"{run}, {shown}: attributes", "loss of attributes", None))
        courses += _control(run, histories, order)
    more = f" {DECIDED}" if courses else ""
    return Chapter(chapter.title, chapter.text + more, [*chapter.panels, *courses])


def _control(run: str, histories: Sequence[tuple[str, list[dict[str, Any]]]], order: Sequence[str]) -> list[Plot]:
    """How `auto` has decided, a panel an attribute, beside what was decided for other systems beforehand."""
    panels = []
    measured = {name for _, epochs in histories for name in epochs[-1] if name.endswith(CORRELATION)}
    for attribute in sorted(name.removesuffix(CORRELATION) for name in measured):
        parts = []
        for label, suffix in (("factor of its gradient", FACTOR), ("correlation", CORRELATION)):
            of = {
                system: [e for s, e in histories if s == system and f"{attribute}{suffix}" in e[-1]] for system in order
            }
            lines = {system: _spread(models, f"{attribute}{suffix}") for system, models in of.items() if models}
            parts.append((label, lines))
        ends = "; ".join(
            f"{label} of {system} ends at {mean[-1]:+.3f} +- {deviation[-1]:.3f}"
            for label, lines in parts
            for system, (_, mean, deviation) in lines.items()
        )
        models = sum(1 for _, epochs in histories if f"{attribute}{CORRELATION}" in epochs[-1])
        drawn = plots.courses(parts, f"{run}: {attribute}", "epoch", order, f"{attribute} by epoch. {ends}.")
        panels.append(
            Plot(drawn, f"{run}: control of {attribute}; mean and standard deviation; {models} models decide.")
        )
    return panels


def _spread(models: Sequence[list[dict[str, Any]]], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Epochs, and the mean and standard deviation over models."""
    curves = [_curve(epochs, name) for epochs in models]
    length = min(len(x) for x, _ in curves)
    values = np.stack([y[:length] for _, y in curves])
    return curves[0][0][:length], values.mean(axis=0), values.std(axis=0)


def _training_panel(
    lines: list[tuple[str, np.ndarray, np.ndarray]], title: str, label: str, limits: tuple[float, float] | None
) -> list[Plot]:
    if not lines:
        return []
    ends = "; ".join(f"{name} ends at {y[-1]:.3g}" for name, _, y in lines[:6])
    short = max(len(x) for _, x, _ in lines) < 3
    drawn = plots.curves(lines, title, "epoch", label, f"{title} by epoch. {ends}.", limits, markers=short)
    return [Plot(drawn, f"{title}; {len(lines)} line{'s' if len(lines) > 1 else ''}.")]


def _history(directory: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_jsonl(directory / "history.jsonl")] or [{}]


def _curve(epochs: list[dict[str, Any]], name: str) -> tuple[np.ndarray, np.ndarray]:
    points = [(row["epoch"], row[name]) for row in epochs if isinstance(row.get(name), (int, float))]
    x, y = np.asarray(points, dtype=float).T
    return x, y


def reliability(evidence: Evidence) -> Chapter:
    """How often a confidence is right."""
    chapter = Chapter(
        "Is the confidence worth its name?",
        f"Utterances in up to {RELIABILITY_BINS} bins of equal number by confidence: mean confidence against accuracy; "
        "on the dashed line they agree, below it the model is too sure. ECE with its interval: "
        "mean over folds and seeds.",
    )
    for place in evidence.places("single") or evidence.places("cross"):
        lines, notes = [], []
        for system, models in evidence.at(place).items():
            label, logits, _, _ = evidence.labelled(models)
            posterior = softmax(logits)
            confidence, right = posterior.max(axis=1), posterior.argmax(axis=1) == label
            number = min(RELIABILITY_BINS, 1 + len(label) // 30)
            bins = np.array_split(np.argsort(confidence, kind="stable"), number)
            x, y = (np.asarray([values[part].mean() for part in bins]) for values in (confidence, right))
            lines.append((system, x, y))
            notes.append(f"{system}: ECE {evidence.quoted(place, system, 'ece')}")
            size = evidence.size(place, system)
        said = "; ".join([*notes, *filter(None, [size])])
        drawn = plots.curves(
            lines, place[1], "confidence", "accuracy", f"Reliability. {said}", (0, 1.02), diagonal=True, markers=True
        )
        chapter.panels.append(Plot(drawn, f"{way(place)}. {said}."))
    return chapter


def _line(row: Row) -> str:
    return named(row) if row["train"] == row["test"] else f"{row['train']} → {row['test']}"


def _worst(shares: np.ndarray, classes: Sequence[str]) -> str:
    """The most frequent confusion in words."""
    off = np.nan_to_num(np.where(np.eye(len(classes), dtype=bool), 0, shares))
    i, j = map(int, np.unravel_index(off.argmax(), off.shape))
    return f"Most frequent: {classes[i]} taken for {classes[j]}, {off[i, j]:.0%}." if off[i, j] > 0 else "No confusion."

"""Figures of what lies out of distribution: maps of AUROC, histograms of scores, ROC."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from sklearn.metrics import roc_curve

from sernet.report import plots
from sernet.report.evidence import Chapter, Evidence, Plot
from sernet.report.results import headline
from sernet.report.tables import detectors_of, show, systems_of
from sernet.score.files import Scored, load_detector_scores

SHOWN_DETECTORS = ("mahalanobis", "knn", "max_cosine", "msp")
"""Histograms are drawn for the first of these that there is: chosen by name, never by its result on a test."""
OOD_ORDER = ("ood-near", "ood-shift", "ood-far")


def out_of_distribution(evidence: Evidence) -> Chapter:
    """Score histograms and ROC of near, shift and far sets."""
    chapter = Chapter(
        "Does it know when it does not know?",
        "Outlier scores of the ID test set and each OOD set, and the ROC of telling them apart (OOD = positive), for "
        "the first fold and seed; AUROC and its interval are means over folds and seeds. A shift set holds the same "
        "emotions and is to be accepted: its best AUROC is 0.5.",
    )
    by_model: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    for item in evidence.scored:
        if item.condition.startswith("ood-"):
            by_model[item.run, item.system].append(item)
    runs = {run: systems_of([{"system": s} for r, s in by_model if r == run])[-1] for run, _ in sorted(by_model)}
    for run, system in runs.items():
        first = min((item for item in by_model[run, system]), key=lambda item: (item.seed, str(item.fold)))
        items = [item for item in by_model[run, system] if item.directory == first.directory]
        items.sort(key=lambda item: (OOD_ORDER.index(item.condition), item.test))
        chapter.panels.extend(_auroc_map(evidence, run, system))
        found = {row["detector"] for row in evidence.rows if row["run"] == run} - {None}
        detector = next((name for name in (*SHOWN_DETECTORS, *sorted(found)) if name in found), None)
        if detector is None:
            continue
        folder = first.directory / "ood" / detector
        inside = load_detector_scores(folder / "test.npz")[1]
        outside = [(item, load_detector_scores(folder / f"{item.set}.npz")[1]) for item in items]
        parts = [(f"ID test (n = {len(inside)})", inside)]
        parts += [(f"{item.condition[4:]}: {item.test} (n = {len(score)})", score) for item, score in outside]
        notes, lines = [], []
        for item, score in outside:
            where = {"run": run, "system": system, "test": item.test, "condition": item.condition, "detector": detector}
            for row in headline(evidence.rows, metric="auroc", versus=None, **where):
                notes.append(f"{item.condition[4:]}: {item.test} {show(row)} (n = {row['n']}, n_ood = {row['n_ood']})")
            is_ood = np.repeat([0, 1], [len(inside), len(score)])
            fpr, tpr, _ = roc_curve(is_ood, np.concatenate([inside, score]))
            lines.append((f"{item.condition[4:]}: {item.test}", fpr, tpr))
        said = f"{run}, {system}, detector {detector}. AUROC: " + "; ".join(notes)
        title = f"{run}, {system}, {detector}"
        drawn = plots.histograms(parts, title, "outlier score", f"Histograms of outlier scores. {said}")
        chapter.panels.append(Plot(drawn, f"{said}. Fold {first.fold}, seed {first.seed}."))
        alt = f"ROC. {said}"
        drawn = plots.curves(lines, title, "ID rejected", "OOD rejected", alt, (0, 1.02), diagonal=True, skip=1)
        chapter.panels.append(Plot(drawn, f"ROC of the same. {said}."))
    return chapter


def _auroc_map(evidence: Evidence, run: str, system: str) -> list[Plot]:
    rows = headline(evidence.rows, run=run, system=system, metric="auroc", versus=None)
    rows = [row for row in rows if row["condition"] in OOD_ORDER]
    sets = sorted({(OOD_ORDER.index(row["condition"]), row["test"]) for row in rows})
    detectors = detectors_of(rows)
    if not rows:
        return []
    values, notes = np.full((len(detectors), len(sets)), np.nan), np.full((len(detectors), len(sets)), "", dtype=object)
    for row in rows:
        i, j = detectors.index(row["detector"]), sets.index((OOD_ORDER.index(row["condition"]), row["test"]))
        values[i, j] = row["value"]
        notes[i, j] = "" if row["ci_low"] is None else f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
    names = [f"{OOD_ORDER[index][4:]}: {test}" for index, test in sets]
    sizes = "; ".join(sorted({f"{row['test']} n = {row['n']} + {row['n_ood']}" for row in rows}))
    said = "; ".join(f"{row['detector']} on {row['test']} {row['value']:.2f}" for row in rows)
    drawn = plots.matrix(
        values, detectors, names, f"{run}, {system}: AUROC", f"AUROC by detector and set. {said}", notes
    )
    return [Plot(drawn, f"{run}, {system}: AUROC by detector and OOD set, 95 % intervals; {sizes} (ID + OOD).")]

"""Figures of what lies out of distribution: maps of AUROC, histograms of scores, ROC."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from sklearn.metrics import roc_curve

from sernet.report import plots
from sernet.report.evidence import WHICH, Chapter, Evidence, Plot
from sernet.report.results import headline
from sernet.report.tables import detectors_of, named, show
from sernet.score.files import Scored, load_detector_scores

SHOWN_DETECTORS = ("mahalanobis", "knn", "max_cosine", "msp")
"""Histograms are drawn for the first of these that there is: chosen by name, never by its result on a test."""
DASHES = {"near": "--", "shift": ":", "far": "-"}
ID = "ID test"
OOD_ORDER = ("ood-near", "ood-shift", "ood-far")


def out_of_distribution(evidence: Evidence) -> Chapter:
    """Score histograms and ROC of near, shift and far sets."""
    chapter = Chapter(
        "Does it know when it does not know?",
        "Outlier scores of the ID test set and each OOD set, and the ROC of telling them apart (OOD = positive), for "
        f"the first fold and seed of one system ({WHICH}); AUROC and its interval are means over folds and seeds. A "
        "shift set holds the same emotions and is to be accepted: its best AUROC is 0.5. The tables have all systems.",
    )
    by_model: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    for item in evidence.scored:
        if item.condition.startswith("ood-"):
            by_model[item.run, item.system].append(item)
    runs = {run: evidence.shown(system for other, system in by_model if other == run) for run, _ in by_model}
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
        notes, lines, parts = [], [], []
        for item, score in outside:
            name = f"{item.condition[4:]}: {item.test}"
            where = {"run": run, "system": system, "test": item.test, "condition": item.condition, "detector": detector}
            for row in headline(evidence.rows, metric="auroc", versus=None, **where):
                notes.append(f"{named(row).replace(run, name, 1)} {show(row)}, n_ood = {row['n_ood']}")
            is_ood = np.repeat([0, 1], [len(inside), len(score)])
            fpr, tpr, _ = roc_curve(is_ood, np.concatenate([inside, score]))
            lines.append((name, fpr, tpr))
            parts.append((name, score))
        title = f"{run}, {system}, {detector}"
        one = f"fold {first.fold}, seed {first.seed}: n = {len(inside)} ID"
        drawn = plots.ridges(
            (ID, inside), parts, title, "outlier score", f"Histograms of outlier scores. {title}; {one}"
        )
        chapter.panels.append(Plot(drawn, f"{title}: outlier scores, {one} (grey, in every row)."))
        said = f"AUROC, mean over folds and seeds: {'; '.join(notes)}"
        dashes = {name: DASHES[name.partition(":")[0]] for name, _, _ in lines}
        drawn = plots.curves(
            lines,
            title,
            "ID rejected",
            "OOD rejected",
            f"ROC. {title}, {one}. {said}",
            (0, 1.02),
            diagonal=True,
            skip=1,
            dashes=dashes,
        )
        chapter.panels.append(Plot(drawn, f"ROC of the same; near: dashed, shift: dotted, far: solid. {said}."))
    return chapter


def _auroc_map(evidence: Evidence, run: str, system: str) -> list[Plot]:
    """By detector and set; a map for each fold where these stand apart."""
    rows = headline(evidence.rows, run=run, system=system, metric="auroc", versus=None)
    rows = [row for row in rows if row["condition"] in OOD_ORDER]
    plots_ = []
    for fold in dict.fromkeys(row["fold"] for row in rows):
        here = [row for row in rows if row["fold"] == fold]
        sets = sorted({(OOD_ORDER.index(row["condition"]), row["test"]) for row in here})
        detectors = detectors_of(here)
        values = np.full((len(detectors), len(sets)), np.nan)
        notes = np.full(values.shape, "", dtype=object)
        for row in here:
            i, j = detectors.index(row["detector"]), sets.index((OOD_ORDER.index(row["condition"]), row["test"]))
            values[i, j] = row["value"]
            notes[i, j] = "" if row["ci_low"] is None else f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
        names = [f"{OOD_ORDER[index][4:]}: {test}" for index, test in sets]
        sizes = ", ".join(dict.fromkeys(f"{row['test']} {row['n_ood']}" for row in here))
        said = "; ".join(f"{row['detector']} on {row['test']} {row['value']:.2f}" for row in here)
        title = f"{named(here[0])}, {system}: AUROC"
        drawn = plots.matrix(values, detectors, names, title, f"AUROC by detector and set. {said}", notes)
        caption = f"{title} by detector and OOD set, 95 % intervals; n = {here[0]['n']} ID, n_ood = {sizes}."
        plots_.append(Plot(drawn, caption))
    return plots_

"""From an experiment's rows and score files to the figures of its report, each with a caption and a text alternative."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from sklearn.manifold import TSNE
from sklearn.metrics import confusion_matrix, recall_score, roc_curve

from sernet.report import plots
from sernet.report.results import Row, headline, select
from sernet.report.tables import CONDITIONS, show, systems_of
from sernet.score.files import Scored, ScoreSet, load_detector_scores
from sernet.score.tables import softmax

SHOWN_DETECTORS = ("mahalanobis", "knn", "max_cosine", "msp")
"""Histograms are drawn for the first of these that there is: chosen by name, never by its result on a test."""
MAP_POINTS = 900
RELIABILITY_BINS = 10

Loader = Callable[[Path], ScoreSet]


@dataclass(frozen=True)
class Plot:
    """One panel."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Chapter:
    """A heading, what to know, and panels side by side."""

    title: str
    text: str
    panels: list[Plot] = field(default_factory=list)


class Evidence:
    """The score files behind the rows, by (run, test, condition) and system; files are read once."""

    def __init__(self, scored: Sequence[Scored], rows: Sequence[Row]) -> None:
        self.rows = rows
        self.load: Loader = lru_cache(maxsize=64)(ScoreSet.load)
        self.scored = sorted(scored, key=lambda s: (s.run, s.condition, s.train, s.test, s.system, s.seed, str(s.fold)))

    def places(self, *conditions: str) -> list[tuple[str, str, str, str]]:
        """(condition, run, train, test) that were scored under the given conditions."""
        found = {(s.condition, s.run, s.train, s.test) for s in self.scored if s.condition in conditions}
        return sorted(found, key=lambda place: (conditions.index(place[0]), place[1:]))

    def at(self, place: tuple[str, str, str, str]) -> dict[str, list[Scored]]:
        """Models at a place, by system in the order of the tables."""
        here = [s for s in self.scored if (s.condition, s.run, s.train, s.test) == place]
        order = systems_of([{"system": s.system} for s in here])
        return {system: [s for s in here if s.system == system] for system in order}

    def labelled(self, models: Sequence[Scored]) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
        """Labels, logits, speakers and classes of the labelled utterances of several models, one after another."""
        sets = [self.load(model.score_file) for model in models]
        keep = [scores.label >= 0 for scores in sets]
        label = np.concatenate([scores.label[k] for scores, k in zip(sets, keep)])
        logits = np.concatenate([scores.logits[k] for scores, k in zip(sets, keep)])
        speaker = np.concatenate([scores.speaker[k] for scores, k in zip(sets, keep)])
        return label, logits, speaker, list(map(str, sets[0].classes))

    def uar(self, place: tuple[str, str, str, str], system: str) -> str:
        """The quoted UAR, as text with its interval and n."""
        condition, run, train, test = place
        where = {"condition": condition, "run": run, "train": train, "test": test, "system": system}
        found = headline(self.rows, metric="uar", versus=None, **where)
        return f"UAR {show(found[0])}, n = {found[0]['n']}, {found[0]['n_speakers']} speakers" if found else ""


def way(place: tuple[str, str, str, str]) -> str:
    """Where a number comes from, in words."""
    condition, run, train, test = place
    return f"{run}: {test}, {condition}" if train == test else f"{run}: {train} -> {test}, {condition}"


def overview(evidence: Evidence) -> Chapter:
    """UAR of every run and system with intervals."""
    chapter = Chapter("UAR at a glance", "Dots: mean over folds and seeds. Lines: 95 % interval over speakers. Dotted: chance.")
    for condition, meaning in CONDITIONS.items():
        rows = headline(evidence.rows, metric="uar", versus=None, condition=condition)
        lines = sorted({_line(row) for row in rows})
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
        sizes = "; ".join(sorted({f"{_line(row)}: n = {row['n']}, {row['n_speakers']} speakers" for row in rows}))
        drawn = plots.intervals(lines, systems, values, "UAR", f"UAR with intervals: {said}", chance)
        chapter.panels.append(Plot(drawn, f"{meaning} ({condition}). {sizes}."))
    return chapter


def confusions(evidence: Evidence) -> Chapter:
    """Who is taken for whom: a panel a run and system."""
    chapter = Chapter(
        "Confusions",
        "Rows: what was meant; columns: what was recognised. Large: share of the row, pooled over folds and seeds; "
        "small: number of decisions. Intervals of the diagonal stand in the recall tables.",
    )
    for place in evidence.places("single", "cross"):
        for system, models in evidence.at(place).items():
            label, logits, _, classes = evidence.labelled(models)
            counts = confusion_matrix(label, logits.argmax(axis=1), labels=range(len(classes)))
            with np.errstate(invalid="ignore"):
                shares = counts / counts.sum(axis=1, keepdims=True)
            worst = _worst(shares, classes)
            short = [name[:9] for name in classes]
            drawn = plots.matrix(shares, short, short, f"{place[1]}, {system}", f"Confusion matrix. {worst}", counts)
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
        values, notes = np.full((len(trains), len(tests)), np.nan), np.full((len(trains), len(tests)), "", dtype=object)
        for row in select(cells, system=system):
            i, j = trains.index(row["train"]), tests.index(row["test"])
            values[i, j] = row["value"]
            limits = "" if row["ci_low"] is None else f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
            notes[i, j] = f"{limits} {row['n']}".strip()
        said = "; ".join(f"{r['train']} to {r['test']} {r['value']:.2f}" for r in select(cells, system=system))
        drawn = plots.matrix(values, trains, tests, system, f"UAR, {system}: {said}", notes, "trained on", "tested on")
        chapter.panels.append(Plot(drawn, f"{system}; second line: 95 % interval, n."))
    return chapter


def speakers(evidence: Evidence) -> Chapter:
    """UAR of each test speaker: means hide whom a model fails."""
    chapter = Chapter(
        "Speaker by speaker",
        "UAR of each test speaker over all folds and seeds. A dot is one speaker, so it has no interval of its own: the "
        "spread of the dots is what the intervals of the means are made of.",
    )
    for place in evidence.places("single", "cross"):
        values: dict[tuple[str, str], tuple[float, float | None, float | None]] = {}
        sizes: list[int] = []
        systems = evidence.at(place)
        for system, models in systems.items():
            label, logits, speaker, _ = evidence.labelled(models)
            for name in sorted(set(speaker.tolist()) - {""}):
                mine = speaker == name
                predicted = logits[mine].argmax(axis=1)
                uar = recall_score(
                    label[mine], predicted, labels=np.unique(label[mine]), average="macro", zero_division=0
                )
                values[name, system] = (float(uar), None, None)
                sizes.append(int(mine.sum()) // len({m.seed for m in models}))
        names = sorted({name for name, _ in values}, key=lambda name: np.mean([v[0] for k, v in values.items() if k[0] == name]))
        if not 2 <= len(names) <= 60:
            continue
        said = f"from {names[0]} (hardest) to {names[-1]} (easiest)"
        drawn = plots.intervals(names, list(systems), values, "UAR", f"UAR of each speaker, {said}")
        size = f"n = {min(sizes)} to {max(sizes)} a speaker" if min(sizes) < max(sizes) else f"n = {sizes[0]} a speaker"
        chapter.panels.append(Plot(drawn, f"{way(place)}; {size}; {said}."))
    return chapter


def training(evidence: Evidence) -> Chapter:
    """Loss and UAR by epoch, a line a model."""
    chapter = Chapter("Training", "By epoch; a line is one fold and seed, a colour one system.")
    by_run: dict[str, dict[Path, str]] = defaultdict(dict)
    for item in evidence.scored:
        if (item.directory / "history.jsonl").exists():
            by_run[item.run][item.directory] = item.system
    for run, models in sorted(by_run.items()):
        for name, title, limits in (
            ("loss", "training loss", None),
            ("train_uar", "UAR in training", (0.0, 1.0)),
            ("dev_uar", "UAR on dev speakers", (0.0, 1.0)),
        ):
            lines = []
            for directory, system in sorted(models.items(), key=lambda item: (item[1], item[0])):
                text = (directory / "history.jsonl").read_text(encoding="utf-8").splitlines()
                epochs = [json.loads(line) for line in text if line.strip()]
                points = [(row["epoch"], row[name]) for row in epochs if isinstance(row.get(name), (int, float))]
                if points:
                    lines.append((system, *np.asarray(points, dtype=float).T))
            if not lines:
                continue
            order = [name for name in systems_of([{"system": line[0]} for line in lines])]
            ends = "; ".join(f"{system} ends at {y[-1]:.3g}" for system, _, y in lines[:6])
            drawn = plots.curves(lines, f"{run}: {title}", "epoch", title, f"{title} by epoch. {ends}", limits, order=order)
            chapter.panels.append(Plot(drawn, f"{run}, {title}; {len(lines)} models."))
    return chapter


def reliability(evidence: Evidence) -> Chapter:
    """How often a confidence is right."""
    chapter = Chapter(
        "Is the confidence worth its name?",
        f"Utterances in {RELIABILITY_BINS} bins of equal number by confidence: mean confidence against accuracy; on the "
        "dashed line they agree, below it the model is too sure. ECE with its interval, mean over folds and seeds.",
    )
    for place in evidence.places("single", "cross"):
        lines, notes = [], []
        for system, models in evidence.at(place).items():
            label, logits, _, _ = evidence.labelled(models)
            posterior = softmax(logits)
            confidence, right = posterior.max(axis=1), posterior.argmax(axis=1) == label
            bins = np.array_split(np.argsort(confidence, kind="stable"), RELIABILITY_BINS)
            bins = [part for part in bins if len(part)]
            x, y = (np.asarray([values[part].mean() for part in bins]) for values in (confidence, right))
            lines.append((system, x, y))
            condition, run, train, test = place
            where = {"condition": condition, "run": run, "train": train, "test": test, "system": system}
            notes += [f"{system}: ECE {show(row)}" for row in headline(evidence.rows, metric="ece", **where)]
            size = headline(evidence.rows, metric="uar", versus=None, **where)
        said = "; ".join(notes) + (f"; n = {size[0]['n']}, {size[0]['n_speakers']} speakers" if size else "")
        drawn = plots.curves(
            lines, place[1], "confidence", "accuracy", f"Reliability. {said}", (0, 1), diagonal=True, markers=True
        )
        chapter.panels.append(Plot(drawn, f"{way(place)}. {said}."))
    return chapter


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
        items.sort(key=lambda item: (("ood-near", "ood-shift", "ood-far").index(item.condition), item.test))
        found = {folder.parent.name for item in items for folder in first.directory.glob(f"ood/*/{item.set}.npz")}
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
        drawn = plots.curves(lines, title, "ID rejected", "OOD rejected", alt, (0, 1), diagonal=True)
        chapter.panels.append(Plot(drawn, f"ROC of the same. {said}."))
    return chapter


def embedding_map(evidence: Evidence) -> Chapter:
    """t-SNE of what one model makes of all that it was shown, coloured three ways."""
    chapter = Chapter("What the embedding holds", "")
    places = evidence.places("single") or evidence.places("cross")
    if not places:
        return chapter
    models = evidence.at(places[0])
    model = models[list(models)[-1]][0]
    same = {item.set: item for item in evidence.scored if item.directory == model.directory}
    sets = [evidence.load(same[name].score_file) for name in sorted(same) if not same[name].condition == "ood-far"]
    embedding = np.concatenate([scores.embedding for scores in sets])
    names = {
        what: np.concatenate([getattr(scores, what) for scores in sets]) for what in ("emotion", "speaker", "corpus")
    }
    if len(embedding) > MAP_POINTS:  # every k-th, so that all sets and speakers stay
        chosen = np.linspace(0, len(embedding) - 1, MAP_POINTS).round().astype(int)
        embedding, names = embedding[chosen], {what: text[chosen] for what, text in names.items()}
    if len(embedding) < 10:
        return chapter
    unit = embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
    perplexity = min(30.0, (len(unit) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=0, n_jobs=1).fit_transform(unit)
    text = (
        f"t-SNE (van der Maaten and Hinton 2008) of the normalised embeddings of one model ({model.run}, {model.system}, "
        f"fold {model.fold}, seed {model.seed}), n = {len(unit)}: its test speakers and what else it was tested on. "
        "Neighbours mean something, distances between groups do not."
    )
    chapter = Chapter(chapter.title, text)
    for what, values in names.items():
        shown = np.where(values == "", "none", values)
        count = len(set(shown.tolist()))
        if count > 1:
            alt = f"t-SNE of embeddings coloured by {what}: {', '.join(sorted(set(shown.tolist()))[:12])}"
            chapter.panels.append(Plot(plots.scatter(points, shown, f"by {what}", alt), f"Coloured by {what} ({count})."))
    return chapter


def _line(row: Row) -> str:
    return row["run"] if row["train"] == row["test"] else f"{row['train']} -> {row['test']}"


def _worst(shares: np.ndarray, classes: Sequence[str]) -> str:
    """The most frequent confusion in words."""
    off = np.nan_to_num(np.where(np.eye(len(classes), dtype=bool), 0, shares))
    i, j = np.unravel_index(off.argmax(), off.shape)
    return f"Most frequent: {classes[i]} taken for {classes[j]}, {off[i, j]:.0%}." if off[i, j] > 0 else "No confusion."

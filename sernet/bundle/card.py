"""The model card: what a bundle is, what it was measured to do and under which conditions, and what it must not do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sernet.bundle.audio import PIECE_SECONDS
from sernet.bundle.format import Contents
from sernet.report.groups import UNTUNED
from sernet.report.results import quotable

SHOWN = ("uar", "war", "macro_f1", "ece", "auroc", "fpr95_id_pos")
CONDITIONS = {
    "single": "unheard speakers of the training corpora",
    "cross": "another corpus",
    "ood-near": "emotions left out of training",
    "ood-shift": "the same emotions in another corpus",
    "ood-far": "far from acted emotion",
}
ENOUGH_SEEDS = 3


class Measured(NamedTuple):
    """What share of the test utterances the threshold accepts."""

    accepted: float
    utterances: int
    speakers: int


def card(
    contents: Contents,
    measured: Measured | None,
    results: list[dict[str, Any]],
    among_all: Mapping[str, float],
    onnx: bool,
    started_on: list[str],
) -> str:
    """The card, Markdown.

    ``among_all``: by corpus, UAR of this model's test utterances decided among all classes, where ``results`` have it
    among the corpus's own. ``started_on``: the corpora of the model that its training started from.
    """
    origin = contents.origin
    fold = "everything" if origin.fold == "all" else f"fold {origin.fold}"
    lines = [
        f"# Speech emotion recognition: {', '.join(contents.classes)}",
        "",
        f"{_network(contents)} (system `{origin.system}`), trained by sernet {contents.sernet}'s recipe "
        f"`{origin.recipe}`, run `{origin.run}`, {fold}, seed {origin.seed}, on {origin.utterances} "
        f"utterances of {origin.speakers} speakers{_start(started_on)}.",
        "",
        "```python",
        "import sernet",
        'model = sernet.load("this/folder")',
        "print(model.predict(samples, rate))",
        "```",
        "",
        "On the command line: `sernet predict this/folder recordings/ --format csv`.",
        "",
        "## Training corpora and their licences",
        "",
        *(f"- **{c.title}** (`{c.name}`): {c.licence}. {c.source}" for c in origin.corpora),
        "",
        "Whether a licence binds a model trained on the corpus is for its user to judge; the note is passed on here.",
        "",
        "## What it hears",
        "",
        f"Recordings of any rate, resampled to {contents.features.sample_rate} Hz; the mean of their channels. Up to "
        f"{PIECE_SECONDS:.0f} s they are one utterance; longer ones are cut into equal pieces of at most that, each "
        "normalised by itself, and the pieces' embeddings are averaged: of a whole talk the answer says little.",
        *_sum(contents),
        "",
        "## Confidence and rejection",
        "",
        f"- Confidence: {_calibration(contents)}",
        f"- {_rejection(contents, measured)}",
        "",
        "## Classes",
        "",
        *_classes(contents),
        "",
        "## Figures",
        "",
        *_figures(contents, results, among_all),
        "",
        "## Limits",
        "",
        "It recognises how the actors or speakers of its corpora express emotions, in their languages and recording "
        "conditions; elsewhere it is worse (see the cross-corpus rows, if any). It says nothing about what somebody "
        "feels, and is not fit to judge people.",
        "",
        "## Files",
        "",
        "`bundle.json` (settings, digests; its own is in `bundle.json.sha256`), "
        "`model.safetensors` (weights), `statistics.safetensors` (normalisation, "
        "mel filters, head, what the detector has learnt)"
        + (", `model.onnx` (samples to embedding and logits)" if onnx else "")
        + f". Format {contents.format}. Reading them runs no code.",
    ]
    return "\n".join(lines) + "\n"


def _calibration(contents: Contents) -> str:
    found = contents.calibration
    if found.temperature is None:
        return f"{found.note}."
    return f"softmax of the logits at temperature {found.temperature:.3f}, fitted by {found.note}."


def _rejection(contents: Contents, measured: Measured | None) -> str:
    found = contents.outliers
    options = "".join(f", {name} {value:g}" for name, value in found.options.items())
    by = "the network's alone, " if contents.listeners else ""
    text = (
        f"Rejection: {by}detector `{found.detector}`{options} ({found.chosen}); accepted up to {found.threshold:.6g}, "
        f"which keeps {found.acceptance:.0%} of the {found.fitted_on} utterances."
    )
    if found.fitted_on == "train":
        text += (
            " The model knows its training speakers too well: of unheard speakers it accepts fewer. A run with dev "
            "speakers gives a threshold that holds."
        )
    if measured is not None:
        text += (
            f" Measured, not chosen by: of {measured.utterances} test utterances of {measured.speakers} unheard "
            f"speakers it accepts {measured.accepted:.0%}."
        )
    return text


def _differing(contents: Contents) -> dict[str, list[str]]:
    """The corpora that lack some of the classes, with those that they gave in training."""
    return {corpus.name: corpus.classes for corpus in contents.origin.corpora if corpus.classes}


def _classes(contents: Contents) -> list[str]:
    number, given = len(contents.classes), _differing(contents)
    lines = [
        f"It decides among all {number}, or, of speech that is known to show some of them alone, among those: "
        "`model.predict(samples, rate, classes=[...])`, `sernet predict --classes A,B`. The posterior is then the "
        "softmax over these alone, the confidence likewise; outlier score and threshold stay those of the whole model."
    ]
    if given:
        lines += [
            "",
            "Not every corpus has all of them. In training, those that a corpus lacks were masked for its utterances: "
            "nothing was learnt that tells them apart from the corpus itself. They gave:",
            "",
            *(f"- `{name}`: {len(own)} of {number}, {', '.join(own)}" for name, own in given.items()),
            "",
            "Figures of their unheard speakers are decided as in training, among their own. Among all, the default, "
            "the model does as well at best: where its test scores were there, the rows of all tell how well.",
        ]
    if contents.calibration.restricted:
        lines += [
            "",
            f"Among chosen classes the confidence is at temperature {contents.calibration.restricted:.3f}, fitted on "
            "the same dev utterances, each decided among the classes of its corpus.",
        ]
    return lines


def _figures(contents: Contents, results: list[dict[str, Any]], among_all: Mapping[str, float]) -> list[str]:
    origin = contents.origin
    outliers_by = origin.network or origin.system
    of = {(origin.system, None), (outliers_by, contents.outliers.detector)}
    rows = [
        row
        for row in results
        if row["run"] == origin.run and (row["system"], row["detector"]) in of and row["versus"] is None
        and row["metric"] in SHOWN
    ]  # fmt: skip
    own = [row for row in rows if row["fold"] == origin.fold and row["seed"] == origin.seed]
    means = [row for row in quotable(rows) if row["seed"] is None]
    apart = [row for row in means if isinstance(row["fold"], int) and row["fold"] == origin.fold]
    mean = apart or [row for row in means if row["fold"] in ("mean", UNTUNED)]
    if not own and not mean:
        return ["None: the experiment has no results.json (stage report)."]
    seeds = {row["seed"] for row in rows if row["seed"] is not None}
    folds = {row["fold"] for row in rows if isinstance(row["fold"], int)}
    rows_among = [(row, _among(contents, row)) for row in own]
    rows_among += [
        (row | {"value": among_all[row["test"]], "ci_low": None}, f"all {len(contents.classes)}")
        for row in own
        if row["metric"] == "uar" and row["condition"] == "single" and row["test"] in among_all
    ]
    lines = _table("This model", rows_among)
    if mean and (len(folds) > 1 or len(seeds) > 1):
        over = "this fold, which stands apart from the others," if apart else _count(len(folds), "fold")
        title = f"Models made like this one: mean over {over} and {_count(len(seeds), 'seed')}"
        lines += ["", *_table(title, [(row, _among(contents, row)) for row in mean])]
    shown = {row["condition"] for row in own + mean}
    lines += ["", "; ".join(f"{name}: {text}" for name, text in CONDITIONS.items() if name in shown) + "."]
    if len(seeds) < ENOUGH_SEEDS:
        lines += ["", f"Preliminary: {_count(len(seeds), 'seed')}, fewer than {ENOUGH_SEEDS}."]
    return lines


def _start(corpora: list[str]) -> str:
    """What it began with, if with anything."""
    return f", starting from a model of all of {' and '.join(f'`{name}`' for name in corpora)}" if corpora else ""


def _network(contents: Contents) -> str:
    kind = contents.model.kind
    network = "MSAC-SERNet" if kind == "sernet" else f"A peer of MSAC-SERNet, `{kind}`"
    return f"{network} and linear classifiers on functionals, added" if contents.listeners else network


def _sum(contents: Contents) -> list[str]:
    """What is added, where something is."""
    if not contents.listeners:
        return []
    shown = ", ".join(f"`{one.functionals.features}` times {one.weight:g}" for one in contents.listeners)
    return [
        "",
        f"To the network's logits, times {contents.weight:g}, the decision values of linear classifiers are added, on "
        f"functionals of the same samples: {shown}. openSMILE computes them (`pip install opensmile==2.6.0`; its "
        "licence allows research, education and private use, nothing commercial). Such a sum is no log-probability. "
        "The segments of `sernet predict --timeline` are the network's alone.",
    ]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _among(contents: Contents, row: Mapping[str, Any]) -> str:
    """Among which classes a figure was decided; nothing is decided where outliers are told."""
    if row["detector"] is not None:
        return ""
    own = _differing(contents).get(row["test"], contents.classes) if row["condition"] == "single" else contents.classes
    number = len(contents.classes)
    return f"all {number}" if len(own) == number else f"{len(own)} of {number}"


def _table(title: str, rows: Iterable[tuple[dict[str, Any], str]]) -> list[str]:
    """Rows, each with among which classes it was decided."""

    def place(item: tuple[dict[str, Any], str]) -> tuple[int, str, int]:
        row, names = item[0], list(CONDITIONS)
        condition = names.index(row["condition"]) if row["condition"] in CONDITIONS else len(names)
        return condition, row["test"], SHOWN.index(row["metric"])

    return [
        f"{title}:",
        "",
        "| condition | trained on | tested on | classes | metric | value | 95 % interval | n | speakers |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(row, among) for row, among in sorted(rows, key=place)),
    ]


def _row(row: dict[str, Any], among: str) -> str:
    interval = "" if row["ci_low"] is None else f"{row['ci_low']:.3f} to {row['ci_high']:.3f}"
    value = "" if row["value"] is None else f"{row['value']:.3f}"
    condition = row["condition"] + (", folds that nothing was tuned on" if row["fold"] == UNTUNED else "")
    return (
        f"| {condition} | {row['train']} | {row['test']} | {among} | {row['metric']} | {value} | "
        f"{interval} | {row['n']} | {row['n_speakers']} |"
    )

"""The model card: what a bundle is, what it was measured to do and under which conditions, and what it must not do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sernet.bundle.audio import PIECE_SECONDS
from sernet.bundle.format import Contents

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


def card(contents: Contents, measured: Measured | None, results: list[dict[str, Any]], onnx: bool) -> str:
    """The card, Markdown."""
    origin = contents.origin
    fold = "everything" if origin.fold == "all" else f"fold {origin.fold}"
    lines = [
        f"# Speech emotion recognition: {', '.join(contents.classes)}",
        "",
        f"MSAC-SERNet (system `{origin.system}`), trained by sernet {contents.sernet}'s recipe `{origin.recipe}`, run "
        f"`{origin.run}`, {fold}, seed {origin.seed}, on {origin.utterances} utterances of {origin.speakers} speakers.",
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
        "",
        "## Confidence and rejection",
        "",
        f"- Confidence: {_calibration(contents)}",
        f"- {_rejection(contents, measured)}",
        "",
        "## Figures",
        "",
        *_figures(contents, results),
        "",
        "## Limits",
        "",
        "It recognises how the actors or speakers of its corpora express emotions, in their languages and recording "
        "conditions; elsewhere it is worse (see the cross-corpus rows, if any). It says nothing about what somebody "
        "feels, and is not fit to judge people.",
        "",
        "## Files",
        "",
        "`bundle.json` (settings, digests), `model.safetensors` (weights), `statistics.safetensors` (normalisation, "
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
    text = (
        f"Rejection: detector `{found.detector}`{options} ({found.chosen}); accepted up to {found.threshold:.6g}, "
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


def _figures(contents: Contents, results: list[dict[str, Any]]) -> list[str]:
    origin = contents.origin
    rows = [
        row
        for row in results
        if row["run"] == origin.run and row["system"] == origin.system and row["versus"] is None
        and row["metric"] in SHOWN and row["detector"] in (None, contents.outliers.detector)
    ]  # fmt: skip
    own = [row for row in rows if row["fold"] == origin.fold and row["seed"] == origin.seed]
    mean = [row for row in rows if row["fold"] == "mean" and row["seed"] is None]
    if not own and not mean:
        return ["None: the experiment has no results.json (stage report)."]
    seeds = {row["seed"] for row in rows if row["seed"] is not None}
    folds = {row["fold"] for row in rows if isinstance(row["fold"], int)}
    lines = _table("This model", own)
    if mean and (len(folds) > 1 or len(seeds) > 1):
        title = f"Models made like this one: mean over {_count(len(folds), 'fold')} and {_count(len(seeds), 'seed')}"
        lines += ["", *_table(title, mean)]
    shown = {row["condition"] for row in own + mean}
    lines += ["", "; ".join(f"{name}: {text}" for name, text in CONDITIONS.items() if name in shown) + "."]
    if len(seeds) < ENOUGH_SEEDS:
        lines += ["", f"Preliminary: {_count(len(seeds), 'seed')}, fewer than {ENOUGH_SEEDS}."]
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _table(title: str, rows: Iterable[dict[str, Any]]) -> list[str]:
    ordered = sorted(rows, key=lambda row: (list(CONDITIONS).index(row["condition"]) if row["condition"] in CONDITIONS
                                            else len(CONDITIONS), row["test"], SHOWN.index(row["metric"])))  # fmt: skip
    return [
        f"{title}:",
        "",
        "| condition | trained on | tested on | metric | value | 95 % interval | n | speakers |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(row) for row in ordered),
    ]


def _row(row: dict[str, Any]) -> str:
    interval = "" if row["ci_low"] is None else f"{row['ci_low']:.3f} to {row['ci_high']:.3f}"
    value = "" if row["value"] is None else f"{row['value']:.3f}"
    return (
        f"| {row['condition']} | {row['train']} | {row['test']} | {row['metric']} | {value} | {interval} "
        f"| {row['n']} | {row['n_speakers']} |"
    )

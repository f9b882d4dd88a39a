"""Copies what was measured from exp/ into its recipe, with per-utterance predictions. See publish.sh."""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from sernet.config.yaml_reading import read_yaml
from sernet.errors import SernetError
from sernet.pipeline.files import atomic, write_text
from sernet.pipeline.reading import read_json
from sernet.report.measured import load
from sernet.report.results import read_results, write_results
from sernet.score.files import Scored, ScoreSet

ROOT = Path(__file__).resolve().parents[1]
RECOGNITION = ("single", "cross")  # the conditions that are published utterance by utterance


def publish(experiment: Path, recipe: Path) -> list[Path]:
    """Copy RESULTS.md, with the recipe's NOTES.md behind it, results.json and config.yaml; write the predictions.

    Of detectors and of out-of-distribution sets, results.json keeps the means over all folds: the rows of each model
    and of untuned folds, nine tenths of the file and more, stay in exp/.

    Raises:
        SernetError: the experiment has no report yet.
    """
    written = []
    for name in ("RESULTS.md", "results.json", "config.yaml"):
        if not (experiment / name).exists():
            raise SernetError(f"{experiment / name} is not there: run the recipe to its end first (stage report)")
        written.append(recipe / name)
    text = (experiment / "RESULTS.md").read_text(encoding="utf-8")
    if (recipe / "NOTES.md").exists():
        text += "\n" + (recipe / "NOTES.md").read_text(encoding="utf-8")
    write_text(recipe / "RESULTS.md", text)
    rows = read_results(experiment / "results.json")
    # Systems in full: defaults change, and what was measured with them does not.
    config = read_yaml(experiment / "config.yaml") | {"systems": load(experiment).settings["systems"]}
    write_text(recipe / "config.yaml", yaml.safe_dump(config, width=120))
    kept = [
        row
        for row in rows
        if (row["detector"] is None and row["condition"] in RECOGNITION)
        or (row["seed"] is None and row["fold"] != "mean-untuned")
    ]
    write_results(kept, recipe / "results.json")
    for run, sets in _by_run(read_json(experiment / "report" / "report.json")["config"]["scored"]).items():
        path = recipe / "predictions" / f"{run}.tsv.gz"
        with atomic(path) as temporary, open(temporary, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as stream:
                stream.writelines(line.encode() for line in _lines(experiment, sets))
        written.append(path)
    return written


def _by_run(scored: list[dict[str, object]]) -> dict[str, list[dict[str, object]]]:
    runs: dict[str, list[dict[str, object]]] = {}
    for item in scored:
        if item["condition"] in RECOGNITION:
            runs.setdefault(str(item["run"]), []).append(item)
    return runs


def _lines(experiment: Path, sets: list[dict[str, object]]) -> Iterator[str]:
    """A header with the classes, then `system fold seed test utterance label logits`, tabs between.

    Logits have all digits of their float32, so that every figure can be computed again as it was; what was published
    until December 2026 has four decimals, where two classes may tie. The logit of a class that
    the tested corpus does not have in training is -inf: it is not decided for.
    """
    header = None
    for item in sets:
        fold = "all" if item["fold"] == "all" else f"fold{item['fold']}"
        folder = experiment / str(item["run"]) / str(item["system"]) / fold / f"seed{item['seed']}"
        scores = ScoreSet.load(folder / "scores" / f"{item['set']}.npz")
        if header is None:
            header = ["system", "fold", "seed", "test", "utterance", "label", *scores.classes]
            yield "\t".join(header) + "\n"
        view = Scored.read(item).view
        masked = ~np.isin(scores.classes, view.classes if view else scores.classes)
        shown = np.where(masked, -np.inf, scores.logits)
        for identity, label, logits in zip(scores.utt_id, scores.label, shown, strict=True):
            start = [item["system"], item["fold"], item["seed"], item["test"], identity, scores.classes[label]]
            yield "\t".join([*map(str, start), *map(str, logits.astype(np.float32))]) + "\n"


def _part(text: str) -> str:
    if not re.fullmatch(r"[a-z][\w-]*", text) or text in ("conf", "folds", "predictions"):
        raise argparse.ArgumentTypeError(
            f"{text!r}: a new folder's name, such as lstm; conf, folds, predictions are taken"
        )
    return text


def main() -> None:
    """The command line of publish.sh."""
    parser = argparse.ArgumentParser(prog="bash utils/publish.sh", allow_abbrev=False, description=__doc__)
    parser.add_argument("recipe", help="a folder of egs/")
    parser.add_argument("--workdir", type=Path, default=ROOT, help="holds exp/ (default: here)")
    parser.add_argument("--tag", help="of the experiment")
    parser.add_argument(
        "--part",
        type=_part,
        help="publish into egs/RECIPE/PART, a page of its own: some systems or runs that were measured later than the "
        "recipe's page, which stays",
    )
    options = parser.parse_args()
    name = f"{options.recipe}-{options.tag}" if options.tag else options.recipe
    try:
        for path in publish(options.workdir / "exp" / name, ROOT / "egs" / options.recipe / (options.part or "")):
            print(path)
    except SernetError as error:
        print(f"publish.sh: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()

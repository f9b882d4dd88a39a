"""`sernet export EXP DIR`: a trained model as a bundle."""

from __future__ import annotations

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("experiment", metavar="EXP", type=Path, help="exp/<recipe>, or one model's seed folder")
    parser.add_argument("target", metavar="DIR", type=Path, help="the bundle to write")
    parser.add_argument("--run", help="where EXP holds several")
    parser.add_argument("--system", help="baseline, am, msac, or the recipe's own")
    parser.add_argument("--fold", help="a number, or all")
    parser.add_argument("--seed", help="a number")
    parser.add_argument(
        "--detector", help="of outliers; default: by dev scores where the recipe tunes, else mahalanobis"
    )
    parser.add_argument("--accept", type=float, default=0.95, metavar="SHARE", help="of dev (else train) speech; 0.95")
    parser.add_argument("--onnx", action="store_true", help="also write model.onnx")
    parser.add_argument("--force", action="store_true", help="overwrite a bundle")
    parser.add_argument("--egs", type=Path, help="recipes to take the corpora's licences from; default: sernet's own")


def run(options: argparse.Namespace) -> int:
    """Write the bundle and say what it holds."""
    from sernet.bundle import export
    from sernet.bundle.source import KEYS, find

    source = find(options.experiment, {key: getattr(options, key) for key in KEYS})
    bundle = export.export(
        source, options.target, options.detector, options.accept, options.onnx, options.force, options.egs or export.EGS
    )
    contents = bundle.contents
    print(f"{options.target}: {contents.origin.run}/{contents.origin.system}, fold {contents.origin.fold}, "
          f"seed {contents.origin.seed}; classes {', '.join(contents.classes)}")  # fmt: skip
    temperature = contents.calibration.temperature
    print(f"calibration: {contents.calibration.note}" + (f"; temperature {temperature:.3f}" if temperature else ""))
    outliers = contents.outliers
    print(
        f"outliers: {outliers.detector} ({outliers.chosen}), {outliers.acceptance:.0%} of {outliers.fitted_on} accepted"
    )
    for corpus in contents.origin.corpora:
        print(f"licence of {corpus.name}: {corpus.licence}")
    print(f"card: {options.target / 'README.md'}")
    return 0

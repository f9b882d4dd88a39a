"""`sernet compare EXP EXP...`: experiments side by side."""

from __future__ import annotations

import argparse
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "experiments",
        nargs="+",
        type=Path,
        metavar="EXP",
        help="a folder of exp/ that has its report, or a recipe with published results (egs/NAME); the first is what "
        "the others are compared with",
    )
    parser.add_argument(
        "--detectors",
        metavar="A,B,...",
        help="whose AUROC out of distribution is compared, too (default: msp, max_cosine, energy, mahalanobis, knn)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained page, too")


def run(options: argparse.Namespace) -> int:
    """Print the comparison."""
    from typing import get_args

    from sernet.config.ood import DetectorName
    from sernet.errors import UsageError
    from sernet.pipeline.files import write_text
    from sernet.report.compare import DETECTORS, as_html, as_text, compare, open_all

    detectors = options.detectors.split(",") if options.detectors else DETECTORS
    if strangers := [name for name in detectors if name not in get_args(DetectorName)]:
        raise UsageError(f"--detectors: no {', '.join(strangers)}; there are: {', '.join(get_args(DetectorName))}")
    found = compare(open_all(options.experiments), detectors)
    print(as_text(found))
    if options.html:
        write_text(options.html, as_html(found))
        print(f"\npage: {options.html}")
    elif found.far:
        print("\nwhat each reaches out of distribution: see the page (--html FILE)")
    return 0

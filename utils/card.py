"""Writes the card of a prepared corpus: data/<corpus>/card.html and card.txt. See card.sh."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sernet.config.load import load_corpus
from sernet.corpus.card_html import write_card
from sernet.corpus.hearing import LISTENED
from sernet.errors import SernetError

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """The command line of card.sh."""
    parser = argparse.ArgumentParser(prog="bash utils/card.sh", allow_abbrev=False, description=__doc__)
    parser.add_argument("corpus", help="one that stage 1 has prepared")
    parser.add_argument("--workdir", type=Path, default=ROOT, help="holds data/ (default: here)")
    parser.add_argument(
        "--listen-to", type=int, default=LISTENED, metavar="N", help="utterances (default: %(default)s)"
    )
    options = parser.parse_args()
    folder = options.workdir / "data" / options.corpus
    try:
        config, _ = load_corpus(ROOT / "egs", options.corpus)
        card = write_card(folder, config, options.listen_to)
    except SernetError as error:
        print(f"card.sh: {error}", file=sys.stderr)
        sys.exit(1)
    for line in card.findings:
        print(f"- {line}")
    print(folder / "card.txt")
    print(folder / "card.html")


if __name__ == "__main__":
    main()

"""All of the fuzzing: ``python -m tests.fuzz [--tries 14000] [--only=KIND]``; a table, and what did not survive."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest has it

from fuzz.kinds import all_kinds, run  # noqa: E402
from fuzz.survival import SURVIVED  # noqa: E402

FAULTS = ("traceback", "hang", "memory", "silent", "nameless")


def main() -> int:
    """Exit code 1 where anything did not survive."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--tries", type=int, default=14000, help="of all kinds together (default: 14000)")
    parser.add_argument("--only", action="append", help="a kind, by a part of its name; repeats")
    options = parser.parse_args()
    kinds = [of for of in all_kinds().values() if not options.only or any(part in of.name for part in options.only)]
    total = sum(of.share for of in kinds)
    print("| kind | tries | refused | accepted | survived | " + " | ".join(FAULTS) + " |")
    print("|---" * (5 + len(FAULTS)) + "|", flush=True)
    sums = dict.fromkeys((*SURVIVED, *FAULTS), 0)
    faults: dict[str, dict[str, str]] = {}
    began = time.monotonic()
    for of in kinds:
        with tempfile.TemporaryDirectory() as folder:
            tally = run(of, Path(folder), -(-options.tries * of.share // total))
        counts = [tally.outcomes[kind] for kind in (*SURVIVED, *FAULTS)]
        sums = {kind: sums[kind] + number for kind, number in zip(sums, counts)}
        _row(of.name, counts)
        faults[of.name] = tally.faults
    _row("all", list(sums.values()))
    print(f"\n{time.monotonic() - began:.0f} s")
    for name, some in faults.items():
        for fault, value in some.items():
            print(f"\n{name}: {fault}\n  input: {value}")
    return 1 if any(faults.values()) else 0


def _row(name: str, counts: list[int]) -> None:
    tries, survived = sum(counts), sum(counts[: len(SURVIVED)])
    share = 100 * survived / tries if tries else 0
    cells = [name, tries, *counts[:2], f"{survived} ({share:.1f} %)", *counts[2:]]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())

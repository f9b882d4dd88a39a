"""Predictions as lines: JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import IO, Any

from sernet.bundle.predictor import Prediction
from sernet.errors import shown

FORMATS = ("jsonl", "csv")


class Writer:
    """Writes a line for each recording to ``stream``; in CSV a posterior has a column for each class.

    ``head``: CSV begins with the names of its columns. Names that are not UTF-8 have their odd bytes in JSON as
    `\\udc..`, which `json.loads` and `os.fsencode` turn back into the name, and in CSV as `\\x..`.
    """

    def __init__(self, stream: IO[str], kind: str, classes: Sequence[str], head: bool = True) -> None:
        self._stream, self._classes = stream, classes
        self._csv = csv.writer(stream, lineterminator="\n") if kind == "csv" else None
        if self._csv and head:
            columns = ("id", "duration", "emotion", "confidence", *classes, "ood", "accepted", "error")
            self._row(columns)

    def result(self, name: str, found: Prediction, note: str = "", **more: Any) -> None:
        """What was predicted for ``name``; ``note``: what is odd about it, which CSV has no column for."""
        posterior = {label: round(share, 6) for label, share in found.posterior.items()}
        row = {
            "id": name,
            "duration": round(found.duration, 3),
            "emotion": found.emotion,
            "confidence": round(found.confidence, 6),
            "posterior": posterior,
            "ood": round(found.ood, 6),
            "accepted": found.accepted,
            **more,
            **({"note": note} if note else {}),
        }
        if self._csv:
            flat = [row["duration"], found.emotion, row["confidence"], *posterior.values(), row["ood"]]
            self._row([name, *flat, "yes" if found.accepted else "no", ""])
        else:
            self._json(row)

    def failure(self, name: str, error: str) -> None:
        """Why there is no prediction for ``name``."""
        if self._csv:
            self._row([name, *[""] * (len(self._classes) + 5), error])
        else:
            self._json({"id": name, "error": error})

    def _row(self, cells: Sequence[Any]) -> None:
        assert self._csv is not None
        self._csv.writerow([shown(cell) if isinstance(cell, str) else cell for cell in cells])
        self._stream.flush()

    def _json(self, row: dict[str, Any]) -> None:
        text = json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
        print(text, file=self._stream, flush=True)

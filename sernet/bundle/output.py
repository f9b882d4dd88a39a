"""Predictions as lines: JSON or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import IO, Any

from sernet.bundle.predictor import Prediction

FORMATS = ("jsonl", "csv")


class Writer:
    """Writes a line a recording to ``stream``; in CSV a posterior has a column a class."""

    def __init__(self, stream: IO[str], kind: str, classes: Sequence[str]) -> None:
        self._stream, self._classes = stream, classes
        self._csv = csv.writer(stream, lineterminator="\n") if kind == "csv" else None
        if self._csv:
            columns = ("id", "duration", "emotion", "confidence", *classes, "ood", "accepted", "error")
            self._csv.writerow(columns)

    def result(self, name: str, found: Prediction, **more: Any) -> None:
        """What was predicted for ``name``."""
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
        }
        if self._csv:
            flat = [row["duration"], found.emotion, row["confidence"], *posterior.values(), row["ood"]]
            self._csv.writerow([name, *flat, "yes" if found.accepted else "no", ""])
        else:
            self._json(row)

    def failure(self, name: str, error: str) -> None:
        """Why there is no prediction for ``name``."""
        if self._csv:
            self._csv.writerow([name, *[""] * (len(self._classes) + 5), error])
        else:
            self._json({"id": name, "error": error})

    def _json(self, row: dict[str, Any]) -> None:
        print(json.dumps(row, ensure_ascii=False), file=self._stream, flush=True)

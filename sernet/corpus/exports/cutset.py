"""A Lhotse CutSet: stage 1 has made one, so it is copied."""

from __future__ import annotations

from pathlib import Path

from sernet.config.corpus import CorpusConfig
from sernet.errors import SernetError
from sernet.pipeline.files import atomic


def write(folder: Path, out: Path, copy: bool, about: CorpusConfig) -> None:
    """Copy cuts.jsonl.gz of data/<corpus> to ``out``, a file; it names the audio where it lies.

    Raises:
        SernetError: stage 1 has not made it, or ``out`` is not called *.jsonl.gz.
    """
    if not out.name.endswith(".jsonl.gz"):
        raise SernetError(f"{out}: must be called *.jsonl.gz, by which Lhotse knows it")
    if not (folder / "cuts.jsonl.gz").exists():
        raise SernetError(f"{folder} is not there: prepare the corpus first (bash run.sh --stop-stage prepare)")
    with atomic(out) as made:
        made.write_bytes((folder / "cuts.jsonl.gz").read_bytes())

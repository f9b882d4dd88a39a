"""Examples from the arks, without Lhotse, for the start-up time of trainings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sernet.corpus.utterances import Indexed
from sernet.data.dataset import Examples
from sernet.features import ark


def load_examples(folders: dict[str, Path], items: Sequence[Indexed]) -> Examples:
    """The features of ``items``, each read from the ark of its corpus, ``folders[corpus]/feats.ark``."""
    streams = {corpus: open(folder / "feats.ark", "rb") for corpus, folder in folders.items()}
    try:
        features = [
            ark.read_stream(streams[i.utterance.corpus], i.offset, 0, None, str(folders[i.utterance.corpus]))
            for i in items
        ]
    finally:
        for stream in streams.values():
            stream.close()
    return Examples([item.utterance for item in items], features)

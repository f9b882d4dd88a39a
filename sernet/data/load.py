"""Examples from the arks, without Lhotse, for the start-up time of trainings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sernet.corpus.utterances import Indexed
from sernet.data.dataset import Examples
from sernet.features import ark


def load_examples(folders: dict[str, Path], items: Sequence[Indexed]) -> Examples:
    """The features of ``items``, each read from the ark of its corpus, ``folders[corpus]/feats.ark``."""
    with ExitStack() as stack:
        arks = {corpus: folder / "feats.ark" for corpus, folder in folders.items()}
        streams = {corpus: stack.enter_context(open(path, "rb")) for corpus, path in arks.items()}
        features = [
            ark.read_stream(streams[of.corpus], item.offset, 0, None, str(arks[of.corpus]), of.id)
            for item in items
            for of in [item.utterance]
        ]
    return Examples([item.utterance for item in items], features)

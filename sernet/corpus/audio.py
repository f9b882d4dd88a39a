"""The samples of an utterance."""

from __future__ import annotations

import numpy as np

from sernet.audio.reading import read
from sernet.corpus.utterances import Indexed
from sernet.errors import SernetError


def load_audio(item: Indexed) -> tuple[np.ndarray, int]:
    """Mono samples, float32 (n,) within +-1, and their rate in Hz, of an utterance of stage 1's cuts.

    Raises:
        SernetError: the file cannot be read any more; names the utterance.
    """
    assert item.source is not None, f"{item.utterance.id} comes from cuts that do not know their audio"
    try:
        return read(item.source.path, item.source.channel, item.source.start, item.utterance.duration)
    except SernetError as error:
        raise SernetError(f"{item.utterance.id}: {error}") from error

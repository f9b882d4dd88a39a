"""An utterance's samples, read by soundfile."""

from __future__ import annotations

import numpy as np
import soundfile

from sernet.corpus.utterances import Indexed
from sernet.errors import SernetError


def load_audio(item: Indexed) -> tuple[np.ndarray, int]:
    """Mono samples, float32 (n,) within +-1, and their rate in Hz, of an utterance of stage 1's cuts.

    Raises:
        SernetError: the file cannot be read any more.
    """
    assert item.source is not None, f"{item.utterance.id} comes from cuts that do not know their audio"
    try:
        with soundfile.SoundFile(item.source.path) as file:
            file.seek(round(item.source.start * file.samplerate))
            frames = round(item.utterance.duration * file.samplerate)
            samples = file.read(frames, dtype="float32", always_2d=True)
            return np.ascontiguousarray(samples[:, item.source.channel]), file.samplerate
    except (soundfile.SoundFileError, OSError) as error:
        raise SernetError(f"{item.utterance.id}: {item.source.path} cannot be read: {error}") from error

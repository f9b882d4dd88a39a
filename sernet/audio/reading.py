"""Audio of any format, rate and length, in blocks: what is read takes the same memory however long it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from numpy.typing import NDArray

from sernet.audio.promises import Promise, promise
from sernet.audio.rates import check_rate
from sernet.errors import SernetError

BLOCK = 1 << 18
"""Samples of all channels together that are read at a time."""
SLACK = 0.05
"""Seconds by which the end of a part may lie behind that of its recording."""


class OpenAudio:
    """An open recording. Make it by `open_audio`."""

    def __init__(self, file: soundfile.SoundFile, stream: IO[bytes]) -> None:
        self._file, self._stream = file, stream
        self.rate: int = file.samplerate
        """Hz."""
        self.channels: int = file.channels
        self.frames: int = file.frames
        """Samples of each channel that libsndfile expects; what `blocks` gives is what counts."""

    @cached_property
    def said(self) -> Promise:
        """What the file's own header says of them."""
        place = self._stream.tell()
        try:
            return promise(self._stream, self.frames)
        finally:
            self._stream.seek(place)

    def blocks(self, start: int = 0, samples: int | None = None) -> Iterator[NDArray[np.float32]]:
        """Samples (n, channels), float32, full scale +-1, block after block, from ``start`` on; None: to the end.

        Raises:
            SernetError: they cannot be read.
        """
        size = max(1, BLOCK // self.channels)
        held = 0
        try:
            if start:
                self._file.seek(min(start, self.frames))
            while samples is None or held < samples:
                wanted = size if samples is None else min(size, samples - held)
                if self._file.subtype == "PCM_16":  # the same numbers in a third of the time
                    block = self._file.read(wanted, dtype="int16", always_2d=True) * np.float32(1 / 32768)
                else:
                    block = self._file.read(wanted, dtype="float32", always_2d=True)
                if not len(block):
                    return
                held += len(block)
                yield block
        except (soundfile.SoundFileError, OSError) as error:
            raise SernetError(f"cannot be read beyond {held} of {self.frames} samples: {_reason(error)}") from error


def read(
    path: str | Path, channel: int | None = None, start: float = 0.0, duration: float | None = None
) -> tuple[NDArray[np.float32], int]:
    """Mono samples (n,), float32, full scale +-1, of a recording or a part of it, and their rate in Hz.

    Args:
        channel: the one that is read; None: the mean of all.
        start, duration: seconds; None: to the end.

    Raises:
        SernetError: it cannot be read, has no such channel, or ends more than `SLACK` before the part does. Begins
            with the path.
    """
    try:
        with open_audio(path) as audio:
            if channel is not None and not 0 <= channel < audio.channels:
                raise SernetError(f"has {audio.channels} channels, no channel {channel} (they count from 0)")
            first = round(start * audio.rate)
            wanted = None if duration is None else round(duration * audio.rate)
            blocks = [
                block.mean(axis=1) if channel is None else block[:, channel] for block in audio.blocks(first, wanted)
            ]
            samples = np.concatenate([np.zeros(0, np.float32), *blocks])
            if wanted is not None and wanted - len(samples) > SLACK * audio.rate:
                raise SernetError(f"holds {min(first, audio.frames) + len(samples)} of {first + wanted} samples")
            return samples, audio.rate
    except SernetError as error:
        raise SernetError(f"{path}: {error}") from error


@contextmanager
def open_audio(source: str | Path | IO[bytes]) -> Iterator[OpenAudio]:
    """Open a file, by its path or as a stream that can be sought in.

    Raises:
        SernetError: it is not there, not a regular file (a pipe would be waited for), no audio that libsndfile reads,
            or has a rate that no recording has. The message does not name the file.
    """
    suffix = Path(source).suffix.lower() if isinstance(source, str | Path) else ""
    with ExitStack() as stack:
        try:
            stream = source if not isinstance(source, str | Path) else stack.enter_context(_regular(source))
            stream.seek(0)
            # From a descriptor libsndfile reads by itself; from a stream it calls Python for each block.
            place = stream.fileno() if isinstance(source, str | Path) else stream
            file = stack.enter_context(soundfile.SoundFile(place, closefd=False))
            check_rate(file.samplerate)
        except soundfile.SoundFileError as error:
            kind = f" ({suffix} is a format that is not read; convert it to FLAC or WAV)" if suffix in UNREAD else ""
            raise SernetError(f"cannot be read: {_reason(error)}{kind}") from error
        except FileNotFoundError:
            raise SernetError("there is no such file") from None
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise SernetError(f"cannot be read: {_reason(error)}") from error
        yield OpenAudio(file, stream)


def _regular(path: str | Path) -> IO[bytes]:
    # Without O_NONBLOCK the opening of a pipe would wait for who writes into it.
    # As bytes, for old corpora have names that are not UTF-8.
    descriptor = os.open(os.fsencode(path), os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SernetError("is not a regular file")
    return open(descriptor, "rb", buffering=0)


UNREAD = frozenset(
    {
        *(".m4a", ".m4b", ".mp4a", ".aac", ".wma", ".amr", ".awb", ".ra", ".ram", ".ac3", ".dts", ".mka"),
        *(".weba", ".ape", ".wv", ".tta", ".mpc", ".spx", ".shn", ".dsf", ".dff", ".3ga", ".qcp"),
    }
)
"""Names of audio formats that libsndfile does not read."""


def _reason(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return str(error.error_string).strip().rstrip(".") or f"libsndfile's error {error.code}"
    return getattr(error, "strerror", None) or str(error)

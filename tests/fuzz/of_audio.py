"""Recordings whose heads or samples are damaged: what stage 1 makes of them, and what a prediction does."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import soundfile
from fuzz.kinds import kind
from fuzz.mutations import in_bytes
from fuzz.small import CONFIG, noise
from fuzz.survival import Case, file_case
from hypothesis import strategies as st

from sernet.bundle.audio import pieces
from sernet.config.features import FeatureConfig
from sernet.corpus import manifests
from sernet.corpus.entries import Entry
from sernet.errors import SernetError
from sernet.features.extraction import extract_split
from sernet.features.front_ends import front_end

FORMATS = {
    "WAV": [("wav", "WAV", "PCM_16"), ("wav", "WAV", "PCM_24"), ("wav", "WAVEX", "FLOAT"), ("wav", "WAV", "ULAW")],
    "FLAC": [("flac", "FLAC", "PCM_16"), ("flac", "FLAC", "PCM_24")],
    "Ogg Vorbis, Opus": [("ogg", "OGG", "VORBIS"), ("opus", "OGG", "OPUS")],
    "MP3, AIFF, AU": [("mp3", "MP3", "MPEG_LAYER_III"), ("aiff", "AIFF", "PCM_16"), ("au", "AU", "PCM_16")],
}
RATES = st.one_of(
    st.sampled_from([0, 1, 2, 7, 99, 999, 1000, 8000, 11025, 22050, 24414, 44100, 48000, 96000, 192000, 384000]),
    st.sampled_from([767_999, 768_000, 768_001, 10_000_019, 16_821_316, 2**24, 2**31 - 1, 2**31, 2**32 - 1]),
    st.integers(0, 31).map(lambda bit: 44100 ^ (1 << bit)),
    st.integers(1000, 768_000),
)


def _hear(path: Path) -> Callable[[], str]:
    """Stage 1 and a prediction; they hear the same samples, or one of them says what is wrong."""

    def read() -> str:
        made, bad = manifests.build(CONFIG, [Entry(path.name, speaker="s", emotion="anger")], path.parent)
        if bad:
            raise SernetError(bad[0].reason)
        (item,) = made
        predicted = sum(len(samples) for samples, _ in pieces(str(path), CONFIG.channel))
        return "the same" if predicted == item.audio.samples else f"{item.audio.samples} samples, and {predicted}"

    return read


def _format(name: str, share: int) -> None:
    @kind(name, share)
    def recordings(folder: Path) -> Sequence[Case]:
        cases = []
        for number, (suffix, container, subtype) in enumerate(FORMATS[name]):
            path = folder / f"f1_A_{number}.{suffix}"
            samples = np.stack([noise(0.4), noise(0.4, seed=1)][: 1 + number % 2], axis=1)
            soundfile.write(path, samples, 16000, format=container, subtype=subtype)
            case = file_case(path, in_bytes, _hear(path), exact=True)
            cases.append(Case(case.damaged, case.read, whole=case.whole))  # a reason does not name the file
        return cases


for _name, _share in {"WAV": 900, "FLAC": 700, "Ogg Vorbis, Opus": 500, "MP3, AIFF, AU": 600}.items():
    _format(_name, _share)


@kind("odd rates into stage 2", 100)
def rates(folder: Path) -> Sequence[Case]:
    path = folder / "f1_A_1.wav"
    soundfile.write(path, noise(0.5), 44100)
    whole = path.read_bytes()

    def read(rate: int) -> None:
        path.write_bytes(whole[:24] + struct.pack("<I", rate % 2**32) + whole[28:])
        made, bad = manifests.build(CONFIG, [Entry(path.name, speaker="f1", emotion="anger")], folder)
        if bad:
            raise SernetError(bad[0].reason)
        made.write(folder)
        (folder / "split.jsonl").unlink(missing_ok=True)
        extract_split(folder / "cuts.jsonl.gz", 0, 1, front_end(FeatureConfig()), folder / "split")

    return [Case(RATES, read)]

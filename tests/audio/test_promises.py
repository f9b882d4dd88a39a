"""Whole files keep their promise in every format; cut, joined and unfinished ones do not."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from sernet.audio import mpeg
from sernet.audio.faults import incomplete
from sernet.audio.promises import Promise, promise

RATE = 16000
FORMATS = [
    *(
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAVEX", "FLOAT"),
        ("WAV", "ULAW"),
        ("WAV", "IMA_ADPCM"),
        ("RF64", "PCM_16"),
    ),
    *(("AIFF", "PCM_16"), ("AU", "PCM_16"), ("NIST", "PCM_16"), ("CAF", "PCM_16"), ("W64", "PCM_16")),
    *(("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")),
]


def _file(form: str, subtype: str, channels: int = 1, seconds: float = 3.0) -> bytes:
    stream = io.BytesIO()
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * RATE), channels))
    soundfile.write(stream, samples, RATE, format=form, subtype=subtype)
    return stream.getvalue()


def _heard(data: bytes) -> tuple[int, int]:
    """What libsndfile expects, and what it gives."""
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        held = 0
        while len(block := file.read(5000)):
            held += len(block)
        return file.frames, held


def _fault(data: bytes) -> str:
    """What is wrong with a file, or that libsndfile itself refuses it."""
    try:
        frames, held = _heard(data)
    except soundfile.SoundFileError:
        return "refused"
    return incomplete(promise(io.BytesIO(data), frames), held, RATE)[0]


@pytest.mark.parametrize(("form", "subtype"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_whole_files_cut_ones_and_joined_ones(form: str, subtype: str, channels: int) -> None:
    data = _file(form, subtype, channels)
    assert _fault(data) == ""
    for part in (0.3, 0.5, 0.9):
        assert _fault(data[: int(len(data) * part)]), part
    if form not in ("AU", "CAF", "W64"):  # of these nothing tells a second file from other bytes behind the first
        assert _fault(data + data)


def test_the_missing_samples_are_counted() -> None:
    data = _file("WAV", "PCM_16")
    cut = data[: 44 + 2 * 24000]
    assert incomplete(promise(io.BytesIO(cut), *_heard(cut)[:1]), 24000, RATE)[0] == "holds 24000 of 48000 samples"


@pytest.mark.parametrize(
    ("size", "fault", "note"), [(0, "was not finished", ""), (0xFFFFFFFF, "", "does not say how long")]
)
def test_sizes_that_a_recorder_has_not_filled_in(size: int, fault: str, note: str) -> None:
    data = _file("WAV", "PCM_16")
    at = data.index(b"data")
    data = data[:4] + struct.pack("<I", size) + data[8 : at + 4] + struct.pack("<I", size) + data[at + 8 :]
    frames, held = _heard(data)
    found = incomplete(promise(io.BytesIO(data), frames), held, RATE)
    assert fault in found[0] and bool(fault) == bool(found[0]) and note in found[1]


def test_a_few_bytes_too_few_are_noted_and_do_no_harm() -> None:
    data = _file("WAV", "PCM_16")[:-44]  # a size that counts the header, as some programs write it
    frames, held = _heard(data)
    assert incomplete(promise(io.BytesIO(data), frames), held, RATE) == ("", "holds 47978 of 48000 samples")


def test_mp3_without_a_count_is_counted() -> None:
    """libsndfile guesses the length by the first frame, and reads no further than that."""
    half = np.random.default_rng(0).uniform(-0.5, 0.5, 80000)
    stream = io.BytesIO()
    soundfile.write(
        stream, np.concatenate([half, 0 * half]), RATE, format="MP3", bitrate_mode="VARIABLE", compression_level=0.5
    )
    data = stream.getvalue()
    whole = mpeg.walk(io.BytesIO(data))
    assert whole.said == whole.frames and abs(whole.samples - 160000) < 4 * 576
    bare = data[_length_of_the_first_frame(data) :]
    counted = mpeg.walk(io.BytesIO(bare))
    assert counted.said is None and counted.frames == whole.frames
    frames, held = _heard(bare)
    assert held < 150000 and "of 16" in incomplete(promise(io.BytesIO(bare), frames), held, RATE)[0]


def _length_of_the_first_frame(data: bytes) -> int:
    at = 4
    while data[at : at + 2] != data[:2]:
        at += 1
    return at


def test_tags_around_an_mp3_are_no_frames() -> None:
    data = _file("MP3", "MPEG_LAYER_III")
    picture = b"\xff\xf3\x88\xc4" * 500
    size = bytes((len(picture) >> shift) & 127 for shift in (21, 14, 7, 0))
    tagged = b"ID3\x04\0\0" + size + picture + data + b"TAG" + b"\0" * 125
    assert mpeg.walk(io.BytesIO(tagged)) == mpeg.walk(io.BytesIO(data)) and _fault(tagged) == ""


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert promise(io.BytesIO(b""), 0) == promise(io.BytesIO(b"Creative Voice File\x1a" * 3), 7) == Promise()

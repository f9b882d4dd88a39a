"""Blocks add up to what soundfile reads at once; what is no recording is refused and nothing waits."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet.audio.reading import BLOCK, open_audio, read
from sernet.errors import SernetError

RATE = 16000


def _samples(count: int, channels: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (count, channels))


@pytest.mark.parametrize(
    ("suffix", "subtype"), [("wav", "PCM_16"), ("wav", "PCM_24"), ("flac", None), ("ogg", "OPUS"), ("mp3", None)]
)
def test_blocks_are_the_samples(tmp_path: Path, suffix: str, subtype: str | None) -> None:
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, _samples(BLOCK + 777, 2), RATE, subtype=subtype)
    once, _ = soundfile.read(path, dtype="float32")
    with open_audio(path) as audio:
        blocks = list(audio.blocks())
    assert len(blocks) > 1 and np.allclose(np.concatenate(blocks), once, rtol=0, atol=2e-7)
    with open_audio(io.BytesIO(path.read_bytes())) as audio:
        part = np.concatenate(list(audio.blocks(1000, 2000)))
    assert part.shape == (2000, 2) and np.allclose(part, once[1000:3000], atol=1e-3)


def test_a_name_that_is_not_utf_8_is_opened(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/fr\xe9d.wav"
    soundfile.write(tmp_path / "x.wav", _samples(1600, 1), RATE)
    os.rename(tmp_path / "x.wav", name)
    with open_audio(os.fsdecode(name)) as audio:
        assert sum(map(len, audio.blocks())) == 1600


@pytest.mark.parametrize("rate", [1, 999, 768_001, 16_821_316, 2_147_483_647])
def test_a_rate_that_no_recording_has_is_refused(rate: int) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, _samples(1600, 1), RATE, format="WAV", subtype="PCM_16")
    data = stream.getvalue()
    changed = data[:24] + struct.pack("<I", rate) + data[28:]
    with (
        pytest.raises(SernetError, match=f"the header says {rate} Hz; a sampling rate is between 1000 and 768000"),
        open_audio(io.BytesIO(changed)),
    ):
        pass


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "zero.wav").symlink_to("/dev/zero")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "nothing.wav").symlink_to("gone")
    said = {"pipe": "not a regular file", "zero": "not a regular file", "folder": "not a regular file"}
    for name, match in {**said, "loop": "symbolic links", "nothing": "no such file"}.items():
        with pytest.raises(SernetError, match=match), open_audio(tmp_path / f"{name}.wav"):
            pass


@pytest.mark.parametrize(
    ("name", "said"),
    [("x.wav", r"^cannot be read: Format not recognised$"), ("x.m4a", r"\.m4a is a format that is not read")],
)
def test_what_libsndfile_does_not_know_is_refused_without_addresses(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"ftypM4A " * 100)
    with pytest.raises(SernetError, match=said), open_audio(tmp_path / name):
        pass


def test_a_flac_that_promises_gigabytes_takes_no_memory() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, _samples(RATE, 1), RATE, format="FLAC", subtype="PCM_16")
    data = bytearray(stream.getvalue())
    data[8 + 13] |= 8  # the highest bit of the 36 of the number of samples
    with open_audio(io.BytesIO(bytes(data))) as audio:
        assert audio.frames >= 1 << 35
        assert audio.said.samples == audio.frames
        with pytest.raises(SernetError, match=rf"cannot be read beyond \d+ of {audio.frames} samples"):
            list(audio.blocks())


def test_a_part_of_one_channel_or_of_the_mean_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, _samples(2 * BLOCK, 2), RATE, subtype="FLOAT")
    once, _ = soundfile.read(path, dtype="float32")
    samples, rate = read(path, channel=1, start=0.5, duration=10.0)
    assert rate == RATE and samples.dtype == np.float32
    np.testing.assert_array_equal(samples, once[8000:168000, 1])
    np.testing.assert_allclose(read(path)[0], once.mean(axis=1), atol=1e-7)
    np.testing.assert_array_equal(read(path, 0, start=20.0)[0], once[20 * RATE :, 0])


def test_what_is_not_there_is_said_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, _samples(RATE, 2), RATE)
    assert len(read(path, 0, 0.5, 0.51)[0]) == RATE // 2  # an end that is missed by 10 ms
    with pytest.raises(SernetError, match=r"x\.wav: holds 16000 of 24000 samples"):
        read(path, 0, 0.5, 1.0)
    with pytest.raises(SernetError, match=r"x\.wav: holds 16000 of 64000 samples"):
        read(path, 0, 3.0, 1.0)
    with pytest.raises(SernetError, match=r"x\.wav: has 2 channels, no channel 2"):
        read(path, 2)
    with pytest.raises(SernetError, match=r"y\.wav: there is no such file"):
        read(tmp_path / "y.wav")

"""Arks against Kaldi's format as kaldiio reads and writes it, and against the reading of pipes and pickles."""

from __future__ import annotations

import pickle
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from sernet.errors import SernetError
from sernet.features import ark

DRAWS = np.random.default_rng(0)
LOG_MELS = [(DRAWS.standard_normal((frames, 80)) * 4 - 8).astype(np.float32) for frames in (1, 7, 250)]


def _write(path: Path, storage: str) -> list[int]:
    with open(path, "wb") as stream:
        return [ark.append(stream, f"utt{i}", matrix, storage) for i, matrix in enumerate(LOG_MELS)]


@pytest.mark.parametrize(("storage", "tolerance"), [("float32", 0.0), ("int16", 1e-3)])
def test_what_we_write_kaldiio_reads_and_so_do_we(tmp_path: Path, storage: str, tolerance: float) -> None:
    offsets = _write(tmp_path / "feats.ark", storage)
    theirs = dict(kaldiio.load_ark(str(tmp_path / "feats.ark")))
    for i, matrix in enumerate(LOG_MELS):
        mine = ark.read(tmp_path / "feats.ark", offsets[i])
        assert mine.dtype == np.float32 and np.abs(mine - matrix).max() <= tolerance
        np.testing.assert_allclose(mine, theirs[f"utt{i}"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("method", [None, 3])
def test_what_kaldiio_writes_we_read_through_its_scp(tmp_path: Path, method: int | None) -> None:
    matrices = {f"utt{i}": matrix for i, matrix in enumerate(LOG_MELS)}
    kaldiio.save_ark(str(tmp_path / "a.ark"), matrices, scp=str(tmp_path / "a.scp"), compression_method=method)
    for key, (path, offset) in ark.read_scp(tmp_path / "a.scp").items():
        np.testing.assert_allclose(ark.read(path, offset), kaldiio.load_mat(f"{path}:{offset}"), rtol=0, atol=1e-5)
        assert key in matrices


@pytest.mark.parametrize("storage", ["float32", "int16"])
def test_partial_reads_are_slices_of_the_whole(tmp_path: Path, storage: str) -> None:
    offset = _write(tmp_path / "feats.ark", storage)[2]
    whole = ark.read(tmp_path / "feats.ark", offset)
    for first, frames in ((0, 10), (100, 50), (240, 100), (250, 5), (17, None)):
        part = ark.read(tmp_path / "feats.ark", offset, first, frames)
        assert np.array_equal(part, whole[first : None if frames is None else first + frames])


def test_a_pickled_entry_is_refused_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (canary,)

    (tmp_path / "evil.ark").write_bytes(b"utt0 \0BPKL" + pickle.dumps(Evil()))
    with pytest.raises(SernetError, match="pickles among them, are not read"):
        ark.read(tmp_path / "evil.ark", 5)
    assert not canary.exists()


def test_a_piped_entry_is_refused_not_run(tmp_path: Path) -> None:
    (tmp_path / "feats.scp").write_text(f"utt0 touch {tmp_path}/canary |\n")
    with pytest.raises(SernetError, match=r"feats\.scp:1: utt0 is a shell pipe"):
        ark.read_scp(tmp_path / "feats.scp")
    assert not (tmp_path / "canary").exists()


def test_one_byte_compression_and_a_cut_off_ark_are_refused(tmp_path: Path) -> None:
    kaldiio.save_ark(str(tmp_path / "one.ark"), {"u": LOG_MELS[2]}, compression_method=2)
    with pytest.raises(SernetError, match="not a float32 or 2-byte"):
        ark.read(tmp_path / "one.ark", 2)
    offset = _write(tmp_path / "feats.ark", "float32")[2]
    data = (tmp_path / "feats.ark").read_bytes()
    (tmp_path / "feats.ark").write_bytes(data[:-100])
    with pytest.raises(SernetError, match="ends too soon"):
        ark.read(tmp_path / "feats.ark", offset)


def test_values_that_are_not_finite_and_keys_with_spaces_are_refused(tmp_path: Path) -> None:
    with open(tmp_path / "feats.ark", "wb") as stream:
        with pytest.raises(SernetError, match="features of u are not finite"):
            ark.append(stream, "u", np.full((3, 2), np.nan, dtype=np.float32), "float32")
        with pytest.raises(SernetError, match="white space"):
            ark.append(stream, "u 1", LOG_MELS[0], "float32")


@pytest.mark.parametrize("storage", ["float32", "int16"])
def test_a_head_that_promises_what_is_not_there_is_refused_before_memory_is_asked_for(
    tmp_path: Path, storage: str
) -> None:
    offset = _write(tmp_path / "feats.ark", storage)[1]
    data = bytearray((tmp_path / "feats.ark").read_bytes())
    at = offset + (6 if storage == "float32" else 14)  # of the number of rows, int32
    for rows in (-1, 2**31 - 1, -(2**31)):
        data[at : at + 4] = rows.to_bytes(4, "little", signed=True)
        (tmp_path / "odd.ark").write_bytes(data)
        with pytest.raises(SernetError, match=rf"odd\.ark:{offset}: the (head of the )?matrix"):
            ark.read(tmp_path / "odd.ark", offset)
    for place in (-1, len(data), 2**70):
        with pytest.raises(SernetError, match=r"feats\.ark:.*the ark has"):
            ark.read(tmp_path / "feats.ark", place)
    with pytest.raises(SernetError, match="absent.ark: cannot be read"):
        ark.read(tmp_path / "absent.ark", 0)


@pytest.mark.parametrize("line", ["u", "u a.ark:x", "u :5", "u a.ark:²", "u a.ark:" + "9" * 30, "u a.ark:1\nu b.ark:1"])
def test_a_line_of_feats_scp_at_fault_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "feats.scp").write_text(f"t a.ark:3\n{line}\n")
    with pytest.raises(SernetError, match=r"feats\.scp:[23]: "):
        ark.read_scp(tmp_path / "feats.scp")

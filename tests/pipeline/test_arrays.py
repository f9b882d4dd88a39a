"""npz files are read as numpy reads them; one that is damaged, or promises more than it holds, is refused by name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from sernet.errors import SernetError
from sernet.pipeline import arrays
from sernet.pipeline.arrays import read_npz, read_safetensors

ARRAYS = {
    "whole": np.arange(-5, 5),
    "turned": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    "text": np.array(["a", "longer", ""]),
    "number": np.float64(2.5),
    "empty": np.zeros((0, 3)),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read_as_numpy_reads_it(tmp_path: Path, save: object) -> None:
    save(tmp_path / "a.npz", **ARRAYS)  # type: ignore[operator]
    read = read_npz(tmp_path / "a.npz", list(ARRAYS), "make it")
    with np.load(tmp_path / "a.npz") as theirs:
        for name in ARRAYS:
            assert read[name].dtype == theirs[name].dtype and read[name].flags.writeable
            np.testing.assert_array_equal(read[name], theirs[name])


def test_any_changed_byte_of_the_data_is_noticed(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", score=np.random.default_rng(0).random(500))
    data = (tmp_path / "a.npz").read_bytes()
    for place in range(60, len(data) - 150, 97):
        (tmp_path / "b.npz").write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.raises(SernetError, match=r"b\.npz cannot be read .*: remove it, and make it"):
            read_npz(tmp_path / "b.npz", ["score"], "make it")


@pytest.mark.parametrize("shape", [(10**13,), (-1,), (10**9, 10**9), (3,)])
def test_a_shape_that_is_not_the_data_is_refused_before_memory_is_asked_for(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("score.npy", head.getvalue() + bytes(8 * 4))
    with pytest.raises(SernetError, match="than its file|as its file"):
        read_npz(tmp_path / "a.npz", ["score"], "make it")


def test_objects_are_not_unpickled_and_other_names_are_said(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", score=np.array([{}], dtype=object))
    with pytest.raises(SernetError, match="holds objects, which are not read"):
        read_npz(tmp_path / "a.npz", ["score"], "make it")
    with pytest.raises(SernetError, match=r"missing arrays \['other'\], unknown arrays \['score'\]"):
        read_npz(tmp_path / "a.npz", ["other"], "make it")
    with pytest.raises(SernetError, match="b.npz is missing: make it"):
        read_npz(tmp_path / "b.npz", ["other"], "make it")


def test_safetensors_that_are_damaged_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"x": np.arange(4.0)}, path, metadata={"meta": '{"of": 1}'})
    tensors, meta = read_safetensors(path, "np", "train again")
    assert tensors["x"].tolist() == [0, 1, 2, 3] and meta == {"of": 1}
    data = path.read_bytes()
    for damaged in (b"", data[:20], data[:-1], b"\xff" * 8 + data[8:], data.replace(b'{\\"of\\"', b'{\\"of:\\')):
        path.write_bytes(damaged)
        with pytest.raises(SernetError, match=r"a\.safetensors.*"):
            read_safetensors(path, "np", "train again")
    with pytest.raises(SernetError, match="is missing: train again"):
        read_safetensors(tmp_path / "b", "np", "train again")


def test_a_small_file_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "LARGE", 1 << 20)
    np.savez_compressed(tmp_path / "zeros.npz", score=np.zeros(1 << 18))
    with pytest.raises(SernetError, match=r"zeros\.npz cannot be read \(\d+ kB would become 2 MB\)"):
        read_npz(tmp_path / "zeros.npz", None, "make it")
    np.savez_compressed(tmp_path / "real.npz", score=np.random.default_rng(0).random(1 << 18))
    assert len(read_npz(tmp_path / "real.npz", None, "make it")["score"]) == 1 << 18

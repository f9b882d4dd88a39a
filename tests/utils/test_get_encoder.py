"""Whisper's weights out of CTranslate2's file: what is read is what was stored, under the hub's names."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from sernet.errors import SernetError
from utils.get_encoder import WHISPER_BASE, encoder_of, tensors


def _stored(arrays: dict[str, np.ndarray], version: int = 6) -> bytes:
    """A file in CTranslate2's format, written by its description."""

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        parts += [text(name), struct.pack("<B", array.ndim), struct.pack(f"<{array.ndim}I", *array.shape)]
        parts += [struct.pack("<BI", {"float32": 0, "float16": 4}[str(array.dtype)], array.nbytes), array.tobytes()]
    return b"".join(parts)


def test_arrays_are_read_as_they_were_stored() -> None:
    draws = np.random.default_rng(0)
    arrays = {"a/weight": draws.normal(size=(3, 4)).astype(np.float16), "b": np.arange(5, dtype=np.float32)}
    found = dict(tensors(io.BytesIO(_stored(arrays))))
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) and found[name].dtype == arrays[name].dtype for name in arrays)
    with pytest.raises(SernetError, match="version 9"):
        next(tensors(io.BytesIO(_stored(arrays, 9))))


def test_names_and_shapes_are_those_that_transformers_wants() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    arrays = {"encoder/position_encodings/encodings": np.zeros((1500, 512), np.float16)}
    for number, inputs in ((1, 80), (2, 512)):
        arrays[f"encoder/conv{number}/weight"] = np.zeros((512, inputs, 3), np.float16)
        arrays[f"encoder/conv{number}/bias"] = np.zeros(512, np.float16)
    places = [f"layer_{n}/{part}/layer_norm" for n in range(6) for part in ("self_attention", "ffn")] + ["layer_norm"]
    for place in places:
        arrays |= {f"encoder/{place}/{name}": np.zeros(512, np.float16) for name in ("gamma", "beta")}
    shapes = {"self_attention/linear_0": (1536, 512), "self_attention/linear_1": (512, 512)}
    shapes |= {"ffn/linear_0": (2048, 512), "ffn/linear_1": (512, 2048)}
    for layer in range(6):
        for name, shape in shapes.items():
            arrays[f"encoder/layer_{layer}/{name}/weight"] = np.zeros(shape, np.float16)
            arrays[f"encoder/layer_{layer}/{name}/bias"] = np.zeros(shape[0], np.float16)
    found = encoder_of(arrays)
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    wanted = WhisperEncoder(transformers.WhisperConfig(**WHISPER_BASE)).state_dict()
    assert {name.removeprefix("model.encoder."): array.shape for name, array in found.items()} == {
        name: tuple(tensor.shape) for name, tensor in wanted.items()
    }

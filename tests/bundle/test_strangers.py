"""A bundle from anybody: refused when it is opened, within a second, unless its parts are what the format says."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import sernet
from sernet.bundle import self_contained
from sernet.bundle.format import CONTENTS, STATISTICS, WEIGHTS, digest, read, seal
from sernet.errors import SernetError

Change = Callable[[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]], Any]


def crafted(bundle: Path, folder: Path, change: Change) -> Path:
    """A copy with other contents whose checksums all fit; ``change`` gets bundle.json, statistics and weights."""
    copy = Path(shutil.copytree(bundle, folder / "crafted"))
    contents = json.loads((copy / CONTENTS).read_text())
    arrays = [load_file(copy / name) for name in (STATISTICS, WEIGHTS)]
    change(contents, *arrays)
    for name, tensors in zip((STATISTICS, WEIGHTS), arrays, strict=True):
        save_file(tensors, copy / name)
        if name in contents.get("files", {}):
            contents["files"][name] = digest(copy / name)
    (copy / CONTENTS).write_text(json.dumps(contents))
    seal(copy)
    return copy


def setting(*path: str, value: Any) -> Change:
    """Sets a key of bundle.json."""

    def change(contents: dict[str, Any], *_: Any) -> None:
        place = contents
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

    return change


def array(name: str, make: Callable[[np.ndarray], np.ndarray] | None, of: int = 0) -> Change:
    """Changes or drops an array of the statistics (0) or the weights (1)."""

    def change(_: Any, *arrays: dict[str, np.ndarray]) -> None:
        if make is None:
            del arrays[of][name]
        else:
            arrays[of][name] = np.ascontiguousarray(make(arrays[of].get(name, np.zeros(1, np.float32))))

    return change


def nan(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flat[0] = np.nan
    return x


CRAFTED: dict[str, Change] = {
    "a class twice": setting("classes", value=["anger", "anger"]),
    "an unknown class": setting("classes", value=["anger", "neetral"]),
    "a detector that there is not": setting("outliers", "detector", value="mahalanObis"),
    "a detector without its arrays": setting("outliers", "detector", value="knn"),
    "a detector without its option": setting("outliers", "detector", value="energy"),
    "an option that there is not": setting("outliers", "options", value={"k": 5.0}),
    "a threshold that is none": setting("outliers", "threshold", value=float("nan")),
    "an infinite threshold": setting("outliers", "threshold", value=1e999),
    "an infinite temperature": setting("calibration", "temperature", value=1e999),
    "a temperature of 0": setting("calibration", "temperature", value=0),
    "no scale": setting("scale", value=float("nan")),
    "format -1": setting("format", value=-1),
    "format 0": setting("format", value=0),
    "format true": setting("format", value=True),
    "format 4.0": setting("format", value=4.0),
    "an embedding of 10**9": setting("model", "embedding", value=10**9),
    "an embedding of another size": setting("model", "embedding", value=9),
    "10**6 channels": setting("model", "encoder", "channels", value=[10**6, 8]),
    "wide channels": setting("model", "encoder", "channels", value=[16384, 16384]),
    "deep": setting("model", "encoder", "channels", value=[8] * 10**5),
    "a rate of 10**9": setting("features", "sample_rate", value=10**9),
    "bins": setting("features", "bins", value=10**7),
    "frames of nothing": setting("features", "frame_shift", value=1e-9),
    "frames of an hour": setting("features", "frame_length", value=3600.0),
    "windows of nothing": setting("model", "window_seconds", value=1e-9),
    "windows of a year": setting("model", "window_seconds", value=3e7),
    "a name with NUL": setting("files", "a\0b", value="0" * 64),
    "a path": setting("files", "../x", value="0" * 64),
    "files that are a list": setting("files", value=[]),
    "no head": array("head/weight", None),
    "no filters": array("filters", None),
    "no deviation": array("front_end/std", None),
    "no whitening": array("detector/whiten", None),
    "a head that is not finite": array("head/weight", nan),
    "a bias that is not finite": array("head/bias", nan),
    "whitening that is not finite": array("detector/whiten", nan),
    "whole numbers": array("head/weight", lambda x: x.astype(np.int64)),
    "a deviation of 0": array("front_end/std", lambda x: 0 * x),
    "a head of another shape": array("head/weight", lambda x: x[:, :-1]),
    "a head of one class": array("head/weight", lambda x: x[:1]),
    "a bias of another shape": array("head/bias", lambda x: x[:, None]),
    "filters of another shape": array("filters", lambda x: x[:, :-1]),
    "filters of few frequencies": array("filters", lambda x: x[:7]),
    "no means": array("detector/means", lambda x: x[:0]),
    "an array that nothing uses": array("more", lambda x: x),
    "weights that are not finite": array("head.weight", nan, of=1),
    "weights of another shape": array("head.weight", lambda x: x[:, :-1], of=1),
    "weights that are missing": array("head.weight", None, of=1),
    "weights that nothing uses": array("more", lambda x: x, of=1),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_bundles_are_refused_at_once(name: str, bundle: Path, tmp_path: Path) -> None:
    copy = crafted(bundle, tmp_path, CRAFTED[name])
    began = time.process_time()
    with pytest.raises(SernetError):
        sernet.load(copy, engine="torch")
    assert time.process_time() - began < 5  # not for ever; a second where nothing else runs


def test_the_copy_itself_is_well(bundle: Path, tmp_path: Path) -> None:
    sernet.load(crafted(bundle, tmp_path, lambda *given: None), engine="torch")


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "[]", "null", '{"format": 99999999999999999999999}', "\0", ""])
def test_settings_that_are_none(text: str, bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / CONTENTS).write_text(text)
    seal(copy)
    with pytest.raises(SernetError, match=r"bundle\.json"):
        read(copy)


def test_every_flipped_bit_of_the_settings_is_found(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    content = (copy / CONTENTS).read_bytes()
    for bit in np.random.default_rng(0).choice(8 * len(content), 200, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        (copy / CONTENTS).write_bytes(damaged)
        with pytest.raises(SernetError):
            read(copy)


def test_the_digest_of_the_settings_belongs_to_the_bundle(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / "bundle.json.sha256").unlink()
    with pytest.raises(SernetError, match=r"bundle\.json\.sha256 is missing"):
        read(copy)
    contents = json.loads((copy / CONTENTS).read_text())
    for number in (2, 3):  # as bundles of before are
        (copy / CONTENTS).write_text(json.dumps(contents | {"format": number}))
        assert read(copy).contents.classes == contents["classes"]


def test_links_out_of_the_bundle_and_pipes_are_not_read(bundle: Path, tmp_path: Path) -> None:
    for name in (CONTENTS, STATISTICS, WEIGHTS, "bundle.json.sha256"):
        copy = Path(shutil.copytree(bundle, tmp_path / f"copy of {name}"))
        shutil.copy(copy / name, tmp_path / name)
        (copy / name).unlink()
        (copy / name).symlink_to(tmp_path / name)
        with pytest.raises(SernetError, match="leads out of the bundle"):
            read(copy)
        (copy / name).unlink()
        os.mkfifo(copy / name)
        with pytest.raises(SernetError, match="is not a regular file|holds no bundle.json"):
            read(copy)
    (tmp_path / "linked").symlink_to(bundle)
    read(tmp_path / "linked")


def _outside(secret: str, where: str) -> bytes:
    """A graph of which a tensor lies in the file ``secret``, at one of the places where tensors can be."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'sernet[onnx]'")
    from onnx import TensorProto, helper

    tensor = TensorProto(name="t", data_type=TensorProto.FLOAT, dims=[2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=secret)
    inside = helper.make_tensor("i", TensorProto.INT64, [2], [0, 1])
    sparse = helper.make_sparse_tensor(tensor, inside, [9])
    node = helper.make_node("Identity", ["samples"], ["embedding"])
    graph = helper.make_graph([node], "g", [], [])
    small = helper.make_graph([], "small", [], [], [tensor])
    model = helper.make_model(graph)
    if where == "initializer":
        model.graph.initializer.append(tensor)
    elif where == "sparse initializer":
        model.graph.sparse_initializer.append(sparse)
    elif where == "sparse indices":
        tensor.data_type, tensor.name = TensorProto.INT64, "i"
        model.graph.sparse_initializer.append(helper.make_sparse_tensor(inside, tensor, [9]))
    elif where == "training":
        model.training_info.add().algorithm.initializer.append(tensor)
    elif where == "function":
        function = helper.make_function("d", "f", [], [], [node], [])
        function.node[0].attribute.add(name="value", type=4).t.CopyFrom(tensor)
        model.functions.append(function)
    elif where == "default of a function":
        function = helper.make_function("d", "f", [], [], [node], [])
        function.attribute_proto.add(name="value", type=4).t.CopyFrom(tensor)
        model.functions.append(function)
    else:
        attribute = model.graph.node[0].attribute.add(name="value")
        {"attribute": attribute.t, "attribute's graph": attribute.g}.get(
            where, attribute.tensors.add() if where == "attribute's tensors" else attribute.graphs.add()
        ).CopyFrom(tensor if where in ("attribute", "attribute's tensors") else small)
    assert isinstance(model, onnx.ModelProto)
    return bytes(model.SerializeToString())


WHERE = [
    *("initializer", "sparse initializer", "sparse indices", "training", "function", "default of a function"),
    *("attribute", "attribute's tensors", "attribute's graph", "attribute's graphs"),
]


@pytest.mark.parametrize("where", WHERE)
def test_a_graph_with_tensors_elsewhere_is_refused(where: str) -> None:
    content = _outside("/etc/passwd", where)
    assert b"/etc/passwd" in content
    with pytest.raises(SernetError, match="names a file that a tensor lies in"):
        self_contained.check(content)


def test_no_file_beside_the_graph_is_read(exported: Callable[..., Path], tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'sernet[onnx]'")
    copy = Path(shutil.copytree(exported(onnx=True), tmp_path / "copy"))
    contents = json.loads((copy / CONTENTS).read_text())
    for secret in ("/etc/passwd", "../../../etc/passwd", "README.md"):
        (copy / "model.onnx").write_bytes(_outside(secret, "initializer"))
        contents["files"]["model.onnx"] = digest(copy / "model.onnx")
        (copy / CONTENTS).write_text(json.dumps(contents))
        seal(copy)
        with pytest.raises(SernetError, match=r"model\.onnx names a file"):
            sernet.load(copy, engine="onnx")


@pytest.mark.parametrize(
    "content",
    [b"\x3a\x04\x2a\x02\x70\x01", b"\x3a\x07\x2a\x05\x70\x81\x80\x80\x10", b"\x3a\x05\x2a\x03\x72\x01\x01"],
    ids=["EXTERNAL", "EXTERNAL in more bytes than it needs", "packed"],
)
def test_a_place_alone_is_enough(content: bytes) -> None:
    with pytest.raises(SernetError):
        self_contained.check(content)


@pytest.mark.parametrize("content", [b"\xff" * 20, b"\x3a\xff\x01\x00", b"\x0b", b"\x08\x01" * 400_000, b"\x3a"])
def test_what_is_no_graph_ends_at_once(content: bytes) -> None:
    with pytest.raises(SernetError, match="is no "):
        self_contained.check(content)
    nested = b""
    for _ in range(300):
        body = b"\x32" + _length(len(nested)) + nested  # an attribute's graph in a node's attribute ...
        for key in (b"\x2a", b"\x0a"):
            body = key + _length(len(body)) + body
        nested = body
    with pytest.raises(SernetError, match="nested too deeply"):
        self_contained.check(b"\x3a" + _length(len(nested)) + nested)


def _length(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def test_a_graph_that_makes_something_else_is_an_error(exported: Callable[..., Path], tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'sernet[onnx]'")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'sernet[onnx]'")
    copy = Path(shutil.copytree(exported(onnx=True), tmp_path / "copy"))
    contents = json.loads((copy / CONTENTS).read_text())
    for names, said in ((("other", "embedding"), "expected an embedding of samples"), (("samples", "embedding"), None)):
        put, get = (onnx.helper.make_tensor_value_info(name, 1, ["b", "n"]) for name in names)
        node = onnx.helper.make_node("Identity", [names[0]], [names[1]])
        model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [put], [get]), ir_version=8,
                                       opset_imports=[onnx.helper.make_opsetid("", 17)])  # fmt: skip
        (copy / "model.onnx").write_bytes(model.SerializeToString())
        contents["files"]["model.onnx"] = digest(copy / "model.onnx")
        (copy / CONTENTS).write_text(json.dumps(contents))
        seal(copy)
        if said:
            with pytest.raises(SernetError, match=said):
                sernet.load(copy, engine="onnx")
        else:
            model = sernet.load(copy, engine="onnx")
            with pytest.raises(SernetError, match="its embedding has shape"):
                model.predict(0.1 * np.random.default_rng(0).standard_normal(16000), 16000)

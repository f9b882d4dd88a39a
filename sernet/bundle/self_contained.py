"""Whether an ONNX graph keeps all its tensors in its own file, told from its bytes.

A tensor may say that its values lie in another file. Versions of onnxruntime differ in which paths they follow from
there; some read any file of the machine. So such a graph is refused before onnxruntime sees it. The numbers are those
of onnx.proto (ONNX 1.19; fields are never given another meaning).
"""

from __future__ import annotations

from sernet.errors import SernetError

PARTS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor", 23: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""The fields of each message in which a tensor may lie."""
EXTERNAL_DATA, DATA_LOCATION = 13, 14
"""Fields of a tensor."""
DEEPEST, MOST = 100, 300_000
"""Messages in each other, as protobuf itself allows; fields of all, tens of times those of a network."""


def check(model: bytes) -> None:
    """Look through a model.

    Raises:
        SernetError: a tensor of it lies elsewhere, or it is no ONNX model.
    """
    waiting = [("model", 0, len(model), 0)]
    fields = 0
    while waiting:
        kind, at, end, depth = waiting.pop()
        if depth > DEEPEST:
            raise SernetError("is no graph: its parts are nested too deeply")
        while at < end:
            fields += 1
            if fields > MOST:
                raise SernetError(f"is no graph of sernet's: it has more than {MOST} fields")
            key, at = _number(model, at, end)
            field, wire = key >> 3, key & 7
            if kind == "tensor" and field == EXTERNAL_DATA:
                raise SernetError("names a file that a tensor lies in; all of a bundle's graph lies in its own file")
            if wire == 0:
                value, at = _number(model, at, end)
                if kind == "tensor" and field == DATA_LOCATION and value:
                    raise SernetError("has a tensor that lies in another file; all of it must lie in its own")
                continue
            if wire in (1, 5):
                size = 8 if wire == 1 else 4
            elif wire == 2:
                size, at = _number(model, at, end)
            else:
                raise SernetError("is no ONNX model: it has a field of a type that there is not")
            if size > end - at:
                raise SernetError("is no ONNX model: a part of it is cut off")
            if kind == "tensor" and field == DATA_LOCATION:
                raise SernetError("is no ONNX model: a tensor does not say where it lies")
            if wire == 2 and (part := PARTS[kind].get(field)):
                waiting.append((part, at, at + size, depth + 1))
            at += size


def _number(model: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable-length number, and where the next field begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            break
        byte = model[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise SernetError("is no ONNX model: a number in it does not end")

"""What may happen to a file: bits flip, ends are cut off, lines go missing, fields change places, values change type.

Each function gives a hypothesis strategy for damaged versions of a whole file. Hypothesis draws them by seed.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Damage = Callable[[bytes], SearchStrategy[bytes]]

WORDS = (
    *(
        "",
        " ",
        "\t",
        "-",
        "--",
        "|",
        "|cat",
        "cat |",
        "nan",
        "inf",
        "-1",
        "0",
        "1e999",
        "9" * 30,
        "true",
        "null",
        "~",
        "on",
    ),
    *(
        "../../x",
        "/dev/null",
        "a" * 5000,
        "[]",
        "{}",
        "{",
        '"',
        "'",
        "#",
        ":",
        "é",
        "Ω" * 50,
        "\ufeff",
        "\u2028",
        "\x85",
    ),
    *("$(touch x)", "%s", "1.5", "-0", "1:2:3", "2020-13-45", "!!float", "&a", "*a", "<script>", "0x10", "1_0", "١"),
)
"""In the place of a field."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 1.5, -0.5, 1e-300, 1e308, 2**31, -(2**31), 2**53, 2**63, 2**64, 10**30),
    *("", " ", "x", "0", "0.0", "nan", "a" * 5000, "../../x", "|", "é", "\0", "\udce9", "\ud800", "2020-13-45"),
    *([], {}, [[]], [None], [1, 2], ["x"], {"x": None}, {"": 1}, [{}], float("nan"), float("inf"), float("-inf")),
)
"""In the place of a JSON value."""
RAW = (
    *(b"\x00", b"\xff", b"\xe9", b"\n", b"\r", b"\x1a", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b" ", b"|", b'"', b"\\"),
    *(bytes(64), b"\xff" * 64, b"\x1f\x8b", b"PK\x03\x04", b"\x80\x04cos\nsystem\n", b"\r\n", b"\xef\xbb\xbf", b"NaN"),
)
"""Put between bytes."""
NUMBERS = (0, 1, -1, 2, 2**7, 2**15 - 1, 2**16, 2**24, 2**31 - 1, -(2**31), 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1)
"""Written over bytes, as a number of one, two, four or eight."""


@st.composite
def _one_change(draw: DrawFn, data: bytes) -> bytes:
    """One change of bytes; every second one within the first 100, where heads are."""
    far = len(data) if draw(st.booleans()) else min(len(data), 100)
    at = draw(st.integers(0, max(0, far - 1)))
    kind = draw(st.sampled_from(["bit", "cut", "behead", "drop", "insert", "repeat", "overwrite", "number", "number"]))
    length = draw(st.integers(1, 64))
    if kind == "bit" and data:
        return data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
    if kind == "cut":
        return data[:at]
    if kind == "behead":
        return data[at + 1 :]
    if kind == "drop":
        return data[:at] + data[at + length :]
    if kind == "repeat":
        return data[: at + length] + data[at:]
    if kind == "overwrite":
        return data[:at] + draw(st.sampled_from([b"\0", b"\xff"])) * length + data[at + length :]
    if kind == "number":
        size, order = draw(st.sampled_from([1, 2, 4, 8])), draw(st.sampled_from(["little", "big"]))
        number = draw(st.sampled_from(NUMBERS)) % (1 << 8 * size)
        return data[:at] + number.to_bytes(size, order) + data[at + size :]  # type: ignore[arg-type]
    return data[:at] + draw(st.one_of(st.sampled_from(RAW), st.binary(max_size=32))) + data[at:]


def in_one_bit(data: bytes) -> SearchStrategy[bytes]:
    """One bit, anywhere: what a disk or a wire does."""
    bits = st.integers(0, 8 * len(data) - 1)
    return bits.map(lambda at: data[: at // 8] + bytes([data[at // 8] ^ (1 << at % 8)]) + data[at // 8 + 1 :])


@st.composite
def in_bytes(draw: DrawFn, data: bytes) -> bytes:
    """Up to three changes of bytes."""
    for _ in range(draw(st.integers(1, 3))):
        data = draw(_one_change(data))
    return data


@st.composite
def _changed_line(draw: DrawFn, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    kind = draw(st.sampled_from(["repeat", "remove", "swap", "field", "field", "field", "fields", "join", "ends"]))
    if kind == "repeat":
        lines.insert(other, lines[at])
    elif kind == "remove":
        del lines[at]
    elif kind == "swap":
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "join":
        lines[at] = lines[at].rstrip(b"\n")
    elif kind == "ends":
        lines = [line.rstrip(b"\n") + b"\r\n" for line in lines]
    else:
        separator = next((mark for mark in (b"\t", b",", b" ") if mark in lines[at]), b" ")
        fields = lines[at].rstrip(b"\n").split(separator)
        place = draw(st.integers(0, len(fields) - 1))
        if kind == "field":
            word = st.one_of(st.sampled_from(WORDS), st.text(max_size=10)).map(
                lambda text: text.encode(errors="replace")
            )
            fields[place] = draw(st.one_of(word, st.sampled_from(RAW)))
        else:
            last = draw(st.integers(0, len(fields) - 1))
            fields[place], fields[last] = fields[last], fields[place]
        lines[at] = separator.join(fields) + b"\n"
    return b"".join(lines)


def in_lines(data: bytes) -> SearchStrategy[bytes]:
    """Lines and their fields, or bytes."""
    return st.one_of(_changed_line(data), _changed_line(data).flatmap(_changed_line), in_bytes(data))


@st.composite
def in_value(draw: DrawFn, value: Any) -> Any:
    """A JSON value with one or two of its parts changed, removed, doubled or renamed."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        holder, key = None, None
        here = value
        while isinstance(here, dict | list) and here and (holder is None or draw(st.integers(0, 3))):
            keys = sorted(here, key=str) if isinstance(here, dict) else range(len(here))
            holder, key = here, draw(st.sampled_from(list(keys)))
            here = here[key]
        other = draw(st.sampled_from(VALUES))
        if holder is None:
            value = other
            continue
        kind = draw(st.sampled_from(["other", "other", "other", "remove", "rename", "wrap", "near"]))
        if kind == "remove":
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["", "x", "é", str(key) + "s"]))] = holder.pop(key)
        elif kind == "wrap":
            holder[key] = draw(st.sampled_from([[here], {"x": here}, [here, here], str(here)]))
        elif kind == "near" and isinstance(here, int | float):
            holder[key] = draw(st.sampled_from([-here, here + 1, here * 1000, here / 3, here * 1e20]))
        elif kind == "near" and isinstance(here, str):
            holder[key] = draw(st.sampled_from([here + "x", here[:-1], here.upper(), f"{here}\n"]))
        else:
            holder[key] = copy.deepcopy(other)
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def in_json(data: bytes) -> SearchStrategy[bytes]:
    """The values of a JSON text, its lines, or its bytes; or a text without end."""
    value = json.loads(data)
    deep = st.sampled_from([b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b"", b"[]", b"{}", b"null", b"NaN"])
    structure = in_value(value).map(_json)
    return st.one_of(structure, structure, structure, in_lines(data), in_bytes(data), deep)


def in_json_lines(data: bytes) -> SearchStrategy[bytes]:
    """The values of one line, the lines, or the bytes, of JSON lines."""
    lines = data.splitlines()

    def line(at: int) -> SearchStrategy[bytes]:
        changed = in_json(lines[at])
        return changed.map(lambda now: b"\n".join([*lines[:at], now, *lines[at + 1 :]]) + b"\n")

    one = st.integers(0, len(lines) - 1).flatmap(line)
    return st.one_of(one, one, one, in_lines(data))


def in_yaml(data: bytes) -> SearchStrategy[bytes]:
    """The values of a YAML text, its lines, or its bytes."""

    def dumped(value: Any) -> bytes:
        return yaml.safe_dump(value, allow_unicode=True).encode(errors="surrogatepass")

    structure = in_value(yaml.safe_load(data)).map(dumped)
    deep = st.sampled_from(
        [b"[" * 3000, b"- " * 3000, b"a: &a [*a]", b"!!python/name:os.system", b"? {}\n: x", b"--- 1\n--- 2"]
    )
    return st.one_of(structure, structure, in_lines(data), in_bytes(data), deep)


def packed(inner: Damage) -> Damage:
    """Of a gzip file: what it holds, or its own bytes."""

    def damage(data: bytes) -> SearchStrategy[bytes]:
        whole = inner(gzip.decompress(data)).map(lambda text: gzip.compress(text, 1, mtime=0))
        return st.one_of(whole, whole, whole, in_bytes(data))

    return damage


@st.composite
def in_arrays(draw: DrawFn, data: bytes) -> bytes:
    """Of an npz file: an array of another type, shape or value, made to fit; another head; or its bytes."""
    kind = draw(st.sampled_from(["array", "array", "head", "head", "bytes"]))
    if kind == "bytes":
        return draw(in_bytes(data))
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    if kind == "head":
        members[name] = draw(_one_change(members[name]))
    else:
        array = np.load(io.BytesIO(members[name]))
        members[name] = _npy(draw(_changed_array(array)))
    if draw(st.integers(0, 9)) == 0:
        members[draw(st.sampled_from(["x.npy", "../x.npy", "x"]))] = members.pop(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for key, content in members.items():
            file.writestr(key, content)
    return out.getvalue()


def _npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@st.composite
def _changed_array(draw: DrawFn, array: np.ndarray) -> Any:
    kind = draw(st.sampled_from(["shorter", "flat", "type", "value", "deeper", "twice", "pickle"]))
    if kind == "shorter":
        return array[:-1] if array.ndim else array[None]
    if kind == "flat":
        return array.reshape(-1)
    if kind == "deeper":
        return array[None]
    if kind == "twice":
        return np.concatenate([np.atleast_1d(array)] * 2)
    if kind == "pickle":
        return np.array([{}, None], dtype=object)
    if kind == "type":
        other = draw(st.sampled_from(["f8", "i8", "U3", "S3", "?", "c16", "M8[s]", "V4"]))
        return np.zeros(array.shape, dtype=other)
    changed = array.copy().reshape(-1)
    if changed.size:
        values = ["", "é", "x" * 300] if array.dtype.kind == "U" else [0, 1, -1, 127]
        values += [np.nan, np.inf, 1e308] if array.dtype.kind == "f" else []
        with np.errstate(over="ignore"):
            changed[draw(st.integers(0, changed.size - 1))] = draw(st.sampled_from(values))
    return changed.reshape(array.shape)


def in_tensors(data: bytes) -> SearchStrategy[bytes]:
    """Of a safetensors file: the JSON of its head, made to fit, or its bytes."""
    (size,) = struct.unpack("<Q", data[:8])
    head, rest = data[8 : 8 + size], data[8 + size :]
    changed = in_json(head).map(lambda now: struct.pack("<Q", len(now)) + now + rest)
    return st.one_of(changed, in_bytes(data))

"""YAML is read as far as it means what JSON can say; the rest is refused by line, and at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sernet.config.yaml_reading import parse_yaml, read_yaml
from sernet.errors import UsageError

ALIASES = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)


@pytest.mark.parametrize(
    "text",
    [
        *("!!timestamp x", "!!float", "!!int ''", "!!bool x", "!!binary eA==", "!!set {a}", "!!python/name:os.system"),
        *(
            "!!map [1]",
            "&a [*a]",
            "&a {x: *a}",
            "? [1]\n: 2",
            "*nobody",
            "--- 1\n--- 2",
            "{",
            "[" * 100_000,
            "- " * 5000,
        ),
        *('"\\ud800"', '"\\0"', "1" * 5000, "1" * 40, "a: 1\nb: 2\na: 3", "%YAML 3.0\n---\n1", ALIASES),
    ],
)
def test_what_json_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--set x:\d+: not YAML: "):
        parse_yaml(text, "--set x")


def test_the_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "corpus.yaml"
    path.write_text("name: x\ntitle: [\n")
    with pytest.raises(UsageError, match=f"{path}:3: "):
        read_yaml(path)
    path.write_bytes("name: x\ntitle: Müller\n".encode("latin-1"))
    with pytest.raises(UsageError, match=f"{path}:2: byte 0xfc"):
        read_yaml(path)


@pytest.mark.parametrize(
    "text, value",
    [
        ("2020-13-45", "2020-13-45"),
        ("2020-01-01", "2020-01-01"),
        ("a: &a {x: 1, y: 1}\nb: {<<: *a, x: 2}", {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 1}}),
        ("[1, 1.5, yes, ~, 'a', 1e3]", [1, 1.5, True, None, "a", "1e3"]),
        ("", None),
    ],
)
def test_the_rest_is_what_yaml_says(text: str, value: object) -> None:
    assert parse_yaml(text, "--set x") == value

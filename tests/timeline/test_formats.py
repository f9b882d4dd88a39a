"""What other programs read: RTTM, TextGrid, JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sernet.errors import SernetError
from sernet.timeline import formats
from sernet.timeline.segments import Segment, frames_of, from_frames

SEGMENTS = [Segment(0.0, 1.25, "neutral", 0.8), Segment(1.25, 3.0, "anger", 0.6)]


def test_rttm_comes_back_as_it_went(tmp_path: Path) -> None:
    path = tmp_path / "two.rttm"
    path.write_text(formats.rttm("a call", SEGMENTS) + ";; a comment\n" + formats.rttm("b", SEGMENTS[:1]))
    found = formats.read_rttm(path)
    assert found == {
        "a_call": [segment._replace(confidence=None) for segment in SEGMENTS],
        "b": [(0, 1.25, "neutral", None)],
    }
    assert path.read_text().splitlines()[0].split() == [
        *("SPEAKER", "a_call", "1", "0.000", "1.250", "<NA>", "<NA>", "neutral", "0.800", "<NA>"),
    ]


def test_a_line_that_is_no_rttm_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.rttm").write_text("SPEAKER a 1 0 what <NA> <NA> anger <NA> <NA>\n")
    with pytest.raises(SernetError, match=r"x\.rttm:1: "):
        formats.read_rttm(tmp_path / "x.rttm")


def test_textgrid_covers_all_of_the_recording_without_overlap() -> None:
    text = formats.textgrid([SEGMENTS[0], Segment(2.0, 3.0, "anger")], 4.0)
    spans = re.findall(r'xmin = ([\d.]+)\n\s+xmax = ([\d.]+)\n\s+text = "(\w*)"', text)
    assert [(float(a), float(b), label) for a, b, label in spans] == [
        (0, 1.25, "neutral"), (1.25, 2, ""), (2, 3, "anger"), (3, 4, ""),
    ]  # fmt: skip
    assert "intervals: size = 4" in text and text.startswith('File type = "ooTextFile"\nObject class = "TextGrid"\n')


def test_json_holds_the_n_best() -> None:
    value = json.loads(formats.as_json("a.wav", SEGMENTS, 3.0, [(SEGMENTS, -1.5)]))
    assert value["segments"][1] == {"start": 1.25, "end": 3.0, "label": "anger", "confidence": 0.6}
    assert value["n_best"][0]["score"] == -1.5 and value["duration"] == 3.0


def test_frames_become_segments_that_end_with_the_recording() -> None:
    path = np.array([0, 0, 1, 1, 1, 0])
    posterior = np.tile([0.25, 0.75], (6, 1))
    found = from_frames(path, ("neutral", "anger"), 0.1, 0.57, posterior)
    assert found == [(0.0, 0.2, "neutral", 0.25), (0.2, 0.5, "anger", 0.75), (0.5, 0.57, "neutral", 0.25)]
    assert [frames_of(seconds, 0.1) for seconds in (0.57, 0.6, 0.001, 0.3)] == [6, 6, 1, 3]


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    samples = np.sin(np.arange(8000) / 9).astype(np.float32)
    posterior = np.tile([0.4, 0.6], (5, 1))
    formats.draw(tmp_path / "x.png", "x", samples, 8000, SEGMENTS, ("neutral", "anger"), posterior, 0.2)
    assert (tmp_path / "x.png").read_bytes()[:4] == b"\x89PNG"

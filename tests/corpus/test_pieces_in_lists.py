"""Where a piece begins and ends, in each kind of list, under each of the names that lists use; and what a line is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sernet.config.load import load_corpus
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.imports import csv
from sernet.errors import SernetError, UsageError
from utils import import_corpus

RATE = 16000
PIECES = [(0.0, 0.5), (0.5, 0.25), (1.0, 1.0)]
"""Start and duration of each, in a recording of 2 s."""
HEADERS: dict[str, Callable[[float, float], tuple[float, ...]]] = {
    "start,end": lambda start, lasts: (start, start + lasts),
    "start,duration": lambda start, lasts: (start, lasts),
    "offset,duration": lambda start, lasts: (start, lasts),
    "Onset,Offset": lambda start, lasts: (start, start + lasts),
    "onset,dur": lambda start, lasts: (start, lasts),
    "Start Time,length": lambda start, lasts: (start, lasts),
    "duration,offset": lambda start, lasts: (lasts, start),
    "start,end,duration": lambda start, lasts: (start, start + lasts, 99.0),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    samples = 0.1 * np.random.default_rng(0).standard_normal(2 * RATE)
    soundfile.write(tmp_path / "r.wav", samples, RATE)
    return tmp_path


def _imported(source: Path, *options: str) -> list[tuple[float, float]]:
    """Start and duration of each utterance as stage 1 has it."""
    egs = source.parent / "egs"
    assert import_corpus.main(["mine", str(source), *options], egs) == 0
    config, folder = load_corpus(egs, "mine")
    made, bad = manifests.build(config, read_entries(config, source.parent, folder), source.parent)
    assert not bad
    return sorted((round(item.entry.start, 6), round(item.duration, 6)) for item in made)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(("suffix", "sign"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_a_table_of_pieces(root: Path, header: str, suffix: str, sign: str) -> None:
    lines = [f"path,label,speaker,id,{header}"]
    for number, piece in enumerate(PIECES):
        lines.append(f"r.wav,sad,s{number % 2},u{number},{','.join(map(str, HEADERS[header](*piece)))}")
    (root / f"list.{suffix}").write_text("".join(f"{line}\n" for line in lines).replace(",", sign))
    assert _imported(root / f"list.{suffix}") == PIECES


def test_a_metadata_csv_of_pieces(root: Path) -> None:
    rows = "".join(f"r.wav,sad,s{n % 2},u{n},{start},{lasts}\n" for n, (start, lasts) in enumerate(PIECES))
    (root / "metadata.csv").write_text(f"file_name,label,speaker,id,start,duration\n{rows}")
    assert _imported(root / "metadata.csv") == PIECES


def _cut(number: int, cut: tuple[float, float], supervision: tuple[float, float]) -> dict[str, Any]:
    recording = {"id": "r", "sources": [{"type": "file", "channels": [0], "source": "r.wav"}], "sampling_rate": RATE}
    said = {"id": f"u{number}", "recording_id": "r", "speaker": f"s{number % 2}", "custom": {"emotion": "sad"}}
    return {
        **{"id": f"u{number}", "start": cut[0], "duration": cut[1], "channel": 0, "type": "MonoCut"},
        "supervisions": [{**said, "start": supervision[0], "duration": supervision[1], "channel": 0}],
        "recording": {**recording, "num_samples": 2 * RATE, "duration": 2.0, "channel_ids": [0]},
    }


@pytest.mark.parametrize("whole", [False, True])
def test_a_cutset_of_pieces(root: Path, whole: bool) -> None:
    """``whole``: the cuts are the recording, and what is labelled is a part of each, as before trim_to_supervisions."""
    cuts = [
        _cut(n, (0.0, 2.0) if whole else piece, piece if whole else (0.0, piece[1])) for n, piece in enumerate(PIECES)
    ]
    with gzip.open(root / "cuts.jsonl.gz", "wt") as stream:
        stream.write("".join(json.dumps(cut) + "\n" for cut in cuts))
    assert _imported(root / "cuts.jsonl.gz") == PIECES


def test_a_start_alone_goes_to_the_end_and_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "list.csv").write_text("path,label,speaker,id,start\nr.wav,sad,s0,a,0.5\nr.wav,sad,s1,b,1.5\n")
    assert _imported(root / "list.csv") == [(0.5, 1.5), (1.5, 0.5)]
    assert "2 pieces have a start, no end and no duration" in capsys.readouterr().out


def test_a_duration_without_a_start_is_of_the_file(root: Path) -> None:
    (root / "list.csv").write_text("path,label,speaker,duration\nr.wav,sad,s0,1.0\n")
    assert _imported(root / "list.csv") == [(0.0, 2.0)]


def test_of_an_offset_alone_nobody_knows_what_it_is() -> None:
    with pytest.raises(UsageError, match="is 'offset' where a piece begins, or where it ends"):
        csv.columns(["path", "label", "speaker", "offset"], {}, "x")
    assert csv.columns(["path", "label", "speaker", "offset"], {"end": "offset"}, "x")["end"] == "offset"


def test_a_call_from_before_durations_were_read_is_refused(root: Path) -> None:
    (root / "list.csv").write_text("path,label,start,duration\nr.wav,sad,0.5,0.5\n")
    old = {"path": "path", "emotion": "label", "start": "start"}
    with pytest.raises(SernetError, match="the column 'duration' says how long each piece is, and prepare.py does not"):
        list(csv.read(root, "list.csv", **old))
    (entry,) = csv.read(root, "list.csv", **old, duration="")
    assert (entry.start, entry.duration) == (0.5, None)
    (entry,) = csv.read(root, "list.csv", **old, duration="duration")
    assert (entry.start, entry.duration) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("cell", "said"), [("0", "lasts 0 s"), ("-1", "'-1' is not a time"), ("nan", "'nan' is not a time")]
)
def test_a_duration_that_is_none_is_refused_by_line(root: Path, cell: str, said: str) -> None:
    (root / "list.csv").write_text(f"path,label,start,duration\nr.wav,sad,0.5,{cell}\n")
    with pytest.raises(SernetError, match=rf"list\.csv:2: {said}"):
        list(csv.read(root, "list.csv", path="path", emotion="label", start="start", duration="duration"))


# Lines


def _rows(tmp_path: Path, text: str, name: str = "list.csv") -> list[dict[str, str]]:
    (tmp_path / name).write_bytes(text.encode())
    return [cells for _, cells in csv.rows(tmp_path / name)]


def test_between_tabs_a_quotation_mark_is_a_character(tmp_path: Path) -> None:
    texts = ['"Go away', "hello", 'he said no"', '"all of it"', '"', "a, b"]
    lines = "".join(f"u{number}.wav\t{text}\n" for number, text in enumerate(texts))
    assert [row["text"] for row in _rows(tmp_path, f"path\ttext\n{lines}")] == texts


def test_a_table_in_tabs_whose_cells_are_all_quoted_is_read(tmp_path: Path) -> None:
    assert _rows(tmp_path, '"path"\t"text"\n"a.wav"\t"he said ""no"""\n') == [{"path": "a.wav", "text": 'he said "no"'}]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('b.wav,"Go away', "list.csv:3: a quotation mark is not closed"),
        ('b.wav,"no" he said', "list.csv:3: a quotation mark"),
        ('"b.wav,x', "list.csv:3: a quotation mark is not closed"),
        ("b.wav", "list.csv:3: 1 cells under 2 columns"),
    ],
)
def test_a_quotation_mark_that_is_not_closed_swallows_nothing(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SernetError, match=said):
        _rows(tmp_path, f'path,text\na.wav,"one, ""two"""\n{line}\nc.wav,he said no"\n')
    assert _rows(tmp_path, 'path,text\na.wav,"one, ""two"""\nc.wav,he said no"\n')[0]["text"] == 'one, "two"'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_without_a_filled_cell_are_none(tmp_path: Path, end: str) -> None:
    text = end.join(["path,text", "a.wav,x", "", ",", "b.wav,", " , ", ",,,", ""])
    assert [row["path"] for row in _rows(tmp_path, text)] == ["a.wav", "b.wav"]


def test_a_line_that_names_no_file_is_refused(root: Path) -> None:
    (root / "list.csv").write_text("path,label\nr.wav,sad\n,sad\n")
    with pytest.raises(SernetError, match=r"list\.csv:3: names no audio file"):
        list(csv.read(root, "list.csv", path="path", emotion="label"))


def test_speakers_are_asked_about_before_anything_is_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        (root / f"{name}.wav").write_bytes((root / "r.wav").read_bytes())
    (root / "list.csv").write_text("path,label,speaker\na.wav,sad,S1\nb.wav,sad,s1\nc.wav,sad,nan\nr.wav,sad,s1 \n")
    arguments = ["mine", str(root / "list.csv")]
    assert import_corpus.main(arguments, root / "egs") == 1 and not (root / "egs" / "mine").exists()
    said = capsys.readouterr().err
    assert "'S1' (1 utterances, such as a.wav)" in said and "is 'nan' (1 utterances" in said
    answers = [part for text in ("S1=s1", "s1 =s1", "nan=") for part in ("--speaker-name", text)]
    assert import_corpus.main([*arguments, *answers], root / "egs") == 0
    config, folder = load_corpus(root / "egs", "mine")
    assert [entry.speaker for entry in read_entries(config, root, folder)] == ["s1", "s1", None, "s1"]

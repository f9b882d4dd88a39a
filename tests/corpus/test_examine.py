"""Pieces held against their recordings, and files of which stage 1 must say something and go on."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import Audio, Entry, read_entries
from sernet.corpus.examine import Findings, Heard, examine, fit, unsayable
from sernet.errors import SernetError
from tiny import Tiny

RATE = 16000
SIX = Heard(Audio(RATE, 6 * RATE, 1, "d"), silences=((2 * RATE, 4 * RATE),))


@pytest.mark.parametrize(
    ("start", "duration", "said"),
    [
        (5.0, 1.3, "ends at 6.3 s, 0.3 s beyond its recording of 6 s"),
        (5.0, 1.051, "ends at 6.051 s, 0.051 s beyond"),
        (5.0, 4.0, "ends at 9 s, 3 s beyond its recording of 6 s"),
        (6.5, 1.0, "starts at 6.5 s, beyond the end of its recording of 6 s"),
        (6.0, None, "starts at 6 s, beyond the end"),
        (0.0, 1000.0, "ends at 1000 s, 994 s beyond its recording of 6 s; milliseconds?"),
        (4000.0, 1000.0, "starts at 4000 s, .*; milliseconds?"),
        (0.0, 32000.0, "; samples?"),
        (-1.0, 2.0, "starts at -1 s, which is no time"),
        (math.nan, 2.0, "starts at nan s"),
        (math.inf, 2.0, "starts at inf s"),
        (1.0, math.nan, "lasts nan s"),
        (1.0, 0.0, "lasts 0 s"),
        (1.0, -1.0, "lasts -1 s"),
        (2.5, 1.0, "is silent throughout, from 2.5 s on"),
    ],
)
def test_a_piece_that_is_none_is_said(start: float, duration: float | None, said: str) -> None:
    found = fit(Entry("x.wav", name="u", start=start, duration=duration), SIX, Findings())
    assert isinstance(found, str) and all(part in found for part in said.split(" .*")), found


@pytest.mark.parametrize(("duration", "lasts"), [(1.0, 1.0), (1.03, 1.0), (1.05, 1.0), (None, None)])
def test_a_frame_or_so_beyond_the_end_is_cut_and_said(duration: float | None, lasts: float | None) -> None:
    findings = Findings()
    found = fit(Entry("x.wav", name="u", start=5.0, duration=duration), SIX, findings)
    assert isinstance(found, Entry) and found.duration == lasts
    cut = duration is not None and duration > 1
    assert bool(findings.lines()) == (cut or duration is None)
    assert all(("is cut there" if cut else "no end") in line for line in findings.lines())


def test_pieces_of_a_recording_are_listed_and_the_others_kept(tiny: Tiny) -> None:
    entries = [
        Entry("f1_A_1.wav", speaker="f1", emotion="anger", name=f"p{n}", start=0.1 * n, duration=0.1) for n in range(5)
    ]
    made, bad = manifests.build(tiny.config, entries, tiny.root)
    assert [item.id for item in bad] == ["tiny-f1-p3", "tiny-f1-p4"] and len(made) == 3
    assert [round(cut.duration, 6) for cut in made.cuts] == [0.1] * 3


def test_recordings_of_pieces_that_share_a_name_are_not_one(tiny: Tiny) -> None:
    entries = [
        Entry(f"{day}/x.wav", speaker="f1", emotion="anger", name=f"{day}-{part}", start=0.1 * part, duration=0.1)
        for day in ("one", "two")
        for part in range(2)
    ]
    for day in ("one", "two"):
        (tiny.root / day).mkdir()
        os.link(tiny.root / "f1_A_1.wav", tiny.root / day / "x.wav")
    with pytest.raises(SernetError, match="recordings share an id: tiny-f1-x .one/x.wav, two/x.wav.; try `id: path`"):
        manifests.build(tiny.config, entries, tiny.root)
    tiny.raw["id"] = "path"
    made, _ = manifests.build(tiny.config, entries, tiny.root)
    assert [recording.id for recording in made.recordings] == ["tiny-f1-one_x", "tiny-f1-two_x"]


def test_stage_1_names_what_is_of_no_use_and_counts_what_is_odd(tiny: Tiny) -> None:
    speech = 0.1 * np.random.default_rng(3).standard_normal(4800)
    raw = (tiny.root / "f1_A_1.wav").read_bytes()
    (tiny.root / "f1_A_1.wav").write_bytes(raw[: len(raw) // 2])
    soundfile.write(tiny.root / "f1_A_2.wav", 0 * speech, RATE)
    soundfile.write(tiny.root / "f1_N_1.wav", speech[:16], RATE)
    soundfile.write(tiny.root / "f1_N_2.wav", 32768 * speech, RATE, subtype="FLOAT")
    soundfile.write(tiny.root / "m1_A_1.wav", np.stack([speech, -speech], axis=1), RATE)
    made, bad = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    reasons = {item.path: item.reason for item in bad}
    assert reasons["f1_A_1.wav"] == "holds 2389 of 4800 samples"
    assert reasons["f1_A_2.wav"] == "is silent throughout"
    assert "lasts 1 ms" in reasons["f1_N_1.wav"] and "whole numbers" in reasons["f1_N_2.wav"]
    assert len(bad) == 4 and len(made) == 12
    assert made.findings.lines() == ["1 times: its channels cancel: they are in opposite phase (such as m1_A_1.wav)"]


def test_a_reader_that_breaks_makes_a_bad_file(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(path: Path, channel: int) -> str:
        raise MemoryError("8 GiB")

    monkeypatch.setattr("sernet.corpus.examine._hear", breaking)
    assert examine(tiny.root / "f1_A_1.wav", 0) == "cannot be read: MemoryError: 8 GiB"


def test_an_aiff_file_that_is_called_wav_is_read(tiny: Tiny) -> None:
    soundfile.write(tiny.root / "f1_A_1.wav", 0.1 * np.sin(np.arange(4800)), RATE, format="AIFF")
    found = examine(tiny.root / "f1_A_1.wav", 0)
    assert isinstance(found, Heard) and found.audio.samples == 4800


@pytest.mark.parametrize(
    "name",
    ["x.wav;touch y|", "x\n.wav", "x\u2028.wav", "x\r.wav", "x\t.wav", "x.wav ", "ark:7", "x.wav[0:9]", "\udce9.wav"],
)
def test_a_name_that_others_would_run_or_misread_is_a_bad_file(tiny: Tiny, tmp_path: Path, name: str) -> None:
    os.rename(tiny.root / "f1_A_1.wav", tiny.root / name)
    entry = Entry(name, speaker="f1", emotion="anger", name="u")
    made, bad = manifests.build(tiny.config, [entry, Entry("f1_A_2.wav", speaker="f1")], tiny.root)
    assert len(bad) == 1 and "rename it" in bad[0].reason and len(made) == 1
    bad[0].path.encode(), bad[0].reason.encode()
    kaldi_dir.write(made, tmp_path)
    assert (tmp_path / "wav.scp").read_text().count("\n") == 1
    with pytest.raises(SernetError, match="cannot stand in wav.scp"):
        made.put("tiny-f1-x", replace(entry, audio=Audio(RATE, 4800, 1, "d")))
        kaldi_dir.write(made, tmp_path)


def test_names_that_are_only_unusual_may_be_said() -> None:
    for path in ("/a b/ü (1).wav", "/x|y.wav", "/a:b/c.wav", "/张伟.wav", '/it\'s "so".wav'):
        assert unsayable(path) == "", path

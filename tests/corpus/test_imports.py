"""What is exported comes back the same from every format, and what cannot be read is refused in words."""

from __future__ import annotations

import csv as csvlib
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from lhotse import CutSet, validate

from sernet.config.load import load_corpus
from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import Entry, read_entries, source_files
from sernet.corpus.exports import audformat as to_audformat
from sernet.corpus.exports import audiofolder as to_audiofolder
from sernet.corpus.exports import csv as to_csv
from sernet.corpus.exports import cutset as to_cutset
from sernet.corpus.exports import kaldi as to_kaldi
from sernet.corpus.imports import audformat, csv, cutset, kaldi
from sernet.corpus.imports.sources import kind_of
from sernet.errors import SernetError, UsageError
from tiny import Tiny
from utils import import_corpus

WRITERS: dict[str, tuple[Any, str]] = {
    "kaldi": (to_kaldi, "out"),
    "cutset": (to_cutset, "out/cuts.jsonl.gz"),
    "csv": (to_csv, "out/list.csv"),
    "audformat": (to_audformat, "out"),
    "audiofolder": (to_audiofolder, "out"),
}
LOST = {"kaldi": ("intensity", "session")}
"""What a format has no place for."""


def _whole(tiny: Tiny) -> list[Entry]:
    """Two speakers with awkward texts, one file that nobody is named for."""
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    said = {"text": 'one, "two"\u00fc', "intensity": "strong", "session": "s1"}
    entries = [replace(entry, **said) if entry.speaker == "f1" else entry for entry in entries]
    soundfile.write(tiny.root / "nobody.wav", np.random.default_rng(1).uniform(-0.1, 0.1, 1600), 16000)
    return [*entries, Entry("nobody.wav", emotion="anger", emotion_raw="A", language="en", text="x")]


def _pieces(tiny: Tiny) -> list[Entry]:
    """Two pieces of each file."""
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    return [
        replace(entry, name=f"{Path(entry.path).stem}-{part}", start=start, duration=duration)
        for entry in entries
        for part, start, duration in (("a", 0.0, 0.1), ("b", 0.125, 0.175))
    ]


def _stereo(tiny: Tiny) -> list[Entry]:
    """The second of two channels is taken."""
    for name in tiny.names():
        if name.endswith(".wav"):
            samples, rate = soundfile.read(tiny.root / name)
            soundfile.write(tiny.root / name, np.stack([0 * samples, samples], axis=1), rate)
    tiny.raw["channel"] = 1
    return read_entries(tiny.config, tiny.root, tiny.root)


def _prepared(tiny: Tiny, entries: list[Entry], folder: Path) -> manifests.Manifests:
    made, bad = manifests.build(tiny.config, entries, tiny.root)
    assert not bad
    manifests.write(made, folder)
    kaldi_dir.write(made, folder)
    return made


def _said(made: manifests.Manifests, kind: str) -> dict[str, tuple[Any, ...]]:
    lost = LOST.get(kind, ())
    return {
        s.id: (
            *(s.speaker, s.custom.get("emotion"), s.gender, s.language, s.text, round(s.duration, 5)),
            *(s.custom.get(key) for key in ("intensity", "session") if key not in lost),
        )
        for s in made.supervisions
    }


@pytest.mark.parametrize("entries", [_whole, _pieces, _stereo], ids=["whole", "pieces", "stereo"])
@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_exported_comes_back_the_same(tiny: Tiny, tmp_path: Path, kind: str, entries: Any) -> None:
    before = _prepared(tiny, entries(tiny), tmp_path / "data" / "tiny")
    writer, name = WRITERS[kind]
    writer.write(tmp_path / "data" / "tiny", tmp_path / name, False, tiny.config)
    assert kind_of(tmp_path / name) == kind
    assert import_corpus.main(["tiny", str(tmp_path / name)], tmp_path / "egs") == 0
    config, folder = load_corpus(tmp_path / "egs", "tiny")
    root = tmp_path / (config.folder or "out")
    after, bad = manifests.build(config, read_entries(config, root, folder), root)
    assert not bad and _said(after, kind) == _said(before, kind)
    if kind in ("kaldi", "cutset", "csv"):  # the others write what is heard into files of its own
        assert [s.custom["audio"] for s in after.supervisions] == [s.custom["audio"] for s in before.supervisions]
        assert [r.id for r in after.recordings] == [r.id for r in before.recordings]
    heard, hearing = after.cuts.to_eager(), before.cuts.to_eager()
    for key in list(_said(before, kind))[:4]:
        assert np.allclose(heard[key].load_audio(), hearing[key].load_audio(), atol=1e-6)


def test_stage_1_looks_again_when_lists_or_audio_elsewhere_change(tiny: Tiny, tmp_path: Path) -> None:
    _prepared(tiny, _whole(tiny), tmp_path / "data")
    to_csv.write(tmp_path / "data", tmp_path / "lists" / "list.csv", False, tiny.config)
    (tmp_path / "lists" / "unrelated").touch()
    import_corpus.main(["tiny", str(tmp_path / "lists" / "list.csv")], tmp_path / "egs")
    files = source_files(tmp_path / "lists", tmp_path / "egs" / "tiny")
    expected = {tmp_path / "egs" / "tiny" / "prepare.py", tmp_path / "lists" / "list.csv", *tiny.root.glob("*.wav")}
    assert set(files) == expected and len(files) == len(expected)


def test_lhotse_reads_the_cutset(tiny: Tiny, tmp_path: Path) -> None:
    _prepared(tiny, _whole(tiny), tmp_path / "data")
    to_cutset.write(tmp_path / "data", tmp_path / "cuts.jsonl.gz", False, tiny.config)
    cuts = CutSet.from_file(tmp_path / "cuts.jsonl.gz")
    validate(cuts)
    assert len(list(cuts)) == 17


def test_kaldi_files_are_sorted_and_whole_as_kaldi_wants_them(tiny: Tiny, tmp_path: Path) -> None:
    _prepared(tiny, _pieces(tiny), tmp_path / "data")
    to_kaldi.write(tmp_path / "data", tmp_path / "out", False, tiny.config)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"wav.scp", "segments", "utt2spk", "spk2utt", "utt2emo", "spk2gender"} <= names
    for path in (tmp_path / "out").iterdir():
        keys = [line.split()[0].encode() for line in path.read_text().splitlines()]
        assert keys == sorted(set(keys)), path.name


def test_an_audformat_export_says_what_its_header_says(tiny: Tiny, tmp_path: Path) -> None:
    _prepared(tiny, _whole(tiny), tmp_path / "data")
    to_audformat.write(tmp_path / "data", tmp_path / "out", True, tiny.config)
    head = yaml.safe_load((tmp_path / "out" / "db.yaml").read_text())
    for table, about in head["tables"].items():
        with open(tmp_path / "out" / f"db.{table}.csv", encoding="utf-8", newline="") as stream:
            rows = list(csvlib.DictReader(stream))
        assert list(rows[0]) == ["file", *about["columns"]] and len(rows) == 17
        assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)
        for column, of in about["columns"].items():
            allowed = head["schemes"][of["scheme_id"]].get("labels")
            assert allowed is None or {row[column] for row in rows} <= {*allowed, ""}


# Foreign data directories, lists and databases


def _kaldi(folder: Path, **tables: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"wav.scp": "a a.wav\n", "utt2spk": "a s\n", "utt2emo": "a sad\n", **tables}.items():
        (folder / name.replace("__", ".")).write_text(text)
    (folder / "a.wav").touch()
    return folder


def test_paths_count_from_where_kaldi_was_run(tmp_path: Path) -> None:
    (tmp_path / "s5" / "audio").mkdir(parents=True)
    (tmp_path / "s5" / "audio" / "x.wav").touch()
    folder = _kaldi(tmp_path / "s5" / "data" / "train", **{"wav.scp": "a audio/x.wav\n", "spk2gender": "s f\n"})
    (entry,) = kaldi.read(folder)
    assert entry == Entry(
        (tmp_path / "s5" / "audio" / "x.wav").as_posix(), speaker="s", gender="female", emotion_raw="sad", name="a"
    )


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"wav.scp": "a sph2pipe -f wav a.sph |\n"}, "wav.scp: a: is a command .*sernet runs none"),
        ({"wav.scp": "a raw.ark:17\n"}, "lies in an archive"),
        ({"wav.scp": "b a.wav\n"}, "wav.scp: no a, which utt2spk has"),
        ({"wav.scp": "a no.wav\n"}, "wav.scp: a: no no.wav below"),
        ({"utt2emo": "a sad\nb sad\n"}, "utt2emo: b is not in utt2spk"),
        ({"utt2spk": "b s\na s\n"}, "a is not in utt2spk, or that is not sorted .LC_ALL=C sort."),
        ({"utt2spk": "a s\na s\n"}, "utt2spk:2: a is out of order or there twice"),
        ({"utt2spk": "a\n"}, "utt2spk:1: must be a key and a value"),
        ({"segments": "a r 0.5 0.4\n", "wav.scp": "r a.wav\n"}, "ends at 0.4 s, before it starts"),
        ({"segments": "a q 0.1 0.4\n", "wav.scp": "r a.wav\n"}, "no q, which segments has"),
        ({"segments": "a r 0.1 soon\n", "wav.scp": "r a.wav\n"}, "segments: a: 'soon' is not a time"),
        ({"segments": "a r 0.1 -soon\n", "wav.scp": "r a.wav\n"}, "segments: a: 'soon' is not a time"),
        ({"wav.scp": f"a {'x' * 5000}\n"}, "wav.scp: a: no x"),
        ({"wav.scp": "a | cat a.wav\n"}, "wav.scp: a: is a command"),
    ],
)
def test_a_data_directory_at_fault_is_refused(tmp_path: Path, tables: dict[str, str], said: str) -> None:
    with pytest.raises(SernetError, match=said):
        list(kaldi.read(_kaldi(tmp_path, **tables)))


@pytest.mark.parametrize("table", ["wav.scp", "utt2spk", "utt2emo"])
def test_a_table_that_is_not_utf_8_is_refused_by_line(tmp_path: Path, table: str) -> None:
    folder = _kaldi(tmp_path)
    (folder / table).write_bytes((folder / table).read_bytes() + "b Müller\n".encode("latin-1"))
    with pytest.raises(SernetError, match=rf"{table}:2: byte 0xfc at place 4 is not UTF-8"):
        list(kaldi.read(folder))


def test_an_empty_table_of_channels_says_nothing(tmp_path: Path) -> None:
    assert kaldi.channel(_kaldi(tmp_path, reco2file_and_channel="")) == 0


def test_two_channels_of_kaldi_are_refused(tmp_path: Path) -> None:
    folder = _kaldi(tmp_path, reco2file_and_channel="a a A\nb a B\n")
    with pytest.raises(SernetError, match="channels A, B; a corpus is read from one"):
        kaldi.channel(folder)


def _cut(**other: Any) -> dict[str, Any]:
    recording = {"id": "r", "sources": [{"type": "file", "channels": [0], "source": "a.wav"}], "duration": 2.0}
    supervision = {"speaker": "s", "custom": {"emotion": "sad"}}
    return {
        **{"id": "c", "start": 0.0, "duration": 2.0, "channel": 0, "type": "MonoCut"},
        **{"recording": recording, "supervisions": [supervision]},
        **other,
    }


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (_cut(type="MixedCut"), "is not a MonoCut of one audio file"),
        (_cut(supervisions=[]), "has 0 supervisions; trim_to_supervisions"),
        (_cut(recording={"sources": [{"type": "command", "source": "cat"}]}), "is not a MonoCut of one audio file"),
        (_cut(recording={**_cut()["recording"], "transforms": [{}]}), "changed on the fly"),
    ],
)
def test_cuts_that_are_no_files_are_refused_by_line(tmp_path: Path, cut: dict[str, Any], said: str) -> None:
    with gzip.open(tmp_path / "cuts.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(cut) + "\n")
    with pytest.raises(SernetError, match=rf"cuts\.jsonl\.gz:1: c: .*{said}"):
        list(cutset.read(tmp_path, "cuts.jsonl.gz"))


def test_columns_are_found_by_their_names_or_given(tmp_path: Path) -> None:
    assert csv.columns(["Speaker ID", "File-Path", "Label", "age"], {}, "x") == {
        **{"path": "File-Path", "emotion": "Label", "speaker": "Speaker ID"}
    }
    nobody = {"speaker": ""}
    given = csv.columns(["file", "emotion", "label"], {"emotion": "label", **nobody}, "x")
    assert given == {"path": "file", "emotion": "label"}
    assert csv.columns(["file", "label"], {"emotion": "", **nobody}, "x") == {"path": "file"}
    for header, said in (
        (["clip", "label"], "which column is the audio file.*clip, label; --column path=NAME$"),
        (["file", "mood", "spk"], "which column is the emotion.*--column emotion=NAME, or --column emotion= for none"),
        (["file", "label", "who"], "which column is the speaker.*file, label, who; --column speaker=NAME"),
    ):
        with pytest.raises(UsageError, match=said):
            csv.columns(header, {}, "x")
    with pytest.raises(UsageError, match="no column 'mood'; there are: file"):
        csv.columns(["file"], {"emotion": "mood"}, "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,emotion\na.wav\n", "list.csv:2: 1 cells under 2 columns"),
        ("file,emotion,start\na.wav,sad,soon\n", "list.csv:2: 'soon' is not a time in seconds"),
        ("file,emotion,start,end\na.wav,sad,2,1\n", "list.csv:2: ends at 1 s, before it starts"),
        ("file,file\na.wav,b.wav\n", "list.csv:1: must name every column, once"),
        ("file,emotion\nb.wav,sad\n", "list.csv:2: no b.wav below"),
        ("", "list.csv:1: must name every column"),
    ],
)
def test_a_list_at_fault_is_refused_by_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "list.csv").write_text(text)
    (tmp_path / "a.wav").touch()
    with pytest.raises(SernetError, match=said):
        list(
            csv.read(
                tmp_path, "list.csv", **csv.columns(csv.header(tmp_path / "list.csv"), {"speaker": ""}, "list.csv")
            )
        )


def test_semicolons_tabs_and_byte_order_marks_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    for text in ("\ufefffile;emotion\na.wav;sad\n", "file\temotion\na.wav\tsad\n"):
        (tmp_path / "list.csv").write_text(text, encoding="utf-8")
        assert list(csv.read(tmp_path, "list.csv", path="file", emotion="emotion")) == [
            Entry("a.wav", emotion_raw="sad")
        ]


def _audformat(folder: Path) -> Path:
    """A database with the parts of audEERING's EMO-DB: codes of speakers and sentences, told by schemes and a table."""
    head = {
        "name": "emodb",
        "description": "Berlin Database\nof Emotional Speech.",
        "source": "http://emodb.bilderbar.info",
        "usage": "unrestricted",
        "languages": ["deu"],
        "license": "CC0-1.0",
        "schemes": {
            "emotion": {"dtype": "str", "labels": ["anger", "neutral"]},
            "speaker": {"dtype": "int", "labels": {3: {"gender": "male"}, 8: {"gender": "female"}}},
            "transcription": {"dtype": "str", "labels": {"a01": "Der Lappen", "b01": "Was sind, denn"}},
        },
        "tables": {
            "emotion": {"type": "filewise", "columns": {"emotion": {"scheme_id": "emotion"}, "emotion.confidence": {}}},
            "files": {
                "type": "filewise",
                "columns": {
                    "duration": {"scheme_id": "duration"},
                    "speaker": {"scheme_id": "speaker"},
                    "transcription": {"scheme_id": "transcription"},
                },
            },
        },
    }
    (folder / "wav").mkdir(parents=True)
    for name in ("03a01Wa", "08b01Na"):
        (folder / "wav" / f"{name}.wav").touch()
    (folder / "db.yaml").write_text(yaml.safe_dump(head))
    (folder / "db.emotion.csv").write_text(
        "file,emotion,emotion.confidence\nwav/03a01Wa.wav,anger,0.9\nwav/08b01Na.wav,neutral,1.0\n"
    )
    (folder / "db.files.csv").write_text(
        "file,duration,speaker,transcription\n"
        "wav/03a01Wa.wav,0 days 00:00:01.898250,3,a01\nwav/08b01Na.wav,0 days 00:00:02.1,8,b01\n"
    )
    return folder


def test_an_audformat_database_is_read_with_its_schemes(tmp_path: Path) -> None:
    root = _audformat(tmp_path / "db")
    assert import_corpus.main(["berlin", str(root)], tmp_path / "egs") == 0
    config, folder = load_corpus(tmp_path / "egs", "berlin")
    assert (config.title, config.licence, config.language) == ("Berlin Database of Emotional Speech.", "CC0-1.0", "de")
    found = read_entries(config, root, folder)
    assert [(e.speaker, e.gender, e.emotion, e.language, e.text) for e in found] == [
        ("3", "male", "anger", "de", "Der Lappen"),
        ("8", "female", "neutral", "de", "Was sind, denn"),
    ]


def test_an_audformat_table_of_segments_is_read_in_seconds(tmp_path: Path) -> None:
    root = _audformat(tmp_path / "db")
    head = yaml.safe_load((root / "db.yaml").read_text())
    head["tables"]["turns"] = {"type": "segmented", "columns": {"felt": {"scheme_id": "emotion"}}}
    (root / "db.yaml").write_text(yaml.safe_dump(head))
    (root / "db.turns.csv").write_text(
        "file,start,end,felt\nwav/03a01Wa.wav,0 days 00:00:00.5,0 days 00:01:00.75,anger\n"
        "wav/03a01Wa.wav,0 days 00:01:02,,neutral\n"
    )
    assert import_corpus.main(["turns", str(root)], tmp_path / "egs") == 2  # which of the two tables?
    assert import_corpus.main(["turns", str(root), "--table", "turns"], tmp_path / "egs") == 0
    config, folder = load_corpus(tmp_path / "egs", "turns")
    found = read_entries(config, root, folder)
    assert [(e.start, e.duration, e.emotion) for e in found] == [(0.5, 60.25, "anger"), (62.0, None, "neutral")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tables": []}, r"db\.yaml: tables: Input should be a valid dictionary"),
        ({"tables": {"emotion": {"columns": ["emotion"]}}}, r"db\.yaml: tables\.emotion\.columns: "),
        ({"schemes": {"speaker": {"labels": 7}}}, r"db\.yaml: schemes\.speaker\.labels"),
        ({"schemes": {"speaker": {"labels": "people"}}}, r"no db\.people\.csv"),
        ({"languages": "deu"}, r"db\.yaml: languages: "),
        ({"tables": {"emotion": {"columns": {"emotion": {}, "mood": {}}}}}, r"db\.emotion\.csv:1: no column mood"),
    ],
)
def test_a_header_of_other_types_is_refused_by_key(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    root = _audformat(tmp_path / "db")
    head = yaml.safe_load((root / "db.yaml").read_text())
    (root / "db.yaml").write_text(yaml.safe_dump({**head, **change}))
    with pytest.raises(SernetError, match=said):
        list(audformat.read(root, ["emotion"]))


def test_a_database_in_parquet_is_refused_with_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _audformat(tmp_path / "db")
    (root / "db.emotion.csv").rename(root / "db.emotion.parquet")
    assert import_corpus.main(["berlin", str(root)], tmp_path / "egs") == 1
    assert "storage_format='csv'" in capsys.readouterr().err


# The command


def test_what_the_words_do_not_tell_is_left_to_fill_in_and_refused_until_then(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.wav").touch()
    (tmp_path / "list.csv").write_text("file,label,speaker\na.wav,1,x\nb.wav,sad,x\nc.wav,1,y\nd.wav,sad,y\n")
    assert import_corpus.main(["mine", str(tmp_path / "list.csv")], tmp_path / "egs") == 0
    with pytest.raises(UsageError, match=r"maps: emotion\.1: no such emotion: 'FILL IN'; allowed: anger"):
        load_corpus(tmp_path / "egs", "mine")
    said = ["other", str(tmp_path / "list.csv"), "--label", "1=anger"]
    assert import_corpus.main(said, tmp_path / "egs") == 0
    config, folder = load_corpus(tmp_path / "egs", "other")
    assert [entry.emotion for entry in read_entries(config, tmp_path, folder)] == ["anger", "sadness"] * 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["mine", "nowhere"], 2, "nothing is there; known are:"),
        (["mine", "."], 2, "is not recognised; known are:"),
        (["My", "list.csv"], 2, "small letters, digits and _"),
        (["mine", "list.csv", "--label", "x=anger"], 2, "no label 'x'; there are: sad"),
        (["mine", "list.csv", "--label", "sad=grumpy"], 2, "no such emotion: 'grumpy'"),
        (["mine", "list.csv", "--column", "mood=label"], 2, "no field 'mood'; allowed: path"),
        (["taken", "list.csv"], 1, "is there already, and is left as it is"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    (tmp_path / "egs" / "taken").mkdir(parents=True)
    (tmp_path / "a.wav").touch()
    (tmp_path / "list.csv").write_text("file,label,spk\na.wav,sad,x\n")
    monkeypatch.setenv("SERNET_CALLER", str(tmp_path))
    assert import_corpus.main(arguments, tmp_path / "egs") == code
    assert said in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "egs").iterdir()] == ["taken"]

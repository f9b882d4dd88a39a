"""Manifests, the Kaldi data directory and the data checks, each tested by planting what it must find."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import CutSet, RecordingSet, SupervisionSet, load_kaldi_data_dir, validate_recordings_and_supervisions

from sernet.corpus import checks, kaldi_dir, manifests
from sernet.corpus.entries import Audio, Entry, read_entries
from sernet.corpus.manifests import Manifests
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.data import partition
from sernet.errors import SernetError
from tiny import Tiny


def _prepare(tiny: Tiny) -> tuple[Manifests, list]:  # type: ignore[type-arg]
    return manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)


def _written(tiny: Tiny, folder: Path) -> Manifests:
    made, bad = _prepare(tiny)
    assert not bad
    manifests.write(made, folder)
    kaldi_dir.write(made, folder)
    return made


def test_lhotse_reads_the_manifests_and_finds_them_valid(tiny: Tiny, tmp_path: Path) -> None:
    _written(tiny, tmp_path / "data")
    recordings = RecordingSet.from_file(tmp_path / "data" / "recordings.jsonl.gz")
    supervisions = SupervisionSet.from_file(tmp_path / "data" / "supervisions.jsonl.gz")
    validate_recordings_and_supervisions(recordings, supervisions)
    cut = CutSet.from_file(tmp_path / "data" / "cuts.jsonl.gz").to_eager()["tiny-f10-f10_A_1"]
    samples, _ = soundfile.read(tiny.root / "f10_A_1.wav", dtype="float32")
    assert np.array_equal(cut.load_audio()[0], samples)
    assert cut.supervisions[0].custom["emotion"] == "anger" and cut.supervisions[0].gender == "female"


def test_the_manifests_are_those_that_lhotse_itself_would_write(tiny: Tiny, tmp_path: Path) -> None:
    stereo = np.random.default_rng(0).uniform(-0.5, 0.5, (4800, 2))
    soundfile.write(tiny.root / "f1_A_1.wav", stereo, 16000)
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    turns = [replace(e, start=0.1, duration=0.1, name="turn", text=None) for e in entries if e.path == "f1_A_1.wav"]
    made, bad = manifests.build(tiny.config, [*entries[1:], *turns], tiny.root)
    manifests.write(made, tmp_path)
    assert not bad and made.segmented
    for name, kind in zip(manifests.FILES, (RecordingSet, SupervisionSet, CutSet), strict=True):
        lines = gzip.decompress((tmp_path / name).read_bytes()).splitlines()
        lhotses = [item.to_dict() for item in kind.from_dicts(map(json.loads, lines))]
        assert [json.loads(line) for line in lines] == lhotses, name
    cut = CutSet.from_file(tmp_path / "cuts.jsonl.gz").to_eager()["tiny-f1-turn"]
    assert (cut.start, cut.duration, cut.recording_id) == (0.1, 0.1, "tiny-f1-f1_A_1")
    assert cut.supervisions[0].start == 0 and cut.load_audio().shape == (1, 1600)
    kaldi_dir.write(made, tmp_path)
    kaldi_dir.check(tmp_path, manifests.read_supervisions(tmp_path / "supervisions.jsonl.gz"))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_digest_is_of_the_samples_as_float32(tiny: Tiny, subtype: str) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 4800)
    soundfile.write(tiny.root / "f1_A_1.wav", samples, 16000, subtype=subtype)
    read, _ = soundfile.read(tiny.root / "f1_A_1.wav", dtype="float32")
    made, _ = _prepare(tiny)
    digest = next(s.custom["audio"] for s in made.supervisions if s.id == "tiny-f1-f1_A_1")
    assert digest == hashlib.sha256(read.tobytes()).hexdigest()


def test_a_recording_that_a_listing_knows_is_not_read(tiny: Tiny, tmp_path: Path) -> None:
    known = Audio(rate=8000, samples=12000, channels=1, digest="d")
    made, bad = manifests.build(tiny.config, [Entry("away.wav", speaker="f1", emotion="anger", audio=known)], tiny.root)
    (supervision,) = made.supervisions
    assert not bad and supervision.duration == 1.5 and supervision.custom["audio"] == "d"


def test_the_same_content_gives_the_same_bytes(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("one", "two"):
        _written(tiny, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_kaldi_and_lhotse_say_the_same_to_lhotses_own_importer(tiny: Tiny, tmp_path: Path) -> None:
    made = _written(tiny, tmp_path / "data")
    recordings, supervisions, _ = load_kaldi_data_dir(tmp_path / "data", sampling_rate=16000)
    assert sorted(recordings.ids) == [r.id for r in made.recordings]
    mine = {s.id: (s.speaker, s.gender, s.duration) for s in made.supervisions}
    theirs = {s.id: (s.speaker, {"f": "female", "m": "male"}[s.gender], s.duration) for s in supervisions}
    assert mine == theirs


def test_kaldi_files_are_sorted_as_c_sorts_and_ids_begin_with_their_speaker(tiny: Tiny, tmp_path: Path) -> None:
    _written(tiny, tmp_path)
    for name in ("utt2spk", "utt2emo", "wav.scp", "spk2utt", "spk2gender", "utt2dur", "utt2lang"):
        keys = [line.split()[0].encode() for line in (tmp_path / name).read_text().splitlines()]
        assert keys == sorted(keys), name
    pairs = [line.split() for line in (tmp_path / "utt2spk").read_text().splitlines()]
    assert [speaker for _, speaker in pairs] == sorted(speaker for _, speaker in pairs)
    assert all(utterance.startswith(speaker) for utterance, speaker in pairs)


def _plant(folder: Path, name: str, change: str) -> None:
    path = folder / name
    lines = path.read_text().splitlines()
    lines = {
        "drop": lines[:-1],
        "swap": [lines[1], lines[0], *lines[2:]],
        "twice": [lines[0], *lines],
        "no value": [lines[0].split()[0], *lines[1:]],
        "other": [lines[0].replace("anger", "neutral").replace(" en", " de").replace(" f", " m"), *lines[1:]],
    }[change]
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("utt2spk", "swap", "utt2spk:2: tiny-f1-f1_A_1 is out of order"),
        ("utt2spk", "drop", "not those of the Lhotse supervisions.*tiny-m2-m2_N_2"),
        ("utt2emo", "drop", "speaker, emotion or language of tiny-m2-m2_N_2 differs"),
        ("utt2dur", "drop", "utt2dur: its utterances are not those of utt2spk: 1 only there .tiny-m2-m2_N_2"),
        ("utt2spk", "twice", "stands here twice"),
        ("utt2dur", "no value", "utt2dur:1: must be a key and a value"),
        ("utt2emo", "other", "speaker, emotion or language of tiny-f1-f1_A_1 differs"),
        ("spk2utt", "drop", "not the inverse of utt2spk"),
        ("wav.scp", "drop", "wav.scp: its utterances are not those of the Lhotse recordings"),
        ("wav.scp", "swap", "wav.scp:2: .* is out of order"),
        ("utt2lang", "other", "emotion or language of tiny-f1-f1_A_1 differs"),
        ("spk2gender", "other", "spk2gender: tiny-f1 differs from Lhotse's female"),
    ],
)
def test_a_damaged_data_directory_is_refused(tiny: Tiny, tmp_path: Path, name: str, change: str, said: str) -> None:
    made = _written(tiny, tmp_path)
    _plant(tmp_path, name, change)
    with pytest.raises(SernetError, match=said):
        kaldi_dir.check(tmp_path, made.supervisions)


def test_a_table_that_has_become_empty_is_removed(tiny: Tiny, tmp_path: Path) -> None:
    _written(tiny, tmp_path)
    del tiny.raw["language"], tiny.raw["speakers"]
    made = _written(tiny, tmp_path)
    assert not (tmp_path / "utt2lang").exists() and not (tmp_path / "spk2gender").exists()
    kaldi_dir.check(tmp_path, made.supervisions)


def _bad_files(root: Path) -> None:
    (root / "f1_A_1.wav").write_bytes(b"no audio")
    soundfile.write(root / "f1_A_2.wav", np.zeros(0), 16000)
    soundfile.write(root / "m1_N_1.wav", np.array([0.0, np.nan, 0.1], dtype=np.float32), 16000, subtype="FLOAT")


def test_bad_audio_is_named_counted_and_stops_beyond_the_share(tiny: Tiny) -> None:
    _bad_files(tiny.root)
    made, bad = _prepare(tiny)
    reasons = {item.path: item.reason for item in bad}
    assert "cannot be read" in reasons["f1_A_1.wav"]
    assert reasons["f1_A_2.wav"] == "has no samples" and "not finite" in reasons["m1_N_1.wav"]
    assert len(list(made.supervisions)) == 13
    checks.bad_audio(tiny.config, bad, 16, 0.2, "bad.tsv")
    with pytest.raises(SernetError, match=r"3 of 16 files cannot be used(.|\n)*f1_A_2\.wav: has no samples"):
        checks.bad_audio(tiny.config, bad, 16, 0.1, "bad.tsv")


def test_a_missing_channel_is_bad_audio(tiny: Tiny) -> None:
    tiny.raw["channel"] = 1
    _, bad = _prepare(tiny)
    assert len(bad) == 16 and "has 1 channels" in bad[0].reason


def test_of_stereo_files_one_channel_is_taken(tiny: Tiny, tmp_path: Path) -> None:
    left, right = 0.25 * np.sin(np.arange(4800)), np.full(4800, -0.5)
    soundfile.write(tiny.root / "f1_A_1.wav", np.stack([left, right], axis=1), 16000)
    tiny.raw["channel"] = 0
    made = _written(tiny, tmp_path)
    assert np.allclose(made.cuts["tiny-f1-f1_A_1"].load_audio(), left, atol=1e-4)
    assert (tmp_path / "reco2file_and_channel").read_text() == "tiny-f1-f1_A_1 tiny-f1-f1_A_1 A\n"


def test_counts_that_differ_are_refused_unless_partial_is_allowed(tiny: Tiny) -> None:
    (tiny.root / "f1_A_1.wav").unlink()
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    with pytest.raises(SernetError, match=r"utterances: 15 of 16; anger: 7 of 8.*corpora\.tiny\.allow_partial=true"):
        checks.counts(tiny.config, entries, allow_partial=False)
    assert checks.counts(tiny.config, entries, allow_partial=True) == ["utterances: 15 of 16", "anger: 7 of 8"]


def test_two_utterances_of_one_id_are_refused(tiny: Tiny) -> None:
    (tiny.root / "again").mkdir()
    (tiny.root / "again" / "f1_A_1.wav").write_bytes((tiny.root / "f1_A_1.wav").read_bytes())
    tiny.raw["pattern"] = r"(again/)?(?P<speaker>[a-z]\d+)_(?P<emotion>[A-Z])_(?P<text>\d)\.wav"
    with pytest.raises(SernetError, match=r"share an id: tiny-f1-f1_A_1.*try `id: path`"):
        _prepare(tiny)
    tiny.raw["id"] = "path"
    assert len(list(_prepare(tiny)[0].supervisions)) == 17


def _indexed(tiny: Tiny, folder: Path) -> list[Indexed]:
    _written(tiny, folder)
    return read_cuts(folder / "cuts.jsonl.gz")


def _config(**run: object) -> dict[str, object]:
    protocol = {"kind": "speaker-groups", "name": None, "groups": 2}
    settings = {"classes": ["anger", "neutral"], "merge": {}, "protocol": protocol, "dev_speakers": 0, **run}
    return {"run": settings, "train": ["tiny"], "tests": [], "published": {"tiny": {}}, "needs_gender": True}


def test_folds_partition_the_speakers(tiny: Tiny, tmp_path: Path) -> None:
    folds = partition.folds(_config(), {"tiny": _indexed(tiny, tmp_path)}, "run r")["tiny"]["folds"]
    assert sorted(s for fold in folds for s in fold["test"]) == ["tiny-f1", "tiny-f10", "tiny-m1", "tiny-m2"]
    for fold in folds:
        assert set(fold["train"]).isdisjoint(fold["test"]) and len(fold["train"]) == 2


def test_identical_audio_on_both_sides_of_a_split_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    (tiny.root / "m2_A_1.wav").write_bytes((tiny.root / "f1_A_1.wav").read_bytes())
    items = _indexed(tiny, tmp_path)
    assert checks.identical((i.utterance.id, i.audio) for i in items) == [("tiny-f1-f1_A_1", "tiny-m2-m2_A_1")]
    with pytest.raises(SernetError, match=r"fold 0: train and test hold the same audio: .*tiny-f1-f1_A_1"):
        partition.folds(_config(), {"tiny": items}, "run r")


def test_a_speaker_on_both_sides_of_a_split_is_refused() -> None:
    with pytest.raises(SernetError, match="here: train and test share speakers: tiny-f1"):
        checks.speakers("here", {"train": {"tiny-f1", "tiny-m1"}, "dev": set(), "test": {"tiny-f1"}})


def test_a_fold_that_lacks_a_class_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    for speaker in ("f1", "m1"):
        for text in "12":
            (tiny.root / f"{speaker}_N_{text}.wav").unlink()
    with pytest.raises(SernetError, match=r"run r, fold \d: (train|test) has no utterance of neutral"):
        partition.folds(_config(), {"tiny": _indexed(tiny, tmp_path)}, "run r")


def test_the_class_check_does_not_bind_dev() -> None:
    checks.classes("here", {"train": {"a", "b"}, "dev": {"a"}, "test": {"b", "a"}}, ["a", "b"])


def test_a_missing_gender_is_refused_where_an_attribute_needs_it(tiny: Tiny, tmp_path: Path) -> None:
    tiny.raw["speakers"] = {}
    items = _indexed(tiny, tmp_path)
    with pytest.raises(SernetError, match="have none in corpus.yaml: tiny-f1, tiny-f10, tiny-m1, tiny-m2"):
        partition.folds(_config(), {"tiny": items}, "run r")
    partition.folds(_config() | {"needs_gender": False}, {"tiny": items}, "run r")


def test_foreign_corpora_that_share_audio_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    items = _indexed(tiny, tmp_path)
    other = [replace(i, utterance=replace(i.utterance, id=f"o{i.utterance.id}", speaker="o-1")) for i in items]
    config = _config() | {"tests": ["other"]}
    with pytest.raises(SernetError, match="test on other: train and test hold the same audio"):
        partition.folds(config, {"tiny": items, "other": other}, "run r")


def test_manifests_hold_no_time_stamp(tiny: Tiny, tmp_path: Path) -> None:
    _written(tiny, tmp_path)
    header = (tmp_path / "cuts.jsonl.gz").read_bytes()[:10]
    assert header[4:8] == b"\0\0\0\0" and gzip.decompress((tmp_path / "cuts.jsonl.gz").read_bytes())


def test_hours_and_rates_that_are_not_the_release_are_said(tiny: Tiny) -> None:
    tiny.raw["expected"] = {"utterances": 16, "speakers": 4, "hours": 0.5, "sample_rate": [16000, 48000]}
    right = checks.sound(tiny.config, 0.5 * 3600 * 1.019, {16000: 10, 48000: 6}, complete=True)
    assert right == []
    (cut,) = checks.sound(tiny.config, 0.4 * 3600, {16000: 16}, complete=True)
    assert "0.400 hours, and the release has 0.5 (-20%)" in cut
    assert checks.sound(tiny.config, 0.4 * 3600, {16000: 16}, complete=False) == []
    (rate,) = checks.sound(tiny.config, 0.5 * 3600, {16000: 15, 22050: 1}, complete=True)
    assert rate == "resampled: 1 of 22050 Hz; the release has 16000 or 48000 Hz"

"""The corpus card finds what is planted, and what is known of real corpora, by itself; and nothing else."""

from __future__ import annotations

import base64
import io
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly
from scipy.stats import contingency

from sernet.config.load import load_corpus
from sernet.corpus import card_html, duplicates, manifests
from sernet.corpus.association import associate, cramers_v
from sernet.corpus.card import Card, make_card
from sernet.corpus.card_html import card_text, write_card
from sernet.corpus.entries import read_entries
from sernet.corpus.sound import measure
from tiny import Tiny

EGS = Path(__file__).resolve().parents[2] / "egs"


def _speechlike(seconds: float, seed: int, rate: int = 16000) -> np.ndarray:
    """Noise in syllables of changing colour: no two seeds alike."""
    draws = np.random.default_rng(seed)
    pieces = []
    while sum(map(len, pieces)) < seconds * rate:
        length = int(draws.uniform(0.08, 0.25) * rate)
        noise = np.fft.rfft(draws.standard_normal(length))
        peak = draws.uniform(300, 3000)
        noise /= 1 + ((np.fft.rfftfreq(length, 1 / rate) - peak) / 200) ** 2
        pieces.append(np.hanning(length) * np.fft.irfft(noise, length))
    speech = np.concatenate(pieces)[: int(seconds * rate)]
    return (0.3 * speech / np.abs(speech).max()).astype(np.float32)


def _prepared(tiny: Tiny, folder: Path) -> Path:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, folder)
    return folder


# Association


def test_cramers_v_of_known_tables() -> None:
    nested = cramers_v([*"aabbccdd"], [*"xxxxyyyy"])
    crossed = cramers_v([*"aabb"], [*"xyxy"])
    # A fourfold table has V = phi = |ad - bc| / sqrt(products of the margins).
    fourfold = cramers_v(["a"] * 40 + ["b"] * 40, ["x"] * 30 + ["y"] * 10 + ["x"] * 10 + ["y"] * 30)
    draws = np.random.default_rng(0)
    one, other = draws.integers(5, size=300), draws.integers(3, size=300)
    table = np.array([[np.sum((one == i) & (other == j)) for j in range(3)] for i in range(5)])
    mine = cramers_v(list(map(str, one)), list(map(str, other)))
    assert mine == pytest.approx(contingency.association(table, method="cramer"))
    assert nested == pytest.approx(1) and crossed == pytest.approx(0) and fourfold == pytest.approx(800 / 1600)


def test_an_attribute_of_many_values_is_held_against_chance() -> None:
    draws = np.random.default_rng(1)
    emotions = list(map(str, draws.integers(4, size=200)))
    unrelated = associate("text", list(map(str, draws.integers(50, size=200))), emotions)
    related = associate("speaker", [f"{e}{n % 3}" for n, e in enumerate(emotions)], emotions)
    assert unrelated.v > 0.4 and unrelated.p > 0.05 and unrelated.v < unrelated.level * 1.1
    assert related.v == pytest.approx(1) and related.p == pytest.approx(0.001) and related.guess == 1
    assert associate("text", [*"abab"], [*"xyxy"]) == associate("text", [*"abab"], [*"xyxy"])


# Recordings that are heard twice


def _same(clips: list[np.ndarray]) -> list[tuple[int, int, float]]:
    found = duplicates.compare([duplicates.hashes(clip) for clip in clips], clips.__getitem__)
    return [(o.first, o.second, round(o.seconds, 2)) for o in found if o.correlation >= duplicates.CORRELATION]


def test_copies_excerpts_and_overlaps_are_found_at_another_level_rate_and_place() -> None:
    speech = [_speechlike(3.0, seed) for seed in range(12)]
    excerpt = 0.2 * speech[4][16137:40000]
    other_rate = resample_poly(speech[7], 441, 320).astype(np.float32)
    stream = _speechlike(5.0, 99)
    clips = [duplicates.at_rate(s, 16000) for s in [*speech, -excerpt, stream[:48000], stream[32000:]]]
    clips.append(duplicates.at_rate(other_rate, 22050))
    assert _same(clips) == [(4, 12, 1.49), (7, 15, 3.0), (13, 14, 1.0)]


def test_what_is_not_the_same_recording_is_not_found() -> None:
    same_words = _speechlike(2.0, 0)
    retake = same_words * np.linspace(0.5, 1.5, len(same_words)) + 0.1 * _speechlike(2.0, 1)
    retake = resample_poly(retake, 20, 21)  # spoken 5 % faster
    silence = [np.zeros(16000), np.zeros(16000)]
    clips = [duplicates.at_rate(s.astype(np.float32), 16000) for s in (same_words, retake, *silence)]
    short = [_speechlike(1.0, 5)[:12000], np.concatenate([_speechlike(1.0, 5)[8000:12000], _speechlike(1.0, 6)])]
    clips += [duplicates.at_rate(s, 16000) for s in short]  # 0.25 s in common
    assert _same(clips) == []


# Sound


def test_level_and_bandwidth_of_known_signals() -> None:
    rate = 16000
    time = np.arange(rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    paused = np.concatenate([tone, np.zeros(rate, np.float32)])
    assert measure(tone, rate).level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.05)
    assert measure(paused, rate).level == pytest.approx(measure(tone, rate).level, abs=0.05)
    noise = np.random.default_rng(0).standard_normal(rate)
    spectrum = np.fft.rfft(noise)
    spectrum[3400:] = 0
    telephone = measure((0.1 * np.fft.irfft(spectrum)).astype(np.float32), rate)
    assert telephone.bandwidth == pytest.approx(3400, abs=150)
    assert measure((0.1 * noise).astype(np.float32), rate).bandwidth == pytest.approx(8000, abs=100)
    silence = measure(np.zeros(100, np.float32), rate)
    assert silence.level == -100 and silence.bandwidth == 0


def test_clipping_is_heard_and_a_single_peak_is_not_clipping() -> None:
    time = np.arange(8000) / 8000
    loud = 1.5 * np.sin(2 * np.pi * 200 * time)
    peak = 0.2 * np.sin(2 * np.pi * 200 * time)
    peak[100] = 1.0
    assert measure(loud.clip(-1, 1).astype(np.float32), 8000).clipped
    assert not measure(peak.astype(np.float32), 8000).clipped


# The card


def _plant(tiny: Tiny) -> None:
    """Longer speech; f1 angry alone and the others neutral; one copy and one overlap between two speakers."""
    for path in tiny.root.iterdir():
        path.unlink()
    for seed, speaker in enumerate(("f1", "f10", "m1", "m2")):
        for text in range(1, 5):
            name = f"{speaker}_{'A' if speaker in ('f1', 'm1') else 'N'}_{text}.wav"
            soundfile.write(tiny.root / name, _speechlike(2.0, 10 * seed + text), 16000)
    shutil.copy(tiny.root / "f1_A_1.wav", tiny.root / "m1_A_2.wav")
    stream = _speechlike(3.0, 1000)
    soundfile.write(tiny.root / "f10_N_3.wav", stream[:32000], 16000)
    soundfile.write(tiny.root / "m2_N_4.wav", 0.5 * stream[16000:], 16000)


def test_the_card_finds_what_is_planted(tiny: Tiny, tmp_path: Path) -> None:
    _plant(tiny)
    folder = _prepared(tiny, tmp_path / "data")
    (folder / "folds").mkdir()
    fold = {"fold": 0, "train": ["tiny-f1", "tiny-f10"], "dev": ["tiny-m1"], "test": ["tiny-m1", "tiny-m2"]}
    (folder / "folds" / "speaker-groups-2.json").write_text(json.dumps({"folds": [fold]}))
    card = make_card(folder)
    assert card.identical == [("tiny-f1-f1_A_1", "tiny-m1-m1_A_2")]
    assert {(p.first.id, p.second.id) for p in card.pairs} == {
        ("tiny-f1-f1_A_1", "tiny-m1-m1_A_2"),
        ("tiny-f10-f10_N_3", "tiny-m2-m2_N_4"),
    }
    assert card.associations[0].attribute == "speaker" and card.associations[0].v == pytest.approx(1)
    leaks = {part.part: set(part.leaks) for part in card.folds}
    assert leaks["train"] == set() and leaks["dev"] == {"tiny-f1-f1_A_1 = tiny-m1-m1_A_2"}
    assert {"speaker tiny-m1", "tiny-f10-f10_N_3 ~ tiny-m2-m2_N_4"} < leaks["test"]
    said = " ".join(card.findings)
    assert "The same samples 2 times: tiny-f1-f1_A_1 = tiny-m1-m1_A_2" in said
    assert "under two speakers and two texts: tiny-f10-f10_N_3 ~ tiny-m2-m2_N_4, 1.0 s" in said
    assert "Speaker and emotion are nearly nested" in said and "of 4 speakers 0 are heard" in said
    assert "Folds speaker-groups-2, fold 0: test shares" in said


def test_a_clean_corpus_has_no_findings(tiny: Tiny, tmp_path: Path) -> None:
    assert make_card(_prepared(tiny, tmp_path / "data")).findings == []


def test_of_a_large_corpus_a_sample_is_listened_to_and_all_is_counted(tiny: Tiny, tmp_path: Path) -> None:
    folder = _prepared(tiny, tmp_path / "data")
    for _ in range(2):
        card = write_card(folder, tiny.config, listened=5)
        assert len(card.sounds) == len(card.utterances) == 5 and card.tally.utterances == 16
        assert "Listened to: 5, a sample" in card_text(card, tiny.config)
    assert {u.id for u in card.utterances} == {u.id for u in make_card(folder, listened=5).utterances}
    row = next(line.split() for line in card_text(card, tiny.config).splitlines() if line.startswith("all "))
    assert row == ["all", "8", "8", "16"] or row[-1] == "8"


def test_a_card_can_be_made_without_the_audio(tiny: Tiny, tmp_path: Path) -> None:
    folder = _prepared(tiny, tmp_path / "data")
    for path in tiny.root.iterdir():
        path.unlink()
    card = write_card(folder, tiny.config)
    assert "The audio of 16 of 16 utterances is not there to listen to." in card.findings
    assert [a.attribute for a in card.associations] and card.sounds == []


def test_what_a_fold_leaves_out_is_no_leak_and_is_not_counted(tiny: Tiny, tmp_path: Path) -> None:
    _plant(tiny)
    folder = _prepared(tiny, tmp_path / "data")
    (folder / "folds").mkdir()
    gone = ["tiny-m1-m1_A_2", "tiny-m2-m2_N_4"]
    fold = {"fold": 0, "train": ["tiny-f1", "tiny-f10"], "dev": [], "test": ["tiny-m1", "tiny-m2"], "left_out": gone}
    (folder / "folds" / "official-x.json").write_text(json.dumps({"folds": [fold]}))
    parts = {part.part: part for part in make_card(folder).folds}
    assert parts["test"].leaks == [] and (parts["train"].utterances, parts["test"].utterances) == (8, 6)


def _tone(tiny: Tiny, names: list[str], seconds: float) -> None:
    for number, name in enumerate(names):
        soundfile.write(tiny.root / name, _speechlike(seconds, 500 + number), 16000)


def test_contradictions_and_leaks_come_before_harmless_doubles(tiny: Tiny, tmp_path: Path) -> None:
    _plant(tiny)
    shutil.copy(tiny.root / "f1_A_1.wav", tiny.root / "f1_N_1.wav")  # one clip, two emotions
    shutil.copy(tiny.root / "m1_A_3.wav", tiny.root / "m1_A_4.wav")  # harmless, but for its text
    (tiny.root / "m1_A_2.wav").unlink()
    findings = make_card(_prepared(tiny, tmp_path / "data")).findings
    first = "The same samples 2 times: tiny-f1-f1_A_1 = tiny-f1-f1_N_1, under two emotions."
    second = "under two speakers and two texts: tiny-f10-f10_N_3 ~ tiny-m2-m2_N_4, 1.0 s"
    assert findings[0] == first and second in findings[1]
    assert any("tiny-m1-m1_A_3 = tiny-m1-m1_A_4." in line for line in findings[2:])


def test_a_speaker_with_most_of_a_corpus_and_clips_of_one_length_are_findings(tiny: Tiny, tmp_path: Path) -> None:
    _tone(tiny, [f"m2_{e}_{n}.wav" for e in "AN" for n in range(3, 10)], 0.3)
    findings = make_card(_prepared(tiny, tmp_path / "data")).findings
    assert "One speaker, tiny-m2, has 60% of the utterances: 18 of 30." in findings
    assert "All clips have one length: 0.300 s. They were cut, or padded." in findings
    _tone(tiny, ["f1_A_8.wav", "f1_N_8.wav", "f1_N_9.wav", "f10_N_8.wav", "f10_A_8.wav", "m1_A_8.wav"], 0.4)
    findings = make_card(_prepared(tiny, tmp_path / "more")).findings
    assert "83% of the clips have one length, 0.300 s: they were cut, or padded." in findings
    assert not [line for line in findings if line.startswith("One speaker")]


class _Page(HTMLParser):
    """What the card links to, plays and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_is_self_contained_plays_each_emotion_and_is_the_same_twice(tiny: Tiny, tmp_path: Path) -> None:
    tiny.raw["title"] = "<b>Tiny</b> & co"
    folder = _prepared(tiny, tmp_path / "data")
    write_card(folder, tiny.config)
    first = {name: (folder / name).read_bytes() for name in ("card.html", "card.txt")}
    write_card(folder, tiny.config)
    assert first == {name: (folder / name).read_bytes() for name in first}
    page = _Page()
    page.feed(first["card.html"].decode())
    assert "script" not in page.tags and "b" not in page.tags and page.tags.count("audio") == 2
    assert page.addresses and all(address.startswith("data:audio/") for address in page.addresses)
    text = first["card.txt"].decode()
    assert "<b>Tiny</b> & co" in text and text.splitlines().count("Utterances by speaker and emotion") == 1
    row = next(line.split() for line in text.splitlines() if line.startswith("tiny-f10 "))
    assert row == ["tiny-f10", "female", "2", "2", "4"]


@pytest.mark.parametrize("rate", [24414, 96000, 192000])
def test_clips_of_rates_that_mp3_lacks_are_on_the_card(rate: int) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)
    uri = card_html._data_uri(0.5 * tone, rate)
    heard, found = soundfile.read(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert found == 48000 and len(heard) == pytest.approx(48000, rel=0.05)
    spectrum = np.abs(np.fft.rfft(heard[: found // 2]))
    assert spectrum.argmax() * 2 == pytest.approx(440, abs=4)


def test_a_corpus_without_emotions_or_speakers_has_a_card(tiny: Tiny, tmp_path: Path) -> None:
    tiny.raw |= {"pattern": r"(?P<name>.*)\.wav", "maps": {}, "speakers": {}, "expected": {}}
    card = write_card(_prepared(tiny, tmp_path / "data"), tiny.config)
    assert card.associations == [] and card.emotions == []
    assert "Speakers: not told" in card_text(card, tiny.config)


# Real corpora


def _real(corpora: Path, name: str, folder: Path, speakers: str = "") -> Card:
    if not (corpora / name).is_dir():
        pytest.skip(f"no {name} in SERNET_CORPORA")
    config, recipe = load_corpus(EGS, name)
    entries = [e for e in read_entries(config, corpora / name, recipe) if not speakers or e.speaker in speakers.split()]
    manifests.write(manifests.build(config, entries, corpora / name)[0], folder)
    return make_card(folder)


def test_it_finds_the_identical_pair_of_ravdess_and_no_other(corpora: Path, tmp_path: Path) -> None:
    card = _real(corpora, "ravdess", tmp_path, "05 06 07 08")
    pair = ("ravdess-07-03-01-03-01-02-01-07", "ravdess-07-03-01-03-01-02-02-07")
    assert card.identical == [pair] and [(p.first.id, p.second.id) for p in card.pairs] == [pair]
    assert max(card.rejected + card.chance) < 0.7
    by_name = {found.attribute: found for found in card.associations}
    assert by_name["speaker"].p > 0.5 and by_name["intensity"].p < 0.05  # neutral is never strong


def test_it_finds_urdus_nesting_and_its_overlaps(corpora: Path, tmp_path: Path) -> None:
    card = _real(corpora, "urdu", tmp_path)
    speaker = card.associations[0]
    assert speaker.attribute == "speaker" and speaker.v > 0.9 and speaker.level < 0.4
    assert any("nearly nested" in line and "(urdu-SM3, urdu-SM5, urdu-SM6)" in line for line in card.findings)
    assert {(p.first.speaker, p.second.speaker) for p in card.pairs if p.differ} == {("urdu-SF1", "urdu-SF4")}
    assert len(card.pairs) == 10 and max(card.rejected + card.chance) < 0.7


def test_it_finds_the_recording_that_emovo_has_under_two_texts(corpora: Path, tmp_path: Path) -> None:
    card = _real(corpora, "emovo", tmp_path, "f2 f3")
    assert [(p.first.id, p.second.id, p.differ) for p in card.pairs] == [
        ("emovo-f3-tri-f3-n1", "emovo-f3-tri-f3-n2", ["text"])
    ]

"""Corrupted speech: what each corruption does, measured apart."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sernet.config.features import FeatureConfig
from sernet.config.ood import STANDARD_SETS, OodSetConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import read_cuts
from sernet.errors import SernetError
from sernet.features.fbank import FbankFrontEnd
from sernet.ood.corruptions import add_noise, corrupt, mu_law, reverberated, speech_power
from sernet.ood.matching import Recording, Reference
from sernet.ood.sets import make_clips
from sernet.ood.store import load_set, make_set
from tiny import Tiny, tiny

__all__ = ["tiny"]

RATE = 16000


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def voice(name: str, seed: int, speaker: str = "", seconds: float = 1.0) -> Recording:
    random = np.random.default_rng(seed)
    samples = (0.1 * random.standard_normal(round(seconds * RATE))).astype(np.float32)
    return Recording(name, speaker, lambda: (samples, RATE))


def spoilt(kind: str, strength: float | None, samples: np.ndarray, others: tuple[Recording, ...] = ()) -> np.ndarray:
    return corrupt(kind, strength, samples, RATE, np.random.default_rng(0), others)


def power(samples: np.ndarray, frequency: float) -> float:
    """Around one frequency, in dB."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / RATE) - frequency) < 20
    return float(10 * np.log10(spectrum[near].sum() + 1e-20))


@pytest.mark.parametrize("snr", [20.0, 0.0, -5.0])
@pytest.mark.parametrize("kind", ["white", "babble", "environment"])
def test_noise_is_added_at_its_ratio_to_the_speech_not_to_the_pauses(kind: str, snr: float) -> None:
    speech = np.concatenate([np.zeros(RATE, dtype=np.float32), tone(440), np.zeros(RATE, dtype=np.float32)])
    noise = spoilt(kind, snr, speech, tuple(voice(str(i), i) for i in range(8))) - speech
    assert 10 * np.log10(np.mean(tone(440) ** 2) / np.mean(noise**2)) == pytest.approx(snr, abs=0.2)
    assert noise[:RATE].std() == pytest.approx(noise[RATE:].std(), rel=0.2)


def test_silence_added_changes_nothing_and_short_speech_has_a_power() -> None:
    np.testing.assert_array_equal(add_noise(tone(440), np.zeros(RATE), 10, RATE), tone(440))
    assert speech_power(np.full(10, 0.5), RATE) == pytest.approx(0.25 * 10 / 400)


def test_clipping_cuts_the_named_share_and_leaves_the_rest() -> None:
    samples = np.random.default_rng(1).standard_normal(10_000).astype(np.float32)
    cut = spoilt("clipping", 0.1, samples)
    changed = cut != samples
    assert np.mean(changed) == pytest.approx(0.1, abs=2e-4)
    assert len(np.unique(np.abs(cut[changed]))) == 1 and (np.abs(cut) <= np.abs(samples)).all()


def test_a_telephone_passes_its_band_alone() -> None:
    for frequency in (600, 1500, 3000):
        assert power(spoilt("telephone", None, tone(frequency)), frequency) == pytest.approx(
            power(tone(frequency), frequency), abs=0.5
        )
    for frequency in (100, 5000):
        assert power(spoilt("telephone", None, tone(frequency)), frequency) < power(tone(frequency), frequency) - 40


def test_mu_law_is_close_to_g711_and_rounds_once() -> None:
    samples = (np.random.default_rng(2).uniform(-0.9, 0.9, 4000)).astype(np.float32)
    ours = mu_law(samples)
    assert len(np.unique(ours)) <= 256
    np.testing.assert_allclose(mu_law(ours), ours, atol=1e-12)
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="ULAW")
    file.seek(0)
    theirs, _ = soundfile.read(file)
    # G.711 makes the curve of 8 straight pieces, so single values differ; the size of the error does not.
    assert np.std(ours - samples) == pytest.approx(np.std(theirs - samples), rel=0.15)


@pytest.mark.parametrize("codec", ["mp3", "opus", "vorbis"])
@pytest.mark.parametrize("compression", [0.0, 1.0])
def test_a_codec_keeps_length_and_sound(codec: str, compression: float) -> None:
    random = np.random.default_rng(3)
    speech = (tone(300) + tone(900) * random.uniform(0.2, 1)).astype(np.float32)[:-77]
    coded = spoilt(codec, compression, speech)
    assert len(coded) == len(speech) and not np.array_equal(coded, speech)
    middle = slice(4000, 12000)
    assert np.corrcoef(coded[middle], speech[middle])[0, 1] > 0.9


def test_a_codec_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sernet.ood.corruptions.CODECS", {"opus": ("OGG", "MPEG_LAYER_III")})
    with pytest.raises(SernetError, match="codec opus: libsndfile"):
        spoilt("opus", 0.5, tone(440))


def test_a_room_decays_by_60_db_in_its_time_and_adds_its_own_energy() -> None:
    click = np.zeros(2 * RATE, dtype=np.float32)
    click[0] = 1
    response = reverberated(click, RATE, 0.6, np.random.default_rng(4))
    assert response[0] == pytest.approx(1, abs=1e-6) and np.sum(response[1:] ** 2) == pytest.approx(1, rel=1e-4)
    # Schroeder's backward integral between -5 and -35 dB.
    decay = 10 * np.log10(np.cumsum(response[:0:-1] ** 2)[::-1])
    first, last = np.argmax(decay < -5), np.argmax(decay < -35)
    assert (last - first) / RATE * 2 == pytest.approx(0.6, rel=0.1)


def test_faster_speech_is_shorter_and_higher() -> None:
    fast = spoilt("speed", 1.25, tone(400))
    assert len(fast) == pytest.approx(RATE / 1.25, abs=2)
    assert power(fast, 500) > power(fast, 400) + 40


def test_padding_is_silence_around_the_same_samples() -> None:
    padded = spoilt("padding", 0.5, tone(400))
    np.testing.assert_array_equal(padded[8000:-8000], tone(400))
    assert 0 < np.abs(padded[:8000]).max() < 1e-4


def test_a_noise_is_the_same_at_each_level_and_another_for_each_utterance() -> None:
    people = [voice("a", 1, "x"), voice("b", 2, "y"), voice("c", 3, "y")]
    reference = Reference.of(people)
    sets = {
        name: list(make_clips(name, STANDARD_SETS[name], reference, people, [voice("rain", 9)]))
        for name in ("white_20", "white_0", "babble_20", "babble_0", "environment_20", "environment_0")
    }
    for kind in ("white", "babble", "environment"):
        quiet, loud = (
            [clip.samples - source.load()[0] for clip, source in zip(sets[f"{kind}_{snr}"], people, strict=True)]
            for snr in (20, 0)
        )
        np.testing.assert_allclose(10 * quiet[0], loud[0], atol=1e-4)
        assert abs(np.corrcoef(loud[0], loud[1])[0, 1]) < 0.9
    # The babble behind a speaker is other people's.
    behind = sets["babble_0"][1].samples - people[1].load()[0]
    assert np.abs(np.fft.rfft(behind) * np.conj(np.fft.rfft(people[0].load()[0]))).max() > 1e2
    assert [clip.said for clip in sets["white_0"]] == ["a", "b", "c"]


def test_corrupted_speech_keeps_label_and_speaker_on_disk(tiny: Tiny, tmp_path: Path) -> None:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path)
    items = read_cuts(tmp_path / "cuts.jsonl.gz")
    config = OodSetConfig(condition="corrupted", source="corrupted", corruption="babble", strength=5)
    make_set("crowd", config, items, [], FbankFrontEnd(FeatureConfig()), tmp_path / "crowd.ark")
    read = load_set(tmp_path / "crowd.ark")
    assert [(u.emotion, u.speaker) for u in read.utterances] == [
        (i.utterance.emotion, i.utterance.speaker) for i in items
    ]
    assert all(np.isfinite(matrix).all() for matrix in read.features)


def test_what_cannot_be_made_is_said() -> None:
    with pytest.raises(SernetError, match="babble: no other utterance"):
        spoilt("babble", 0, tone(400))
    with pytest.raises(SernetError, match="environment: no recording"):
        spoilt("environment", 0, tone(400))

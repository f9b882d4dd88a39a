"""Far sets: what is made, and that matched durations, levels and bands match."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from lhotse.augmentation.resample import Resample
from scipy.signal import cheby2, sosfilt, welch

from sernet.config.ood import OodSetConfig
from sernet.errors import SernetError
from sernet.ood.matching import Recording, Reference, active_rms
from sernet.ood.sets import make_clips
from sernet.ood.signals import make_signal

RATE = 16000
SYNTHETIC = [("noise", "white"), ("noise", "pink"), ("tones", "tone"), ("tones", "chord"), ("tones", "sweep")]


def recording(name, samples, rate=RATE, speaker=""):
    return Recording(name, speaker, lambda: (np.asarray(samples, dtype=np.float32), rate))


def speech(seed, seconds, low=150.0, high=4000.0, gain=0.05):
    """Noise in bursts of 0.2 s with soft ends, between them digital silence, then limited to a band."""
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    bursts = np.clip(np.sin(2 * np.pi * 2.5 * np.arange(len(noise)) / RATE), 0, None)
    sections = cheby2(10, 60, [low, high], "bandpass", fs=RATE, output="sos")
    return (gain * sosfilt(sections, noise * bursts)).astype(np.float32)


ID = [recording(f"id-{i}", speech(i, 1.0 + 0.3 * i, gain=0.02 * (i + 1)), speaker=f"spk{i % 2}") for i in range(6)]
REFERENCE = Reference.of(ID)


def far(source, **settings):
    return OodSetConfig(condition="ood-far", source=source, **settings)


def edges(samples, drop=40.0):
    """Where the pre-emphasised long-term power a mel is ``drop`` dB down, by Welch's method."""
    frequency, power = welch(np.append(samples[0], samples[1:] - 0.97 * samples[:-1]), RATE, nperseg=512, detrend=False)
    power *= 700 + frequency
    within = frequency[power >= power.max() * 10 ** (-drop / 10)]
    return within[0], within[-1]


def test_reference_measures_lengths_levels_and_band():
    assert [target.length for target in REFERENCE.targets] == [int((1.0 + 0.3 * i) * RATE) for i in range(6)]
    levels = np.array([target.level for target in REFERENCE.targets])
    np.testing.assert_allclose(levels / levels[0], np.arange(1, 7), rtol=0.1)
    for target, source in zip(REFERENCE.targets, ID, strict=True):
        assert edges(source.load()[0]) == pytest.approx((target.low, target.high), abs=63)
        assert (target.low, target.high) == pytest.approx((150, 4000), abs=130)


def test_level_ignores_pauses_and_scales():
    burst = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    padded = np.concatenate([np.zeros(3 * RATE, np.float32), burst, np.zeros(RATE, np.float32)])
    assert active_rms(padded, RATE) == pytest.approx(active_rms(burst, RATE), rel=0.02)
    # White noise after y[t] = x[t] - 0.97 x[t - 1] has the variance 1 + 0.97^2.
    assert active_rms(0.5 * burst, RATE) == pytest.approx(0.5 * np.sqrt(1 + 0.97**2), rel=0.02)


@pytest.mark.parametrize(("source", "kind"), SYNTHETIC)
def test_matched_synthetic_sounds_match_each_id_utterance(source, kind):
    clips = list(make_clips("far", far(source, kinds=[kind]), REFERENCE))
    assert [clip.utt_id for clip in clips] == [f"far-{i:05d}" for i in range(6)]
    for clip, target in zip(clips, REFERENCE.targets, strict=True):
        assert clip.samples.dtype == np.float32 and np.isfinite(clip.samples).all()
        assert len(clip.samples) == target.length
        assert active_rms(clip.samples, RATE) == pytest.approx(target.level, rel=1e-4)
        low, high = edges(clip.samples)
        assert low >= target.low - 63 and high == pytest.approx(target.high, abs=250)


@pytest.mark.parametrize("seconds", [0.2, 4.0])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_matched_clips_of_a_corpus_are_joined_cropped_and_filled_up(seconds, rate):
    rng = np.random.default_rng(1)
    sources = [
        recording(f"digit-{i}", 0.3 * rng.standard_normal(int(seconds * rate)), rate, speaker=f"s{i % 3}")
        for i in range(9)
    ]
    clips = list(make_clips("digits", far("corpus", corpus="fsdd"), REFERENCE, sources))
    assert len(clips) == len(ID)
    assert {clip.speaker for clip in clips} <= {"s0", "s1", "s2"}
    for clip, target in zip(clips, REFERENCE.targets, strict=True):
        assert len(clip.samples) == target.length
        assert active_rms(clip.samples, RATE) == pytest.approx(target.level, rel=1e-4)
        assert edges(clip.samples) == pytest.approx((target.low, target.high), abs=130)


def test_a_source_of_a_lower_rate_is_filled_up_to_the_band():
    wide = Reference.of([recording(f"id-{i}", speech(i, 2.0, high=7000.0)) for i in range(3)])
    digits = [recording("digit", 0.3 * np.random.default_rng(1).standard_normal(8000), 8000)]
    (plain, *_), (matched, *_) = (
        list(make_clips("digits", far("corpus", corpus="fsdd", matched=choice), wide, digits))
        for choice in (False, True)
    )
    assert edges(plain.samples)[1] < 5500
    assert edges(matched.samples)[1] == pytest.approx(wide.targets[0].high, abs=130)
    frequency, power = welch(np.diff(matched.samples), RATE, nperseg=512)
    _, wanted = welch(np.diff(speech(0, 2.0, high=7000.0)), RATE, nperseg=512)
    shares = [p[frequency > 4000].sum() / p.sum() for p in (power, wanted)]
    assert shares[0] == pytest.approx(shares[1], abs=0.05)


def test_joined_clips_hold_one_speaker():
    """Each speaker is a tone: a joined clip must hold one frequency."""
    tone = {name: np.sin(2 * np.pi * f * np.arange(4000) / RATE) for name, f in (("a", 500.0), ("b", 2000.0))}
    sources = [recording(f"{name}{i}", samples, speaker=name) for i in range(3) for name, samples in tone.items()]
    for clip in make_clips("joined", far("corpus", corpus="x"), REFERENCE, sources):
        spectrum = np.abs(np.fft.rfft(clip.samples))
        at = {name: spectrum[round(f / RATE * len(clip.samples))] for name, f in (("a", 500.0), ("b", 2000.0))}
        other = {"a": "b", "b": "a"}[clip.speaker]
        assert at[clip.speaker] > 20 * at[other]


def test_a_crop_keeps_the_loudest_moment():
    samples = np.random.default_rng(0).standard_normal(10 * RATE)
    samples[4 * RATE : 4 * RATE + 800] *= 30
    for clip in make_clips("cry", far("corpus", corpus="esc10"), REFERENCE, [recording("cry", samples)]):
        assert np.abs(clip.samples).max() > 30 * np.median(np.abs(clip.samples))


def test_unmatched_clips_of_a_corpus_are_as_they_are():
    samples = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    sources = [recording("a", samples, 8000, "s"), recording("b", samples)]
    first, second = make_clips("plain", far("corpus", corpus="x", matched=False), REFERENCE, sources)
    assert (first.utt_id, first.speaker, second.utt_id) == ("plain-a", "s", "plain-b")
    np.testing.assert_allclose(first.samples, Resample(8000, 16000)(torch.from_numpy(samples)).numpy(), atol=1e-6)
    np.testing.assert_array_equal(second.samples, samples)


def test_unmatched_synthetic_sounds_have_their_own_length_and_level():
    clips = list(make_clips("plain", far("noise", matched=False), REFERENCE))
    assert all(RATE <= len(clip.samples) <= 5 * RATE for clip in clips)
    for clip in clips:
        assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(0.1, rel=1e-4)


def test_reversed_speech_is_the_id_backwards():
    clips = list(make_clips("reversed", far("reversed"), REFERENCE, ID))
    for clip, source in zip(clips, ID, strict=True):
        np.testing.assert_array_equal(clip.samples[::-1], source.load()[0])
        assert (clip.utt_id, clip.speaker) == (f"reversed-{source.utt_id}", source.speaker)


def test_scrambled_speech_holds_the_same_pieces_in_another_order():
    for clip, source in zip(make_clips("scrambled", far("scrambled"), REFERENCE, ID), ID, strict=True):
        original = source.load()[0]
        assert not np.array_equal(clip.samples, original)
        np.testing.assert_array_equal(np.sort(clip.samples), np.sort(original))


def test_silence_is_dither_and_never_digital_zero():
    for clip in make_clips("silence", far("silence"), REFERENCE):
        values = np.unique(np.round(clip.samples * 32768, 6))
        assert set(values) == {-1.0, 0.0, 1.0}
        frames = clip.samples[: len(clip.samples) // 400 * 400].reshape(-1, 400)
        assert (frames.std(axis=1) > 0).all()


@pytest.mark.parametrize("kind", ["white", "pink", "tone", "chord", "sweep", "silence"])
def test_draws_depend_on_name_and_utterance_alone(kind):
    source = {"white": "noise", "pink": "noise", "silence": "silence"}.get(kind, "tones")
    config = far(source, kinds=[] if source == "silence" else [kind])
    first, again, other = (list(make_clips(name, config, REFERENCE)) for name in ("a", "a", "b"))
    fewer = Reference(REFERENCE.targets[:2], REFERENCE.spectrum, RATE)
    short = list(make_clips("a", config, fewer))
    for one, two, three in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one.samples, two.samples)
        assert not np.array_equal(one.samples, three.samples)
    np.testing.assert_array_equal(short[1].samples, first[1].samples)
    assert not np.array_equal(first[0].samples[:8000], first[1].samples[:8000])


def test_pink_noise_has_equal_power_an_octave():
    pink = make_signal("pink", 20 * RATE, RATE, np.random.default_rng(0))
    power = np.abs(np.fft.rfft(pink)) ** 2
    frequency = np.fft.rfftfreq(len(pink), 1 / RATE)
    octaves = [power[(frequency >= f) & (frequency < 2 * f)].sum() for f in (250, 500, 1000, 2000)]
    np.testing.assert_allclose(np.array(octaves) / np.mean(octaves), 1, atol=0.1)


def test_a_tone_is_harmonic_and_fills_the_band():
    tone = make_signal("tone", 2 * RATE, RATE, np.random.default_rng(3)).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone))))
    frequency = np.fft.rfftfreq(len(tone), 1 / RATE)
    pitch = frequency[spectrum.argmax()]
    peaks = [spectrum[np.abs(frequency - k * pitch) < 2].max() for k in (1, 2, 3)]
    np.testing.assert_allclose(np.array(peaks) / peaks[0], [1, 1 / 2, 1 / 3], rtol=0.3)
    assert spectrum[frequency > 7000].max() > 1e-3 * spectrum.max()


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "no recording"),
        ([recording("empty", np.zeros(4000))], "no sound in empty"),
        ([recording("stereo", np.zeros((4000, 2)))], "stereo: expected finite mono"),
        ([recording("nan", np.full(4000, np.nan))], "nan: expected finite"),
    ],
)
def test_sources_that_cannot_serve_are_named(sources, message):
    with pytest.raises(SernetError, match=message):
        list(make_clips("far", far("corpus", corpus="x"), REFERENCE, sources))


def test_an_id_test_set_of_silence_is_refused():
    with pytest.raises(SernetError, match="zero: digital silence"):
        Reference.of([recording("zero", np.zeros(8000))])
    with pytest.raises(SernetError, match="no ID test utterance"):
        Reference.of([])


def test_clips_shorter_than_a_frame_still_make_a_set():
    sources = [recording("click", np.random.default_rng(0).standard_normal(400), 8000)]
    assert len(list(make_clips("click", far("corpus", corpus="x"), REFERENCE, sources))) == 6
    tiny = Reference.of([recording("tiny", np.random.default_rng(0).standard_normal(200))])
    assert len(next(make_clips("noise", far("noise"), tiny)).samples) == 200

"""Extraction: Kaldi's formula, splits that resume, merging that does not hang on their number."""

from __future__ import annotations

import os
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import soundfile

from sernet.config.features import FeatureConfig
from sernet.corpus import kaldi_dir, manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import read_cuts
from sernet.errors import SernetError
from sernet.features import extraction
from sernet.features.fbank import FbankFrontEnd, extract, extractor
from sernet.features.front_ends import of_utterances
from sernet.features.lhotse_io import load_cuts
from tiny import Tiny

CONFIG = FeatureConfig()


def kaldi_fbank(samples: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Kaldi's log-mel energies in float64, from its documentation: an independent reference."""
    rate, window, shift, size = config.sample_rate, 400, 160, 512
    samples = samples.astype(np.float64)
    count = (len(samples) + shift // 2) // shift
    padded = np.concatenate([samples[:200][::-1], samples, samples[::-1][:400]])
    start = 200 + shift // 2 - window // 2  # without snip_edges frames are centred, the ends reflected
    frames = np.stack([padded[start + i * shift : start + i * shift + window] for i in range(count)])
    frames = frames - frames.mean(axis=1, keepdims=True)
    frames = frames - 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    povey = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))) ** 0.85
    power = np.abs(np.fft.rfft(frames * povey, size)) ** 2
    edges = np.linspace(mel(config.low_freq), mel(rate / 2 + config.high_freq), config.bins + 2)
    bins = mel(np.arange(size // 2) * rate / size)
    up = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(0, np.minimum(up, down))
    return np.asarray(np.log(np.maximum(power[:, : size // 2] @ filters.T, np.finfo(np.float32).eps)))


def mel(hertz: float | np.ndarray) -> np.ndarray:
    return 1127 * np.log1p(np.asarray(hertz) / 700)


def test_fbanks_are_kaldis() -> None:
    samples = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
    mine, reference = extract(samples, CONFIG), kaldi_fbank(samples, CONFIG)
    assert mine.shape == reference.shape == (100, 80)
    assert np.abs(mine - reference)[2:-2].max() < 2e-3


def _cuts(tiny: Tiny, folder: Path) -> Path:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, folder)
    return folder / "cuts.jsonl.gz"


def _extract(cuts: Path, folder: Path, number: int, config: FeatureConfig = CONFIG) -> None:
    splits = [folder / f"split{number}" / str(i + 1) for i in range(number)]
    edges = [round(16 * i / number) for i in range(number + 1)]
    for split, first, last in zip(splits, edges, edges[1:]):
        extraction.extract_split(cuts, first, last, FbankFrontEnd(config), split)
    extraction.merge(cuts, splits, config, folder)


def test_the_number_of_splits_does_not_change_a_byte(tiny: Tiny, tmp_path: Path) -> None:
    cuts = _cuts(tiny, tmp_path / "data")
    for number in (1, 3):
        _extract(cuts, tmp_path / f"n{number}", number)
    for name in ("feats.ark", "cuts.jsonl.gz", "utt2num_frames"):
        assert (tmp_path / "n1" / name).read_bytes() == (tmp_path / "n3" / name).read_bytes(), name


def test_lhotse_loads_what_was_extracted_and_so_it_can_be_moved(tiny: Tiny, tmp_path: Path) -> None:
    _extract(_cuts(tiny, tmp_path / "data"), tmp_path / "feats", 2)
    (tmp_path / "feats").rename(tmp_path / "moved")
    cut = load_cuts(tmp_path / "moved").to_eager()["tiny-m1-m1_N_2"]
    samples, _ = soundfile.read(tiny.root / "m1_N_2.wav", dtype="float32")
    whole = extract(samples, CONFIG)
    assert np.array_equal(cut.load_features(), whole)
    assert np.array_equal(cut.truncate(offset=0.1, duration=0.1).load_features(), whole[10:20])
    assert cut.supervisions[0].custom["emotion"] == "neutral"


def test_a_killed_split_goes_on_where_it_stopped(tiny: Tiny, tmp_path: Path) -> None:
    cuts = _cuts(tiny, tmp_path / "data")
    _extract(cuts, tmp_path / "whole", 1)
    split = tmp_path / "killed" / "split1" / "1"
    calls = []

    class Counted(FbankFrontEnd):
        def __call__(self, batch):  # type: ignore[no-untyped-def]
            calls.extend(batch)
            if len(calls) == 6:
                raise KeyboardInterrupt
            return super().__call__(batch)

    with pytest.raises(KeyboardInterrupt):
        extraction.extract_split(cuts, 0, 16, Counted(CONFIG), split)
    with open(split.with_suffix(".ark"), "ab") as stream:
        stream.write(b"half an utter")
    with open(split.with_suffix(".jsonl"), "a") as stream:
        stream.write('{"id": "half a li')
    extraction.extract_split(cuts, 0, 16, Counted(CONFIG), split)
    assert len(calls) == 6 + 11  # five were finished
    extraction.merge(cuts, [split], CONFIG, tmp_path / "killed")
    for name in ("feats.ark", "cuts.jsonl.gz"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_split_of_other_settings_is_not_taken_up(tiny: Tiny, tmp_path: Path) -> None:
    cuts = _cuts(tiny, tmp_path / "data")
    split = tmp_path / "split1" / "1"
    extraction.extract_split(cuts, 0, 16, FbankFrontEnd(FeatureConfig(bins=40)), split)
    extraction.extract_split(cuts, 0, 16, FbankFrontEnd(CONFIG), split)
    extraction.merge(cuts, [split], CONFIG, tmp_path)
    assert load_cuts(tmp_path).to_eager()["tiny-f1-f1_A_1"].load_features().shape == (30, 80)
    assert os.path.getsize(tmp_path / "feats.ark") == os.path.getsize(split.with_suffix(".ark"))


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_other_rates_and_channels_give_the_frames_of_their_duration(tiny: Tiny, tmp_path: Path, rate: int) -> None:
    time = np.arange(rate) / rate
    stereo = np.stack([0.1 * np.sin(2 * np.pi * 440 * time), 0.1 * np.sin(2 * np.pi * 1500 * time)], axis=1)
    soundfile.write(tiny.root / "f1_A_1.wav", stereo, rate)
    for number, hertz in ((0, 440), (1, 1500)):
        if number:
            for path in tiny.root.glob("*.wav"):
                if path.name != "f1_A_1.wav":
                    path.unlink()
        tiny.raw["channel"] = number
        folder = tmp_path / str(number)
        made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
        manifests.write(made, folder)
        item = next(i for i in read_cuts(folder / "cuts.jsonl.gz") if i.utterance.id == "tiny-f1-f1_A_1")
        features = of_utterances(FbankFrontEnd(CONFIG), [item])[0]
        assert features.shape == (100, 80) and item.source is not None and item.source.channel == number
        centre = np.linspace(mel(20), mel(7600), 82)[1:-1]
        assert abs(centre[features.mean(axis=0).argmax()] - mel(hertz)) < 60


def test_the_features_folder_is_a_whole_kaldi_data_directory(tiny: Tiny, tmp_path: Path) -> None:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path / "data")
    kaldi_dir.write(made, tmp_path / "data")
    _extract(tmp_path / "data" / "cuts.jsonl.gz", tmp_path / "data" / "fbank80", 1)
    kaldi_dir.complete(tmp_path / "data", tmp_path / "data" / "fbank80")
    kaldi_dir.check(tmp_path / "data" / "fbank80", made.supervisions)
    theirs = kaldiio.load_scp(str(tmp_path / "data" / "fbank80" / "feats.scp"))
    frames = (tmp_path / "data" / "fbank80" / "utt2num_frames").read_text().splitlines()
    assert {line.split()[0]: int(line.split()[1]) for line in frames} == {key: len(theirs[key]) for key in theirs}
    lines = (tmp_path / "data" / "fbank80" / "feats.scp").read_text().splitlines()
    (tmp_path / "data" / "fbank80" / "feats.scp").write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(SernetError, match=r"feats\.scp: its utterances are not those of utt2spk"):
        kaldi_dir.complete(tmp_path / "data", tmp_path / "data" / "fbank80")


@pytest.mark.parametrize(
    "config",
    [CONFIG, FeatureConfig(sample_rate=8000, bins=23, torchaudio_compatible_mel_scale=False, frame_shift=0.0125)],
    ids=["16 kHz", "8 kHz"],
)
@pytest.mark.parametrize("length", [30, 80, 200, 239, 240, 399, 400, 401, 16000, 16079, 16080, 54321])
def test_fbanks_are_lhotses_to_the_bit(config: FeatureConfig, length: int) -> None:
    samples = (0.1 * np.random.default_rng(length).standard_normal(length)).astype(np.float32)
    samples[length // 2 : length // 2 + 3000] *= 1e-5
    try:
        expected = extractor(config).extract(samples, config.sample_rate)
    except RuntimeError:
        with pytest.raises(SernetError, match="too few"):
            extract(samples, config)
    else:
        found = extract(samples, config)
        assert found.dtype == np.float32 and np.array_equal(found, expected)

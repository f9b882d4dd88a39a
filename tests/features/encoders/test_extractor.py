"""From samples to what stage 2 stores: statistics over speech, windows, the same bytes from any number of splits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from features.encoders.conftest import buzz
from sernet.config.encoders import SpeechEncoderConfig
from sernet.corpus import manifests
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import read_cuts
from sernet.data.load import load_examples
from sernet.errors import SernetError
from sernet.features import extraction
from sernet.features.encoders import folder
from sernet.features.encoders.extractor import EncoderFrontEnd, equal_windows
from sernet.features.lhotse_io import load_cuts
from tiny import Tiny, tiny

__all__ = ["tiny"]
Get = Callable[[str], tuple[Path, Any, Any]]


class Loudness:
    """An encoder whose layers are known: each frame's root mean square, and ten times that, in two dimensions."""

    layers, dimensions, hop, parameters = [3, 5], 2, 320, 7

    def __init__(self) -> None:
        self.longest = 0

    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        found = []
        for samples in batch:
            self.longest = max(self.longest, len(samples))
            frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
            rms = np.sqrt(np.square(frames).mean(1))
            found.append(np.stack([np.stack([k * rms, -k * rms], axis=1) for k in (1, 10)]).astype(np.float32))
        return found


def _config(**more: Any) -> SpeechEncoderConfig:
    return SpeechEncoderConfig.model_validate({"kind": "encoder", "name": "x", "model": "none", "cut": "none"} | more)


def test_statistics_are_means_then_deviations_of_each_layer_over_the_loud_frames() -> None:
    samples = np.concatenate([0.001 * buzz(0.4), buzz(0.4, 1), 0.5 * buzz(0.4, 2)])
    front_end = EncoderFrontEnd(_config(), encoder=Loudness())
    (row,) = front_end([samples])
    rms = np.sqrt(np.square(samples.astype(np.float64).reshape(-1, 320)).mean(1))
    loud = rms[20 * np.log10(rms / rms.max()) >= -30]
    assert 0 < len(loud) < len(rms)
    m, s = loud.mean(), loud.std()
    assert row.shape == (1, front_end.bins) == (1, 8)
    assert np.allclose(row[0], [m, -m, s, s, 10 * m, -10 * m, 10 * s, 10 * s], rtol=1e-4)


def test_frames_hold_the_layers_side_by_side() -> None:
    front_end = EncoderFrontEnd(_config(keep="frames"), encoder=Loudness())
    (matrix,) = front_end([buzz(0.5)])
    assert matrix.shape == (25, 4) and front_end.frame_shift == 0.02
    assert np.allclose(matrix[:, 2:], 10 * matrix[:, :2])


def test_long_speech_is_encoded_in_equal_windows_and_nothing_is_lost() -> None:
    samples = buzz(7.0)
    encoder = Loudness()
    (matrix,) = EncoderFrontEnd(_config(keep="frames", window_seconds=2), encoder=encoder)([samples])
    (whole,) = EncoderFrontEnd(_config(keep="frames"), encoder=Loudness())([samples])
    assert np.allclose(matrix, whole) and encoder.longest <= 2 * 16000
    for count in (1, 319, 32000, 32001, 63999, 64001, 100000):
        pieces = equal_windows(np.arange(count), 2.0, 320)
        assert max(map(len, pieces)) <= 32000
        assert np.array_equal(np.concatenate(pieces), np.arange(count)[: sum(map(len, pieces))])
        assert count - sum(map(len, pieces)) < 320


def test_any_number_of_splits_gives_the_same_bytes_and_a_killed_one_goes_on(
    tiny: Tiny, tmp_path: Path, tiny_encoder: Get
) -> None:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, tmp_path / "data")
    cuts = tmp_path / "data" / "cuts.jsonl.gz"
    place = tiny_encoder("whisper")[0]
    config = _config(model=str(place), keep="frames", layers=[1, 3], cut="speech")

    class Small(EncoderFrontEnd):
        block = 4

    class Killed(Small):
        def __init__(self, config: SpeechEncoderConfig, after: int) -> None:
            super().__init__(config)
            self.left = after

        def __call__(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            return super().__call__(batch)

    def extract(number: int, kill_after: int | None = None) -> Path:
        target = tmp_path / f"n{number}{kill_after or ''}"
        splits = [target / "split" / str(i) for i in range(number)]
        for split, first in zip(splits, range(0, 16, 16 // number), strict=True):
            front_end = Small(config)
            if kill_after:
                with pytest.raises(KeyboardInterrupt):
                    extraction.extract_split(cuts, first, first + 16 // number, Killed(config, kill_after), split)
            extraction.extract_split(cuts, first, first + 16 // number, front_end, split)
        extraction.merge(cuts, splits, config, target)
        return target

    whole, halves, killed = extract(1), extract(2), extract(1, kill_after=2)
    for name in ("feats.ark", "cuts.jsonl.gz", "utt2num_frames", "front_end.json"):
        assert (whole / name).read_bytes() == (halves / name).read_bytes() == (killed / name).read_bytes(), name
    examples = load_examples({"tiny": whole}, read_cuts(whole / "cuts.jsonl.gz"))
    assert {matrix.shape[1] for matrix in examples.features} == {32}
    cut = next(iter(load_cuts(whole).to_eager()))
    assert cut.num_features == 32 and cut.features.frame_shift == 0.02


def test_what_is_not_there_is_said_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed (requirements-encoders.txt)")
    monkeypatch.setenv("SERNET_ENCODERS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(SernetError, match=r"no encoder openai/whisper-base: looked in .*utils/get_encoder.sh"):
        folder.find(_config(model="openai/whisper-base"))
    (tmp_path / "whisper-base").mkdir()
    (tmp_path / "whisper-base" / "config.json").write_text("{}")
    (tmp_path / "whisper-base" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(SernetError, match="no \\*.safetensors. Pickled weights"):
        folder.find(_config(model="openai/whisper-base"))
    (tmp_path / "whisper-base" / "model.safetensors").write_bytes(b"")
    assert folder.find(_config(model="openai/whisper-base")) == tmp_path / "whisper-base"


def test_the_digest_follows_the_weights_and_not_the_place(tmp_path: Path) -> None:
    import hashlib

    def of_file(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    digests = []
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(content)
        digests.append(folder.digest(tmp_path / name, of_file))
    assert digests[0] == digests[1] != digests[2]


def test_contamination_licence_and_training_data_are_known_or_given() -> None:
    known = _config(model="/somewhere/emotion2vec_plus_large/").about
    assert "test speakers" in known.contaminated["ravdess"]
    assert _config(model="my/own").about.licence == "not stated"
    own = _config(model="my/own", licence="MIT", contaminated={"emodb": "trained on it"}).about
    assert own.licence == "MIT" and own.contaminated == {"emodb": "trained on it"}
    with pytest.raises(ValidationError, match="ascending"):
        _config(layers=[3, 2])

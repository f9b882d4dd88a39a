"""Near-identical recordings on two sides are refused by name, in folds, across corpora and in sets out of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from sernet.config.ood import OodSetConfig
from sernet.corpus import manifests
from sernet.corpus.cuts import Listed
from sernet.corpus.entries import read_entries
from sernet.corpus.utterances import Utterance
from sernet.data import leaks
from sernet.data.doubles import Double, find
from sernet.errors import SernetError
from tiny import Tiny


def _speech(seed: int, seconds: float = 1.5, rate: int = 16000) -> np.ndarray:
    """Noise in syllables of changing colour: no two seeds alike."""
    draws = np.random.default_rng(seed)
    pieces = []
    for _ in range(round(seconds / 0.15)):
        noise = np.fft.rfft(draws.standard_normal(int(0.15 * rate)))
        noise /= 1 + ((np.fft.rfftfreq(int(0.15 * rate), 1 / rate) - draws.uniform(300, 3000)) / 200) ** 2
        pieces.append(np.hanning(int(0.15 * rate)) * np.fft.irfft(noise, int(0.15 * rate)))
    speech = np.concatenate(pieces)
    return (0.3 * speech / np.abs(speech).max()).astype(np.float32)


COPIES = {
    "3 dB softer": lambda x: 10 ** (-3 / 20) * x,
    "20 ms shorter": lambda x: x[320:],
    "resampled to and fro": lambda x: resample_poly(resample_poly(x, 441, 320), 320, 441),
    "dithered": lambda x: x + np.random.default_rng(0).integers(-1, 2, len(x)) / 32768,
    "turned over": lambda x: -x,
    "behind silence": lambda x: np.concatenate([np.zeros(3000), x]),
}


def _corpus(tiny: Tiny, folder: Path, name: str, first: int) -> list[Path]:
    for old in tiny.root.iterdir():
        old.unlink()
    tiny.raw["name"] = name
    made = []
    for number, speaker in enumerate(("f1", "f10", "m1", "m2")):
        for text in (1, 2):
            made.append(tiny.root / f"{speaker}_{'AN'[text - 1]}_{text}.wav")
            soundfile.write(made[-1], _speech(first + 2 * number + text), 16000)
    return made


def _prepare(tiny: Tiny, folder: Path) -> Path:
    made, _ = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tiny.root), tiny.root)
    manifests.write(made, folder)
    return folder


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_under_another_speaker_is_a_leak_of_the_folds_that_part_them(
    tiny: Tiny, tmp_path: Path, copy: str
) -> None:
    files = _corpus(tiny, tmp_path, "tiny", 0)
    samples, rate = soundfile.read(files[0])
    soundfile.write(files[7], COPIES[copy](samples), rate)
    doubles = find({"tiny": _prepare(tiny, tmp_path / "data")})
    assert [(d.first.speaker, d.second.speaker) for d in doubles] == [("tiny-f1", "tiny-m2")]
    together = {"fold": 0, "train": ["tiny-f1", "tiny-m2"], "dev": [], "test": ["tiny-f10", "tiny-m1"]}
    apart = {"fold": 1, "train": ["tiny-f1"], "dev": ["tiny-m2"], "test": ["tiny-f10", "tiny-m1"]}
    (found,) = leaks.in_folds("single", [together, apart], doubles)
    assert (found.where, found.sides) == ("run single, fold 1", "train and dev")
    with pytest.raises(SernetError, match=r"tiny-f1-f1_A_1 ~ tiny-m2-m2_N_2 \(correlation 1.000") as error:
        leaks.refuse([found], allowed=False)
    assert "allow_leaks" in str(error.value)
    leaks.refuse([found], allowed=True)
    told = leaks.said(leaks.recorded([found], "a test"))
    assert told == {"run single, fold 1, train and dev": "1 near-identical pairs", "allowed because": "a test"}


def test_what_a_fold_leaves_out_is_no_leak() -> None:
    one, other = Utterance("a", "x", speaker="s1"), Utterance("b", "x", speaker="s2")
    fold = {"fold": 0, "train": ["s1"], "dev": [], "test": ["s2"]}
    assert list(leaks.in_folds("r", [fold], [Double(one, other, 1.0, 1.0)]))
    assert not list(leaks.in_folds("r", [fold | {"left_out": ["b"]}], [Double(one, other, 1.0, 1.0)]))


def test_a_copy_in_another_corpus_is_found_and_refused(tiny: Tiny, tmp_path: Path) -> None:
    samples, _ = soundfile.read(_corpus(tiny, tmp_path, "one", 0)[3])
    folders = {"one": _prepare(tiny, tmp_path / "one")}
    root = tmp_path / "other_root"
    root.mkdir()
    tiny.root = root  # the audio of the first stays where it is
    files = _corpus(tiny, tmp_path, "two", 100)
    soundfile.write(files[5], 0.5 * samples[320:], 16000)
    folders["two"] = _prepare(tiny, tmp_path / "two")
    doubles = find(folders)
    assert [(d.first.corpus, d.second.corpus) for d in doubles] == [("one", "two")]
    (leak,) = leaks.in_corpora("cross", ["one"], "two", doubles)
    assert leak.sides == "train and test on two" and not leak.exact
    assert not list(leaks.in_corpora("cross", ["three"], "two", doubles))


def _items(corpus: str, *audio: str) -> list[Listed]:
    return [Listed(Utterance(f"{corpus}-{a}", corpus, session=a), a) for a in audio]


def _far(corpus: str, split: str, *sessions: str) -> OodSetConfig:
    where = {"session": list(sessions)} if sessions else {}
    raw = {"condition": "ood-far", "source": "corpus", "corpus": corpus, "split": split, "where": where}
    return OodSetConfig.model_validate(raw)


def test_a_set_to_tune_on_shares_no_utterance_sample_or_recording_with_a_test_set() -> None:
    items = {"own": _items("own", "o"), "far": _items("far", "1", "2", "3"), "again": _items("again", "3", "4")}

    def found(tuned: OodSetConfig, tested: OodSetConfig, *doubles: Double) -> list[str]:
        return [str(leak) for leak in leaks.in_sets("r", ["own"], {"a": tuned, "b": tested}, items, doubles)]

    assert found(_far("far", "dev", "1"), _far("far", "test", "2", "3")) == []
    assert found(_far("far", "dev", "1", "2"), _far("far", "test", "2", "3")) == ["far-2"]
    assert found(_far("far", "dev"), _far("again", "test")) == ["far-3 = again-3"]
    double = Double(items["far"][0].utterance, items["far"][1].utterance, 0.99, 1.0)
    near = found(_far("far", "dev", "1"), _far("far", "test", "2"), double)
    assert near == ["far-1 ~ far-2 (correlation 0.990 over 1.0 s)"]
    assert found(_far("far", "test", "1"), _far("far", "test", "1")) == []


def test_the_very_samples_are_refused_whatever_is_allowed() -> None:
    items = {"own": _items("own", "x"), "far": _items("far", "x")}
    found = list(leaks.in_sets("r", ["own"], {"far": _far("far", "test")}, items, []))
    with pytest.raises(SernetError, match="set far: the set and the run's own speech hold the same recordings"):
        leaks.refuse(found, allowed=True)

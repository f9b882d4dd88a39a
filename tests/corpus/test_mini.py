"""mini: declared files, rates and channels; the same bytes each time; faults told in words."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from pydantic import ValidationError

from sernet.config.corpus import CorpusConfig
from sernet.config.synthesis import SynthesisConfig
from sernet.corpus.espeak import Sentence, speak
from sernet.corpus.mini import make
from sernet.errors import SernetError

CORPORA = [
    CorpusConfig.model_validate(corpus)
    for corpus in yaml.safe_load(
        (Path(__file__).parents[2] / "egs" / "mini" / "corpus.yaml").read_text(encoding="utf-8")
    )
]
all_corpora = pytest.mark.parametrize("corpus", CORPORA, ids=lambda corpus: corpus.name)


def small(corpus: CorpusConfig, speakers: int = 2, emotions: int = 2, sentences: int = 1) -> SynthesisConfig:
    """The corpus's synthesis with the first few of everything."""
    synthesis = corpus.synthesis
    assert synthesis is not None
    few = {
        "speakers": dict(list(synthesis.speakers.items())[:speakers]),
        "emotions": dict(list(synthesis.emotions.items())[:emotions]),
        "sentences": dict(list(synthesis.sentences.items())[:sentences]),
        "takes": 1,
    }
    return synthesis.model_copy(update=few)


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.wav"))}


@all_corpora
def test_declared_facts_agree(corpus: CorpusConfig) -> None:
    """`expected`, `pattern`, `maps` and `speakers` describe the very files that `synthesis` names."""
    assert corpus.synthesis is not None and corpus.pattern is not None
    files = corpus.synthesis.files()
    assert len(set(files)) == len(files) == corpus.expected.utterances
    matches = [re.fullmatch(corpus.pattern, path) for path in files]
    assert all(matches)
    emotions = [corpus.maps["emotion"][match["emotion"]] for match in matches if match]
    assert {emotion: emotions.count(emotion) for emotion in emotions} == corpus.expected.emotion
    speakers = {match["speaker"] for match in matches if match}
    assert speakers == set(corpus.speakers) == set(corpus.synthesis.speakers)
    assert len(speakers) == corpus.expected.speakers
    assert sorted(corpus.speakers.values()).count("female") == len(speakers) / 2
    assert {match["text"] for match in matches if match} == set(corpus.maps["text"])


@all_corpora
def test_same_bytes_whatever_the_jobs(corpus: CorpusConfig, tmp_path: Path) -> None:
    config = small(corpus)
    assert make(config, corpus.name, tmp_path / "one", jobs=1) == 4
    assert make(config, corpus.name, tmp_path / "two", jobs=2) == 4
    one = content(tmp_path / "one")
    assert sorted(one) == sorted(config.files())
    assert len(set(one.values())) == 4
    assert one == content(tmp_path / "two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_the_clock_is_not_heard() -> None:
    """espeak-ng seeds the noise of breathy voices with the time of day, in seconds, unless told otherwise."""
    said = [Sentence("She left the box.", words_per_minute=200, pitch=50, pitch_range=50)]
    first = speak("en", "f2", said)
    time.sleep(1.1)
    assert speak("en", "f2", said) == first


@all_corpora
def test_rate_channels_and_length(corpus: CorpusConfig, tmp_path: Path) -> None:
    config = small(corpus, speakers=1, emotions=7)
    make(config, corpus.name, tmp_path / "made", jobs=1)
    for path in config.files():
        info = soundfile.info(tmp_path / "made" / path)
        assert (info.samplerate, info.channels) == (config.recording.rate, config.recording.channels)
        assert info.subtype == "PCM_16"
        assert 0.8 < info.duration < 2.8
        assert corpus.channel < info.channels
        samples, _ = soundfile.read(tmp_path / "made" / path, always_2d=True)
        assert 0.005 < np.sqrt(np.mean(samples[:, corpus.channel] ** 2)) < 0.3
        assert np.abs(samples).max() < 1.0


def test_the_declared_channel_is_the_near_one(tmp_path: Path) -> None:
    """Between words the near microphone hears less echo for the same speech: its level varies more."""
    corpus = next(corpus for corpus in CORPORA if corpus.name == "mini_it")
    config = small(corpus)
    make(config, corpus.name, tmp_path / "made", jobs=1)
    for path in config.files():
        samples, rate = soundfile.read(tmp_path / "made" / path, always_2d=True)
        frames = samples[: len(samples) // (rate // 50) * (rate // 50)].reshape(-1, rate // 50, 2)
        spread = np.log((frames**2).mean(axis=1)).std(axis=0)
        assert spread[corpus.channel] > spread[1 - corpus.channel]


def test_telephone_band(tmp_path: Path) -> None:
    corpus = next(corpus for corpus in CORPORA if corpus.name == "mini_de")
    config = small(corpus)
    make(config, corpus.name, tmp_path / "made", jobs=1)
    for path in config.files():
        samples, rate = soundfile.read(tmp_path / "made" / path)
        power = np.abs(np.fft.rfft(samples)) ** 2
        frequency = np.fft.rfftfreq(len(samples), 1 / rate)
        inside = (frequency > 300) & (frequency < 3400)
        assert power[inside].sum() > 50 * power[(frequency < 150) | (frequency > 3800)].sum()


def test_emotions_differ_as_declared(tmp_path: Path) -> None:
    """Sad speech is longer and softer than angry speech of the same sentence, on average over speakers."""
    corpus = CORPORA[0]
    config = small(corpus, speakers=4, emotions=4)
    make(config, corpus.name, tmp_path / "made", jobs=2)

    def mean(emotion: str) -> tuple[float, float]:
        takes = [soundfile.read(path) for path in sorted((tmp_path / "made").glob(f"*_{emotion}_*.wav"))]
        assert len(takes) == 4
        return (
            float(np.mean([len(samples) / rate for samples, rate in takes])),
            float(np.mean([np.sqrt(np.mean(samples**2)) for samples, _ in takes])),
        )

    (sad_seconds, sad_level), (angry_seconds, angry_level) = mean("sad"), mean("angry")
    assert sad_seconds > angry_seconds
    assert sad_level < angry_level


def test_what_stood_there_is_replaced_whole(tmp_path: Path) -> None:
    config = small(CORPORA[0], speakers=1, emotions=1)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "old.wav").touch()
    make(config, "mini_en", tmp_path / "made", jobs=1)
    assert sorted(content(tmp_path / "made")) == sorted(config.files())


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SernetError("espeak-ng failed")

    monkeypatch.setattr("sernet.corpus.espeak.speak", fail)
    with pytest.raises(SernetError, match="espeak-ng failed"):
        make(small(CORPORA[0]), "mini_en", tmp_path / "made", jobs=2)
    assert list(tmp_path.iterdir()) == []


def test_unknown_variant_and_language(tmp_path: Path) -> None:
    config = small(CORPORA[0], speakers=1)
    voice = {"f1": config.speakers["f1"].model_copy(update={"variant": "f99"})}
    with pytest.raises(SernetError, match=r"no voice variant 'f99'; allowed: .*f1, f2"):
        make(config.model_copy(update={"speakers": voice}), "mini_en", tmp_path / "made", jobs=1)
    with pytest.raises(SernetError, match=r"no language 'klingon'; allowed: .*en"):
        make(config.model_copy(update={"language": "klingon"}), "mini_en", tmp_path / "made", jobs=1)


def test_unknown_emotion(tmp_path: Path) -> None:
    config = small(CORPORA[0]).model_copy(update={"emotions": {"proud": "pride"}})
    with pytest.raises(SernetError, match=r"mini_en: synthesis\.emotions: .*pride; allowed: neutral, anger"):
        make(config, "mini_en", tmp_path / "made", jobs=1)


def test_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(SernetError, match="espeakng-loader, which is not installed"):
        make(small(CORPORA[0]), "mini_en", tmp_path / "made", jobs=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": "{speaker}_{emotion}_{text}.wav"}, "emotion, speaker, take, text"),
        ({"file": "{speaker}_{emotion}_{text}_{take}_{mood}.wav"}, "emotion, speaker, take, text"),
        ({"file": "../{speaker}_{emotion}_{text}_{take}.wav"}, "relative path"),
        ({"takes": 0}, "takes"),
        ({"recording": {"near": 1}}, "no channel 1"),
        ({"recording": {"rate": 8000, "band": [300, 5000]}}, "between 0 and 4000 Hz"),
    ],
)
def test_bad_configuration_is_refused(change: dict[str, object], message: str) -> None:
    synthesis = CORPORA[0].synthesis
    assert synthesis is not None
    with pytest.raises(ValidationError, match=message):
        SynthesisConfig.model_validate({**synthesis.model_dump(), **change})

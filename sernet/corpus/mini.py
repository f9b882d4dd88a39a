"""Small synthetic emotional corpora, made on the spot: the whole pipeline runs without a download.

Each emotion has mean prosody (:data:`MANNERS`). A speaker scales it by how expressive they are, shifts it by habits of
their own, and every take strays again, so emotions overlap and no single cue decides. The directions follow the
textbook correlates of acted emotion (rate, F0 mean and range, intensity, high-frequency energy; Scherer 2003, "Vocal
communication of emotion", Speech Communication 40); the figures are our design. Nobody should read human emotion into
the results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import soundfile
from scipy import fft, signal

from sernet.config.synthesis import Recording, SynthesisConfig
from sernet.corpus import espeak
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track

CUES = ("rate", "pitch", "range", "level", "tilt", "contrast", "tremor", "pause")
# log of a factor, semitones, log of a factor, dB, dB per octave, exponent less 1, depth 0 to 1, log of a factor
TAKE = np.array([0.06, 0.9, 0.16, 1.2, 0.5, 0.10, 0.06, 0.25])  # standard deviation between takes
HABIT = np.array([0.04, 0.7, 0.12, 0.9, 0.4, 0.07, 0.05, 0.20])  # between speakers, for each emotion anew
VOICE = np.array([0.04, 0.0, 0.10, 1.0, 0.4, 0.05, 0.02, 0.10])  # between speakers, in all that they say
SPEECH_LEVEL = -26.0  # dB below full scale, RMS


@dataclass(frozen=True)
class Manner:
    """An emotion's mean departure from neutral speech, cue by cue, and how often it ends in ``!`` and ``?``."""

    cues: tuple[float, ...]
    exclaims: float = 0.1
    asks: float = 0.1


MANNERS: dict[str, Manner] = {
    #                   rate   pitch range  level tilt contrast tremor pause
    "neutral": Manner((+0.00, +0.0, +0.00, +0.0, +0.0, +0.00, 0.00, +0.0)),
    "anger": Manner((+0.10, +0.5, +0.40, +4.0, +2.0, +0.70, 0.00, -0.3), exclaims=0.6),
    "happiness": Manner((+0.06, +5.5, +0.80, +1.5, +0.5, +0.00, 0.00, +0.1), exclaims=0.5),
    "sadness": Manner((-0.14, -2.0, -0.70, -2.5, -1.8, -0.40, 0.05, +0.5), exclaims=0.0),
    "fear": Manner((+0.08, +3.0, -0.60, -1.5, -0.3, +0.00, 0.65, +0.2), exclaims=0.2),
    "surprise": Manner((-0.10, +8.0, +1.00, +1.0, -1.8, -0.20, 0.25, +0.1), exclaims=0.3, asks=0.6),
    "disgust": Manner((-0.16, -4.0, +0.50, +1.0, +1.8, +0.40, 0.50, -0.2), exclaims=0.3),
}


@dataclass(frozen=True)
class Take:
    """One utterance to be: its path below the corpus, what is said, and how."""

    path: str
    sentence: espeak.Sentence
    level: float  # dB
    tilt: float  # dB per octave
    contrast: float  # loud parts louder and soft ones softer (below 0: evened out)
    tremor: float  # depth of a slow amplitude modulation, 0 to 1


def make(config: SynthesisConfig, name: str, root: Path, jobs: int) -> int:
    """Make the corpus ``name`` in the folder ``root``, whole or not at all; what stood there is replaced.

    The same configuration and name give the same bytes on one machine, whatever ``jobs`` (speakers at a time) is.

    Returns:
        The number of 16-bit WAV files.

    Raises:
        SernetError: espeakng-loader is missing, a voice or emotion is unknown, or espeak-ng failed.
    """
    unknown = sorted(set(config.emotions.values()) - set(MANNERS))
    if unknown:
        raise SernetError(
            f"{name}: synthesis.emotions: no way is known of speaking in {', '.join(unknown)};"
            f" allowed: {', '.join(MANNERS)}"
        )
    for speaker in config.speakers.values():
        espeak.check_voice(config.language, speaker.variant)
    with atomic(root) as folder:
        folder.mkdir()
        with ThreadPoolExecutor(jobs) as pool:  # every speaker in a process of its own; threads only wait and mix
            made = pool.map(partial(_make_speaker, config, name, folder), config.speakers)
            return sum(track(made, total=len(config.speakers), description=f"{name}: speakers"))


def _make_speaker(config: SynthesisConfig, name: str, folder: Path, speaker: str) -> int:
    takes = list(_takes(config, name, speaker))
    speech, rate = espeak.speak(config.language, config.speakers[speaker].variant, [take.sentence for take in takes])
    for take, samples in zip(takes, speech, strict=True):
        draw = generator(config.seed, name, take.path)
        spoken = _voice(np.array(samples, dtype=np.float64) / 32768, rate, take, draw)
        recorded = _record(spoken, rate, config.recording, draw)
        path = folder / take.path
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, recorded, config.recording.rate, subtype="PCM_16")
    return len(takes)


def _takes(config: SynthesisConfig, name: str, speaker: str) -> Iterator[Take]:
    """All that one speaker says, in a fixed order."""
    person = generator(config.seed, name, speaker)
    expressiveness = person.uniform(0.8, 1.15)
    voice = VOICE * person.standard_normal(len(CUES))
    for token, emotion in sorted(config.emotions.items()):  # espeak-ng remembers what it said before
        manner = MANNERS[emotion]
        habit = HABIT * generator(config.seed, name, speaker, emotion).standard_normal(len(CUES))
        for text, sentence in sorted(config.sentences.items()):
            for take in range(1, config.takes + 1):
                draw = generator(config.seed, name, speaker, emotion, text, take)
                stray = config.spread * (habit + TAKE * draw.standard_normal(len(CUES)))
                cues = dict(zip(CUES, voice + expressiveness * np.array(manner.cues) + stray, strict=True))
                ending = draw.choice(
                    ["!", "?", "."], p=[manner.exclaims, manner.asks, 1 - manner.exclaims - manner.asks]
                )
                yield Take(
                    path=config.file.format(speaker=speaker, emotion=token, text=text, take=take),
                    sentence=espeak.Sentence(
                        ssml=_ssml(sentence, str(ending), pause=0.12 * float(np.exp(cues["pause"]))),
                        words_per_minute=round(config.words_per_minute * float(np.exp(cues["rate"]))),
                        pitch=_setting(50 + (config.speakers[speaker].pitch + cues["pitch"]) * 50 / 12),
                        pitch_range=_setting(50 * float(np.exp(cues["range"]))),
                    ),
                    level=cues["level"],
                    tilt=cues["tilt"],
                    contrast=cues["contrast"],
                    tremor=float(np.clip(cues["tremor"], 0, 0.9)),
                )


def _ssml(sentence: str, ending: str, pause: float) -> str:
    """The sentence with ``ending`` for its full stop and ``pause`` seconds at its commas."""
    phrases = [escape(phrase.strip()) for phrase in re.sub(r"[.!?]\s*$", "", sentence).split(",")]
    return f', <break time="{1000 * pause:.0f}ms"/> '.join(phrases) + ending


def _setting(value: float) -> int:
    return int(np.clip(round(value), 0, 99))


def _voice(speech: np.ndarray, rate: int, take: Take, draw: np.random.Generator) -> np.ndarray:
    """Give speech ``(samples,)`` the take's tilt, contrast, tremor and level, without the silence around it."""
    loud = np.flatnonzero(np.abs(speech) > 0.01 * np.abs(speech).max(initial=0.0))
    if not len(loud):
        raise SernetError(f"{take.path}: espeak-ng said nothing for: {take.sentence.ssml}")
    speech = speech[loud[0] : loud[-1] + 1]
    size = fft.next_fast_len(len(speech), real=True)
    octaves = np.log2(fft.rfftfreq(size, 1 / rate).clip(150, 6000) / 1000)
    speech = fft.irfft(fft.rfft(speech, size) * 10 ** (take.tilt * octaves / 20), size)[: len(speech)]
    envelope = np.sqrt(signal.oaconvolve(speech**2, np.hanning(rate // 20), "same").clip(0))
    envelope = (envelope / envelope.max()).clip(0.03)
    phase = 2 * np.pi * (draw.uniform() + draw.uniform(7, 11) * np.arange(len(speech)) / rate)
    speech = speech * envelope**take.contrast * (1 + take.tremor * np.sin(phase))
    return speech * 10 ** ((SPEECH_LEVEL + take.level) / 20) / np.sqrt(np.mean(speech**2))


def _record(speech: np.ndarray, rate: int, recording: Recording, draw: np.random.Generator) -> np.ndarray:
    """Speech ``(samples,)`` at ``rate`` as its recording ``(samples, channels)`` at the recording's rate."""
    before, after = (int(rate * seconds) for seconds in draw.uniform(0.05, 0.20, size=2))
    speech = np.pad(speech, (before, after))
    channels = []
    for channel in range(recording.channels):
        far = channel != recording.near
        heard = _in_room(speech, rate, 4 * recording.reverberation if far else recording.reverberation)
        heard = signal.resample_poly(heard, recording.rate, rate)
        if recording.band:
            passing = signal.butter(4, recording.band, "bandpass", fs=recording.rate, output="sos")
            heard = signal.sosfilt(passing, heard)
        noise = 10 ** (recording.noise / 20) * draw.standard_normal(len(heard))
        channels.append(heard * (0.3 if far else 1.0) + noise)
    recorded = np.stack(channels, axis=1)
    return recorded * min(1.0, 0.99 / np.abs(recorded).max())


def _in_room(speech: np.ndarray, rate: int, t60: float) -> np.ndarray:
    """Speech with a room's decaying echo, of the same length and level of direct sound."""
    if t60 == 0:
        return speech
    time = np.arange(int(t60 * rate)) / rate
    echo = generator("room", t60, rate).standard_normal(len(time)) * 10 ** (-3 * time / t60)
    echo *= 0.6 / np.sqrt(np.sum(echo**2))
    echo[0] = 1.0
    return signal.oaconvolve(speech, echo)[: len(speech)]

"""Speech spoilt as recordings are: noise, clipping, telephones, codecs, rooms, rate and pauses. The emotion stays."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, resample_poly, sosfiltfilt

from sernet.audio import level
from sernet.audio.activity import FRAME, frame_power, framed
from sernet.errors import SernetError
from sernet.ood.matching import Recording, Samples, match_length
from sernet.ood.signals import make_signal

TALKERS = 6
"""Voices of a babble."""
TELEPHONE = (300.0, 3400.0)
"""Hz."""
MU = 255
CODECS = {"mp3": ("MP3", "MPEG_LAYER_III"), "opus": ("OGG", "OPUS"), "vorbis": ("OGG", "VORBIS")}
"""Names of soundfile: container and codec. All at a variable rate."""


def corrupt(
    kind: str,
    strength: float | None,
    samples: Samples,
    rate: int,
    draws: np.random.Generator,
    others: Sequence[Recording] = (),
) -> Samples:
    """``samples`` ``(n,)`` at ``rate`` Hz with one corruption, float32; only `speed` and `padding` change the length.

    Args:
        kind, strength: of `sernet.config.ood.STRENGTHS`.
        draws: for what is random, that is noise, rooms, talkers and places.
        others: what is added: other utterances for babble, recorded sounds for environment.

    Raises:
        SernetError: nothing to add, or this machine's soundfile lacks a codec.
    """
    if kind in ("white", "babble", "environment"):
        assert strength is not None
        noise = _NOISES[kind](len(samples), rate, draws, others)
        return add_noise(samples, noise, strength, rate)
    if kind in CODECS:
        assert strength is not None
        return coded(samples, rate, kind, strength)
    plain: dict[str, Callable[[], NDArray]] = {
        "clipping": lambda: clipped(samples, strength or 0.0),
        "telephone": lambda: telephone(samples, rate),
        "mu-law": lambda: mu_law(samples),
        "reverberation": lambda: reverberated(samples, rate, strength or 0.0, draws),
        "speed": lambda: faster(samples, strength or 1.0),
        "padding": lambda: padded(samples, rate, strength or 0.0, draws),
    }
    return plain[kind]().astype(np.float32)


def add_noise(samples: Samples, noise: NDArray, snr: float, rate: int) -> Samples:
    """``samples`` and ``noise`` at a signal-to-noise ratio of ``snr`` dB.

    Signal is the mean power of the active frames (25 ms, within 40 dB of the loudest), so that pauses do not make a
    noise weaker; noise is its mean power. Nothing is limited to +-1: float samples hold it.
    """
    power = float(np.mean(np.asarray(noise, dtype=np.float64) ** 2))
    if power == 0:
        return samples
    gain = np.sqrt(speech_power(samples, rate) / power) * 10 ** (-snr / 20)
    return (samples + gain * noise).astype(np.float32)


def speech_power(samples: NDArray, rate: int) -> float:
    """Mean power of the active frames."""
    return level.speech_power(frame_power(framed(samples, round(FRAME * rate))))


def clipped(samples: Samples, share: float) -> NDArray:
    """The largest ``share`` of the samples cut off at one level, the same up and down."""
    limit = np.quantile(np.abs(samples), 1 - share)
    return np.clip(samples, -limit, limit)


def telephone(samples: Samples, rate: int) -> NDArray:
    """300 to 3400 Hz alone; eighth-order Butterworth, forwards and backwards."""
    sections = butter(8, TELEPHONE, "bandpass", fs=rate, output="sos")
    return sosfiltfilt(sections, samples, padlen=min(len(samples) - 1, rate // 10))


def mu_law(samples: Samples) -> NDArray:
    """Rounded to the 256 levels of mu-law (mu = 255, the continuous law behind ITU-T G.711); +-1 is full scale."""
    folded = np.sign(samples) * np.log1p(MU * np.minimum(np.abs(samples), 1)) / np.log1p(MU)
    levels = np.round((folded + 1) / 2 * MU) / MU * 2 - 1
    return np.sign(levels) * ((1 + MU) ** np.abs(levels) - 1) / MU


def coded(samples: Samples, rate: int, codec: str, compression: float) -> Samples:
    """Encoded and decoded again; as long as before.

    Raises:
        SernetError: this machine's libsndfile cannot.
    """
    container, subtype = CODECS[codec]
    file = io.BytesIO()
    try:
        # libsndfile refuses MP3 at exactly 1.
        level = min(compression, 0.999) if codec == "mp3" else compression
        soundfile.write(file, samples, rate, format=container, subtype=subtype, compression_level=level)
        file.seek(0)
        decoded, _ = soundfile.read(file, dtype="float32")
    except (soundfile.SoundFileError, ValueError, TypeError) as error:
        raise SernetError(f"codec {codec}: libsndfile {soundfile.__libsndfile_version__}: {error}") from error
    return np.asarray(np.pad(decoded[: len(samples)], (0, max(0, len(samples) - len(decoded)))), dtype=np.float32)


def reverberated(samples: Samples, rate: int, seconds: float, draws: np.random.Generator) -> NDArray:
    """In a room whose sound falls by 60 dB in ``seconds``; it is cut where the speech ends.

    The impulse response is the direct sound and Gaussian noise that decays exponentially (Polack 1988), both of the
    same energy, as some metres away from a speaker.
    """
    n = round(seconds * rate)
    tail = draws.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    response = np.concatenate([[1.0], tail / np.linalg.norm(tail)])
    return fftconvolve(samples, response)[: len(samples)]


def faster(samples: Samples, factor: float) -> NDArray:
    """Played ``factor`` times as fast: duration, pitch and formants move together.

    The rate stays, so this is a corruption and not the resampling of `sernet.audio.resample`; published figures are of
    this filter.
    """
    ratio = Fraction(1 / factor).limit_denominator(100)
    return resample_poly(samples, ratio.numerator, ratio.denominator)


def padded(samples: Samples, rate: int, seconds: float, draws: np.random.Generator) -> NDArray:
    """With ``seconds`` of a silent 16-bit recording (dither) at each end."""
    n = round(seconds * rate)
    return np.concatenate([make_signal("silence", n, rate, draws), samples, make_signal("silence", n, rate, draws)])


def _white(n: int, rate: int, draws: np.random.Generator, others: Sequence[Recording]) -> NDArray:
    return draws.standard_normal(n)


def _babble(n: int, rate: int, draws: np.random.Generator, others: Sequence[Recording]) -> NDArray:
    """Voices at equal power, from a random place each, over and over."""
    if not others:
        raise SernetError("babble: no other utterance to make it from")
    total = np.zeros(n)
    for index in draws.permutation(len(others))[:TALKERS]:
        voice, _ = others[index].read(rate)
        start = int(draws.integers(len(voice)))
        total += np.resize(np.roll(voice, -start), n) / np.sqrt(max(speech_power(voice, rate), 1e-12))
    return total


def _environment(n: int, rate: int, draws: np.random.Generator, others: Sequence[Recording]) -> NDArray:
    """One recorded sound, without the silence around it, joined to itself until it is long enough."""
    if not others:
        raise SernetError("environment: no recording to add")
    sound = others[int(draws.integers(len(others)))]
    return match_length([sound], n, rate, draws)[0]


_NOISES = {"white": _white, "babble": _babble, "environment": _environment}

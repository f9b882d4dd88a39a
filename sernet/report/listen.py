"""The errors to listen to: the most confident mistakes, with sound, spectrogram and posterior."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
import soundfile
from scipy.signal import spectrogram

from sernet.report import plots
from sernet.report.evidence import Evidence, Place, way
from sernet.score.files import Scored
from sernet.score.tables import softmax

Audio = Callable[[str], "tuple[np.ndarray, int] | None"]
"""utterance id -> (samples ``(n,)`` in -1 to 1, rate in Hz), or None where there is no audio to be had."""

SHOWN = 8
LONGEST = 6.0
"""Seconds of a clip: the page stays small enough for a mail."""


@dataclass(frozen=True)
class Mistake:
    """One utterance that a model was sure and wrong about; pictures as SVG, sound as a data URI, "" without."""

    utt_id: str
    where: str
    meant: str
    taken: str
    confidence: float
    posterior: str
    sound: str
    picture: str

    @property
    def sure(self) -> str:
        """The confidence in words: nothing is certain."""
        return f"{self.confidence:.2f}" if self.confidence < 0.995 else "above 0.99"


def confident_errors(evidence: Evidence, audio: Audio | None = None, shown: int = SHOWN) -> list[Mistake]:
    """The most confident errors of one system of each run (`Evidence.shown`), from the runs in turn."""
    by_run = []
    for place in evidence.places("single") or evidence.places("cross"):
        systems = evidence.at(place)
        by_run.append(_errors(evidence, place, systems[evidence.shown(systems)], shown))
    in_turn = [error for error in chain.from_iterable(zip_longest(*by_run)) if error is not None]
    once = {error.utt_id: error for error in reversed(in_turn)}
    return [_mistake(evidence, error, audio) for error in in_turn if once[error.utt_id] is error][:shown]


@dataclass(frozen=True)
class _Error:
    place: Place
    model: Scored
    index: int
    utt_id: str
    confidence: float


def _errors(evidence: Evidence, place: Place, models: list[Scored], shown: int) -> list[_Error]:
    found: dict[str, _Error] = {}
    for model in models:
        scores = evidence.load(model)
        posterior = softmax(scores.logits)
        wrong = (scores.label >= 0) & (posterior.argmax(axis=1) != scores.label)
        for index in np.flatnonzero(wrong).tolist():
            error = _Error(place, model, index, str(scores.utt_id[index]), float(posterior[index].max()))
            # An utterance once, however many seeds get it wrong.
            if error.utt_id not in found or error.confidence > found[error.utt_id].confidence:
                found[error.utt_id] = error
    return sorted(found.values(), key=lambda error: (-error.confidence, error.utt_id))[:shown]


def _mistake(evidence: Evidence, error: _Error, audio: Audio | None) -> Mistake:
    scores = evidence.load(error.model)
    posterior = softmax(scores.logits[error.index : error.index + 1])[0]
    classes = list(map(str, scores.classes))
    meant, taken = classes[scores.label[error.index]], classes[int(posterior.argmax())]
    said = ", ".join(f"{name} {share:.2f}" for name, share in zip(classes, posterior, strict=True))
    clip = audio(error.utt_id) if audio else None
    sound = picture = ""
    if clip is not None:
        samples, rate = np.asarray(clip[0], dtype=np.float32)[: int(LONGEST * clip[1])], int(clip[1])
        sound, picture = _data_uri(samples, rate), _picture(samples, rate, error.utt_id)
    speaker = f", speaker {scores.speaker[error.index]}" if scores.speaker[error.index] else ""
    return Mistake(
        error.utt_id,
        f"{way(error.place)}; {error.model.system}, fold {error.model.fold}, seed {error.model.seed}{speaker}",
        meant,
        taken,
        error.confidence,
        plots.bars(classes, posterior.tolist(), meant, "posterior", f"Posterior: {said}"),
        sound,
        picture,
    )


def _data_uri(samples: np.ndarray, rate: int) -> str:
    """MP3, which every browser plays, where libsndfile writes it (1.1 and later), else 16-bit WAV."""
    kind, subtype, mime = "WAV", "PCM_16", "audio/wav"
    if "MP3" in soundfile.available_formats():
        kind, subtype, mime = "MP3", "MPEG_LAYER_III", "audio/mpeg"
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), rate, format=kind, subtype=subtype)
    return f"data:{mime};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _picture(samples: np.ndarray, rate: int, utt_id: str) -> str:
    width = min(int(0.025 * rate), len(samples))
    if width < 2:
        return ""
    _, _, power = spectrogram(samples, rate, nperseg=width, noverlap=width // 2)
    levels = 10 * np.log10(power + 1e-12)
    return plots.spectrogram(levels, len(samples) / rate, rate / 2, f"Spectrogram of {utt_id}")

"""From samples to what a user wants to know: emotion, confidence, and whether to believe either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sernet.bundle.audio import equal_size, mono
from sernet.bundle.engine import Engine, choose
from sernet.bundle.format import Bundle, read
from sernet.bundle.outliers import Frozen, Head
from sernet.bundle.resample import resample
from sernet.errors import SernetError


@dataclass(frozen=True)
class Prediction:
    """What a model says of one recording.

    Args:
        emotion: the class of the largest posterior.
        confidence: its probability at the calibration temperature; the posterior where there is none.
        posterior: softmax of the logits, a class each.
        ood: outlier score, larger = more outlying.
        accepted: whether that is within the bundle's threshold.
        duration: seconds.
    """

    emotion: str
    confidence: float
    posterior: dict[str, float]
    ood: float
    accepted: bool
    duration: float


class Predictor:
    """A bundle, ready to predict.

    >>> import sernet
    >>> model = sernet.load("bundle")  # doctest: +SKIP
    >>> model.predict(samples, rate).emotion  # doctest: +SKIP
    'anger'
    """

    def __init__(self, bundle: Bundle, engine: Engine) -> None:
        contents, statistics = bundle.contents, bundle.statistics
        self.bundle, self.engine = bundle, engine
        am = contents.model.head.kind == "am"
        self.head = Head(statistics["head/weight"], statistics["head/bias"], contents.scale, normalised=am)
        prefix = "detector/"
        learnt = {name[len(prefix) :]: array for name, array in statistics.items() if name.startswith(prefix)}
        self.detector = Frozen(contents.outliers.detector, contents.outliers.options, learnt)

    @property
    def classes(self) -> list[str]:
        """Of the posterior, in the order of the logits."""
        return self.bundle.contents.classes

    def predict(self, samples: NDArray[Any], rate: int) -> Prediction:
        """The prediction for samples (n,) or (n, channels; their mean is heard) of ``rate`` Hz.

        Floats within +-1, or signed integers. Over a minute is heard in equal pieces of at most a minute, each
        normalised by itself; their embeddings are averaged.

        Raises:
            SernetError: less than a frame, or values that are not finite or far too large.
        """
        heard = mono(samples)
        size = equal_size(len(heard), rate)
        return self.predict_pieces((heard[at : at + size], rate) for at in range(0, len(heard), size))

    def predict_pieces(self, pieces: Iterable[tuple[NDArray[np.float32], int]]) -> Prediction:
        """The same for mono pieces of one recording, each with its rate; one is held at a time."""
        total, seconds, heard = np.zeros(self.head.weight.shape[1]), 0.0, 0.0
        for samples, rate in pieces:
            seconds += len(samples) / rate
            embedding = self._embed(samples, rate)
            if embedding is not None:
                total += len(samples) / rate * embedding
                heard += len(samples) / rate
        if not heard:
            least = self.bundle.contents.features.frame_length
            raise SernetError(f"{seconds:.3f} s of sound; at least {least} s, one frame, are needed")
        return self._judge((total / heard)[None], seconds)

    def _embed(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32] | None:
        features = self.bundle.contents.features
        samples = resample(samples, rate, features.sample_rate)
        if len(samples) < int(features.frame_length * features.sample_rate):
            return None
        return self.engine.embed(samples)

    def _judge(self, embedding: NDArray[np.float64], seconds: float) -> Prediction:
        contents = self.bundle.contents
        if not np.isfinite(embedding).all():
            raise SernetError("the network's answer is not finite: are the samples far outside +-1?")
        logits = self.head(embedding)[0][0]
        posterior = softmax(logits)
        best = int(posterior.argmax())
        score = float(self.detector.score(embedding, self.head)[0])
        return Prediction(
            emotion=contents.classes[best],
            confidence=float(softmax(logits / (contents.calibration.temperature or 1.0))[best]),
            posterior=dict(zip(contents.classes, posterior.tolist(), strict=True)),
            ood=score,
            accepted=score <= contents.outliers.threshold,
            duration=seconds,
        )


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of (classes,)."""
    raised = np.exp(logits - logits.max())
    return np.asarray(raised / raised.sum())


def load(path: Path | str, device: str = "cpu", engine: str = "auto", threads: int | None = None) -> Predictor:
    """The bundle at ``path``, ready to predict.

    Args:
        device: auto, cpu or cuda.
        engine: auto, onnx or torch.
        threads: to compute with; None: as many as torch or onnxruntime take.

    Raises:
        SernetError: not a bundle, damaged, newer than this sernet, or the engine cannot run here.
    """
    bundle = read(path)
    return Predictor(bundle, choose(bundle, engine, device, threads))

"""From samples to what a user wants to know: emotion, confidence, and whether to believe either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sernet.audio.resample import resample
from sernet.bundle.audio import equal_size, mono
from sernet.bundle.engine import Engine, choose
from sernet.bundle.format import Bundle, read
from sernet.bundle.listeners import Listeners
from sernet.bundle.outliers import Frozen, Head
from sernet.errors import SernetError, UsageError


@dataclass(frozen=True)
class Prediction:
    """What a model says of one recording.

    Args:
        emotion: the class of the largest posterior.
        confidence: that posterior.
        posterior: softmax of the logits at the calibration temperature (1 where there is none), for each of the
            classes that it was decided among.
        ood: outlier score, larger = more outlying; of the whole network, whatever it was decided among.
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
        self.bundle, self.engine, self.listeners = bundle, engine, Listeners(bundle)
        am = contents.model.head.kind == "am"
        self.head = Head(statistics["head/weight"], statistics["head/bias"], contents.scale, normalised=am)
        prefix = "detector/"
        learnt = {name[len(prefix) :]: array for name, array in statistics.items() if name.startswith(prefix)}
        self.detector = Frozen(contents.outliers.detector, contents.outliers.options, learnt)

    @property
    def classes(self) -> list[str]:
        """Of the posterior, in the order of the logits."""
        return self.bundle.contents.classes

    def among(self, classes: Sequence[str] | None) -> list[str]:
        """The ``classes`` to decide among, in the order of the logits; None: all.

        Raises:
            UsageError: one that the model does not have, or fewer than two.
        """
        if classes is None:
            return self.classes
        there = f"the model has {', '.join(self.classes)}"
        if strangers := [name for name in classes if name not in self.classes]:
            raise UsageError(f"classes: no class {strangers[0]!r}; {there}")
        chosen = [name for name in self.classes if name in classes]
        if len(chosen) < 2:
            raise UsageError(f"classes: at least two to decide among; {there}")
        return chosen

    def predict(self, samples: NDArray[Any], rate: int, classes: Sequence[str] | None = None) -> Prediction:
        """The prediction for samples (n,) or (n, channels; their mean is heard) of ``rate`` Hz.

        Floats within +-1, or int16. Over a minute is heard in equal pieces of at most a minute, each
        normalised by itself; their embeddings (and the decision values of linear classifiers) are averaged.

        Args:
            classes: to decide among, two or more; None: all. For speech that is known to show one of these, as a
                corpus's own are for a model of several corpora. Posterior and confidence are conditional on that:
                softmax over these alone, the confidence at the temperature for it. `ood` does not change.

        Raises:
            SernetError: less than a frame; silence, values that are not finite or far too large, whole numbers that
                can be read in two ways.
            UsageError: see `among`.
        """
        heard, rate = mono(samples, rate)
        size = equal_size(len(heard), rate)
        return self.predict_pieces(((heard[at : at + size], rate) for at in range(0, len(heard), size)), classes)

    def predict_pieces(
        self, pieces: Iterable[tuple[NDArray[np.float32], int]], classes: Sequence[str] | None = None
    ) -> Prediction:
        """The same for mono pieces of one recording, each with its rate; one is held at a time."""
        chosen = self.among(classes)
        total, seconds, heard = np.zeros(self.head.weight.shape[1]), 0.0, 0.0
        decided = np.zeros(len(self.classes))
        for samples, rate in pieces:
            seconds += len(samples) / rate
            embedding = self._embed(samples, rate)
            if embedding is not None:
                total += len(samples) / rate * embedding
                decided += len(samples) / rate * self.listeners.decide(samples, rate)
                heard += len(samples) / rate
        if not heard:
            least = self.bundle.contents.features.frame_length
            raise SernetError(f"{seconds:.3f} s of sound; at least {least} s, one frame, are needed")
        return self._judge((total / heard)[None], decided / heard, seconds, chosen)

    def _embed(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32] | None:
        features = self.bundle.contents.features
        samples = resample(samples, rate, features.sample_rate)
        if len(samples) < int(features.frame_length * features.sample_rate):
            return None
        return self.engine.embed(samples)

    def _judge(
        self, embedding: NDArray[np.float64], decided: NDArray[np.float64], seconds: float, classes: list[str]
    ) -> Prediction:
        contents = self.bundle.contents
        if not np.isfinite(embedding).all():
            raise SernetError("the network's answer is not finite: are the samples far outside +-1?")
        logits = contents.weight * self.head(embedding)[0][0] + decided
        logits = logits[[contents.classes.index(name) for name in classes]]
        posterior = softmax(logits / self._temperature(classes))
        best = int(posterior.argmax())
        score = float(self.detector.score(embedding, self.head)[0])
        return Prediction(
            emotion=classes[best],
            confidence=float(posterior[best]),
            posterior=dict(zip(classes, posterior.tolist(), strict=True)),
            ood=score,
            accepted=score <= contents.outliers.threshold,
            duration=seconds,
        )

    def _temperature(self, classes: list[str]) -> float:
        found = self.bundle.contents.calibration
        restricted = found.restricted if len(classes) < len(self.classes) else None
        return restricted or found.temperature or 1.0


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

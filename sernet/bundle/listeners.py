"""The linear classifiers on functionals that a bundle's network is added to: what they say of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sernet.audio.resample import resample
from sernet.bundle.format import Bundle
from sernet.model.linear import LinearClassifier


class Listeners:
    """All of a bundle's, or none.

    Raises:
        SernetError: it has some, and openSMILE, which computes functionals, is not installed.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._classes = len(bundle.contents.classes)
        self._members = []
        for number, listener in enumerate(bundle.contents.listeners):
            prefix = f"listener{number}/"
            arrays = {k[len(prefix) :]: a for k, a in bundle.statistics.items() if k.startswith(prefix)}
            self._members.append((listener, LinearClassifier(**arrays)))
        if self._members:
            from sernet.features.functionals import smile

            for listener, _ in self._members:
                smile(listener.functionals.features.partition("-")[0])

    def decide(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
        """The weighted sum of their decision values (classes,), of mono samples (n,) of ``rate`` Hz.

        Raises:
            SernetError: the samples are too short for openSMILE's contours.
        """
        total = np.zeros(self._classes)
        for listener, classifier in self._members:
            from sernet.features.functionals import extract

            heard = resample(samples, rate, listener.functionals.sample_rate)
            decisions, _ = classifier.classify(classifier.embed(extract(heard, listener.functionals)))
            total += listener.weight * decisions[0]
        return total

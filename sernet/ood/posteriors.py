"""What several posteriors say together."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.special import log_softmax

from sernet.ood.base import Floats


def entropy_of_mean(members: Iterable[np.ndarray]) -> Floats:
    """Entropy ``(n,)``, in nats, of the mean softmax output over members, each logits ``(n, classes)``.

    It holds both what members are unsure of and what they disagree on; with one member it is that one's entropy.
    """
    posteriors = [np.exp(log_softmax(np.asarray(logits, dtype=np.float64), axis=1)) for logits in members]
    mean = np.mean(posteriors, axis=0)
    return np.asarray(-np.sum(mean * np.log(np.maximum(mean, np.finfo(float).tiny)), axis=1))

"""A linear SVM on utterances: what its score file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.model.svm import LinearSvm
from sernet.score.described import described


def score(directory: Path, examples: Examples) -> dict[str, Any]:
    """The fields of a `ScoreSet` for the SVM in ``directory``.

    Embeddings are standardised functionals, logits decision values: for two classes or more, the larger the likelier,
    yet no log-probabilities.

    Raises:
        SernetError: there is nothing to score, no SVM, or the features are other functionals.
    """
    if not len(examples):
        raise SernetError("no utterances to score")
    svm, meta = LinearSvm.load(directory)
    for utterance, matrix in zip(examples.utterances, examples.features, strict=True):
        if matrix.shape != (1, meta["bins"]):
            raise SernetError(f"{utterance.id}: features of shape {matrix.shape}, the SVM needs (1, {meta['bins']})")
    embedding = svm.embed(np.concatenate(examples.features))
    logits, cosine = svm.classify(embedding)
    found = {"logits": logits, "cosine": cosine, "embedding": embedding}
    return described(examples, meta) | found | {"weight": svm.weight, "bias": svm.bias, "scale": 1.0}

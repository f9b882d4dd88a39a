"""A linear classifier on utterances: what its score file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.model.linear import LinearClassifier
from sernet.score.described import described


def score(directory: Path, examples: Examples) -> dict[str, Any]:
    """The fields of a `ScoreSet` for the linear classifier in ``directory``.

    Embeddings are standardised functionals, logits decision values: for two classes or more, the larger the likelier,
    yet no log-probabilities.

    Raises:
        SernetError: there is nothing to score, no classifier, or the features are other functionals.
    """
    if not len(examples):
        raise SernetError("no utterances to score")
    classifier, meta = LinearClassifier.load(directory)
    for utterance, matrix in zip(examples.utterances, examples.features, strict=True):
        if matrix.shape != (1, meta["bins"]):
            raise SernetError(
                f"{utterance.id}: features of shape {matrix.shape}, the classifier needs (1, {meta['bins']})"
            )
    embedding = classifier.embed(np.concatenate(examples.features))
    logits, cosine = classifier.classify(embedding)
    found = {"logits": logits, "cosine": cosine, "embedding": embedding}
    return described(examples, meta) | found | {"weight": classifier.weight, "bias": classifier.bias, "scale": 1.0}

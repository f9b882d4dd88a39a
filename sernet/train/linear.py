"""Training of a linear classifier on functionals: seconds, and nothing random in it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifier
from sklearn.svm import LinearSVC

from sernet.config.functionals import RidgeConfig, SvmConfig
from sernet.data.dataset import Examples, balanced_weights, groups
from sernet.errors import SernetError
from sernet.model.linear import LinearClassifier

ITERATIONS = 20000


def fit(
    train: Examples,
    classes: list[str],
    merge: dict[str, str],
    corpus_classes: dict[str, list[str]] | None,
    config: SvmConfig | RidgeConfig,
    directory: Path,
    identity: str,
) -> None:
    """Train a hyperplane a class against the others and leave `model.safetensors` and `model.json` in ``directory``.

    Functionals are standardised with the training utterances' means and deviations. Errors weigh so that all classes
    count alike; in ridge regression, all groups that `config.balance` makes.

    Args:
        train: one frame (1, values) an utterance; those whose emotion is no class are left out.
        classes: emotions in the order of the decision values.
        merge: emotion -> the class that it counts as.
        corpus_classes: the classes of each of several corpora, among which its utterances will be told; no other use.
        config: which classifier.
        identity: digest of all that goes in.

    Raises:
        SernetError: a class has no utterance, or the solver does not converge.
    """
    label = train.labels(classes, merge)
    if absent := [name for number, name in enumerate(classes) if not (label == number).any()]:
        raise SernetError(f"nothing to train {', '.join(absent)} on: no training utterance has it")
    x = np.concatenate([matrix for matrix, y in zip(train.features, label, strict=True) if y >= 0]).astype(np.float64)
    spoken = [utterance for utterance, y in zip(train.utterances, label, strict=True) if y >= 0]
    label = label[label >= 0]
    std = x.std(0)
    classifier = LinearClassifier(
        mean=x.mean(0).astype(np.float32),
        std=np.where(std > 1e-12, std, 1).astype(np.float32),  # a value that never changes says nothing: it becomes 0
        clip=np.array(config.clip if isinstance(config, RidgeConfig) else np.inf, dtype=np.float32),
        weight=np.zeros((len(classes), x.shape[1]), dtype=np.float32),
        bias=np.zeros(len(classes), dtype=np.float32),
    )
    x = classifier.embed(x)
    if isinstance(config, RidgeConfig):
        weight, bias = _ridge(x, label, balanced_weights(groups(spoken, label, config.balance)), config)
    else:
        weight, bias = _svm(x, label, config)
    if len(classes) == 2:  # one hyperplane, which the second class lies above
        weight, bias = np.concatenate([-weight, weight]), np.concatenate([-bias, bias])
    classifier.weight[:], classifier.bias[:] = weight, bias
    meta = {
        "identity": identity,
        "ridge" if isinstance(config, RidgeConfig) else "svm": config.model_dump(mode="json"),
        "classes": classes,
        "merge": merge,
        "corpus_classes": corpus_classes,
        "bins": x.shape[1],
        "parameters": int(weight.size + bias.size),
        "notes": [],
    }
    classifier.save(directory, meta)
    print(f"{len(label)} utterances, {len(classes)} classes, {meta['parameters']} parameters")


def _svm(x: np.ndarray, label: np.ndarray, config: SvmConfig) -> tuple[np.ndarray, np.ndarray]:
    """Hyperplanes (classes, values) and offsets (classes,) by squared hinge loss and l2 penalty."""
    solver = LinearSVC(C=config.c, class_weight="balanced", dual="auto", random_state=0, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            solver.fit(x, label)
        except ConvergenceWarning as error:
            raise SernetError(f"the SVM does not converge in {ITERATIONS} rounds; lower svm.c ({config.c})") from error
    return solver.coef_, solver.intercept_


def _ridge(x: np.ndarray, label: np.ndarray, share: np.ndarray, config: RidgeConfig) -> tuple[np.ndarray, np.ndarray]:
    """The same by least squares to 1 and -1, each value weighed by the deviation of its class means.

    An utterance's error counts ``share`` (utterances,) times.
    """
    explained = np.stack([x[label == number].mean(0, dtype=np.float64) for number in np.unique(label)]).std(0)
    weighed = x * explained
    penalty = config.strength * np.square(weighed).sum(1).mean()
    solver = RidgeClassifier(alpha=penalty).fit(weighed, label, sample_weight=share)
    return np.atleast_2d(solver.coef_) * explained, np.atleast_1d(solver.intercept_)  # of two classes it keeps one row

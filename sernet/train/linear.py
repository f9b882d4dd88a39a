"""Training of a linear classifier on functionals: seconds, and nothing random in it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
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
GROUPS = 5
"""Of training speakers; each is held out in turn to choose a setting."""


def fit(
    train: Examples,
    classes: list[str],
    merge: dict[str, str],
    corpus_classes: dict[str, list[str]] | None,
    config: SvmConfig | RidgeConfig,
    directory: Path,
    identity: str,
    layers: Sequence[int] | None = None,
) -> None:
    """Train a hyperplane for each class against the others; writes `model.safetensors` and `model.json`.

    Functionals are standardised with the training utterances' means and deviations. Errors weigh so that all classes
    count alike; in ridge regression, all groups that `config.balance` makes.

    Args:
        train: one frame (1, values) an utterance; those whose emotion is no class are left out.
        classes: emotions in the order of the decision values.
        merge: emotion -> the class that it counts as.
        corpus_classes: the classes of each of several corpora, among which its utterances will be told; no other use.
        config: which classifier.
        identity: digest of all that goes in.
        layers: of the pre-trained encoder whose statistics these are, in their order; None: other functionals.

    Raises:
        SernetError: a class has no utterance, or the solver does not converge.
    """
    label = train.labels(classes, merge)
    if absent := [name for number, name in enumerate(classes) if not (label == number).any()]:
        raise SernetError(f"nothing to train {', '.join(absent)} on: no training utterance has it")
    x = np.concatenate([matrix for matrix, y in zip(train.features, label, strict=True) if y >= 0]).astype(np.float64)
    spoken = [utterance for utterance, y in zip(train.utterances, label, strict=True) if y >= 0]
    label = label[label >= 0]
    share = balanced_weights(groups(spoken, label, config.balance if isinstance(config, RidgeConfig) else ["class"]))
    speakers = [utterance.speaker or utterance.id for utterance in spoken]
    choice, tried = choose(x, label, speakers, share, choices(config, layers, x.shape[1]))
    print("".join(f"{line}\n" for line in tried), end="")
    classifier = fitted(x, label, share, choice, len(classes))
    meta = {
        "identity": identity,
        "ridge" if isinstance(config, RidgeConfig) else "svm": config.model_dump(mode="json"),
        "classes": classes,
        "merge": merge,
        "corpus_classes": corpus_classes,
        "bins": x.shape[1],
        "parameters": int(classifier.weight.size + classifier.bias.size),
        "notes": tried,
    }
    classifier.save(directory, meta)
    print(f"{len(label)} utterances, {len(classes)} classes, {meta['parameters']} parameters")


@dataclass(frozen=True)
class Choice:
    """One setting of a linear classifier: which values it hears, and how strongly it is regularised."""

    config: SvmConfig | RidgeConfig
    strength: float
    layers: list[int] | None = None
    """Of the pre-trained encoder; None: all that are there."""
    columns: np.ndarray | None = None
    """Their places among the values."""


def choices(config: SvmConfig | RidgeConfig, layers: Sequence[int] | None, values: int) -> list[Choice]:
    """All settings that ``config`` leaves open, in its order.

    Raises:
        SernetError: a set of layers that the encoder's features do not hold.
    """
    if isinstance(config, SvmConfig):
        return [Choice(config, config.c)]
    strengths = config.strength if isinstance(config.strength, list) else [config.strength]
    if config.layers is None:
        return [Choice(config, strength) for strength in strengths]
    there = list(layers or ())
    if unknown := sorted({layer for wanted in config.layers for layer in wanted} - set(there)):
        raise SernetError(f"ridge.layers: {config.features} has no layer {unknown[0]}; it has {there}")
    size = values // len(there)
    places = {layer: np.arange(size) + size * number for number, layer in enumerate(there)}
    return [
        Choice(config, strength, wanted, np.concatenate([places[layer] for layer in wanted]))
        for wanted in config.layers
        for strength in strengths
    ]


def choose(
    x: np.ndarray, label: np.ndarray, speakers: Sequence[str], share: np.ndarray, open_to: Sequence[Choice]
) -> tuple[Choice, list[str]]:
    """The setting with the highest UAR on training speakers whom its classifier did not hear, and what was tried.

    Speakers are dealt into `GROUPS` groups in the order of their ids; each group is held out in turn. Of equals the
    first one is taken. Without a choice, or with one speaker, nothing is tried.
    """
    names = sorted(set(speakers))
    if len(open_to) == 1 or len(names) < 2:
        return open_to[0], []
    group = np.array([names.index(speaker) % min(GROUPS, len(names)) for speaker in speakers])
    found = []
    for choice in open_to:
        decided = np.full(len(label), -1)
        for number in np.unique(group):
            inner, held_out = group != number, group == number
            present, own = np.unique(label[inner], return_inverse=True)
            classifier = fitted(x[inner], own, share[inner], choice, len(present))
            decided[held_out] = present[classifier.classify(classifier.embed(x[held_out]))[0].argmax(1)]
        found.append(float(np.mean([np.mean(decided[label == value] == value) for value in np.unique(label)])))
    best = int(np.argmax(found))
    lines = [
        f"layers {choice.layers or 'all'}, strength {choice.strength:g}: UAR {uar:.4f} on held-out training speakers"
        + (" (chosen)" if number == best else "")
        for number, (choice, uar) in enumerate(zip(open_to, found, strict=True))
    ]
    return open_to[best], lines


def fitted(x: np.ndarray, label: np.ndarray, share: np.ndarray, choice: Choice, classes: int) -> LinearClassifier:
    """A classifier of ``classes`` on values ``x`` (utterances, values) with the setting ``choice``."""
    chosen = x if choice.columns is None else x[:, choice.columns]
    std = chosen.std(0)
    classifier = LinearClassifier(
        mean=chosen.mean(0).astype(np.float32),
        std=np.where(std > 1e-12, std, 1).astype(np.float32),  # a value that never changes says nothing: it becomes 0
        clip=np.array(choice.config.clip if isinstance(choice.config, RidgeConfig) else np.inf, dtype=np.float32),
        weight=np.zeros((classes, chosen.shape[1]), dtype=np.float32),
        bias=np.zeros(classes, dtype=np.float32),
        columns=None if choice.columns is None else choice.columns.astype(np.int64),
    )
    embedding = classifier.embed(x)
    if isinstance(choice.config, RidgeConfig):
        weight, bias = _ridge(embedding, label, share, choice.strength)
    else:
        weight, bias = _svm(embedding, label, choice.config)
    if classes == 2:  # one hyperplane, which the second class lies above
        weight, bias = np.concatenate([-weight, weight]), np.concatenate([-bias, bias])
    classifier.weight[:], classifier.bias[:] = weight, bias
    return classifier


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


def _ridge(x: np.ndarray, label: np.ndarray, share: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """The same by least squares to 1 and -1, each value weighed by the deviation of its class means.

    An utterance's error counts ``share`` (utterances,) times.
    """
    explained = np.stack([x[label == number].mean(0, dtype=np.float64) for number in np.unique(label)]).std(0)
    weighed = x * explained
    penalty = strength * np.square(weighed).sum(1).mean()
    solver = RidgeClassifier(alpha=penalty).fit(weighed, label, sample_weight=share)
    return np.atleast_2d(solver.coef_) * explained, np.atleast_1d(solver.intercept_)  # of two classes it keeps one row

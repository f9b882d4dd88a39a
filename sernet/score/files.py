"""The score file: what a model says of a set of utterances, and all that is needed to measure it without the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sernet.errors import SernetError, first_of
from sernet.pipeline.arrays import read_npz
from sernet.pipeline.files import atomic
from sernet.pipeline.reading import check_characters

AGAIN = "run the stage that makes it (score or ood)"


@dataclass(frozen=True)
class ScoreSet:
    """A model's output on n utterances. Our design.

    Under the additive margin logits = scale x cosine, bias 0, no margin; for plain softmax logits = embedding @
    weight.T + bias, and scale is 1. ``cosine`` is between the embedding and the class rows of ``weight`` in both.

    Args:
        utt_id, speaker, corpus, emotion: text, shape ``(n,)``; speaker is "" where nobody is known.
        label: index into ``classes``, -1 where the emotion is not a class of this run, int64 ``(n,)``.
        logits, cosine: float32 ``(n, classes)``.
        embedding: before normalisation, float32 ``(n, dim)``.
        classes: text ``(classes,)``.
        weight, bias: of the emotion head, float32 ``(classes, dim)`` and ``(classes,)``.
        scale: of the emotion head.

    Raises:
        SernetError: shapes that do not fit, a value that is not finite (naming utterances), a label out of range.
    """

    utt_id: np.ndarray
    speaker: np.ndarray
    corpus: np.ndarray
    emotion: np.ndarray
    label: np.ndarray
    logits: np.ndarray
    cosine: np.ndarray
    embedding: np.ndarray
    classes: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    scale: float

    def __post_init__(self) -> None:
        for name in ("utt_id", "speaker", "corpus", "emotion", "classes"):
            object.__setattr__(self, name, _text(getattr(self, name)))
        object.__setattr__(self, "label", np.asarray(self.label, dtype=np.int64))
        for name in ("logits", "cosine", "embedding", "weight", "bias"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float32))
        object.__setattr__(self, "scale", float(self.scale))
        self._check()

    def _check(self) -> None:
        n, classes = len(self.utt_id), len(self.classes)
        dim = self.embedding.shape[-1]
        shapes: dict[str, tuple[int, ...]] = {
            **dict.fromkeys(("utt_id", "speaker", "corpus", "emotion", "label"), (n,)),
            **dict.fromkeys(("logits", "cosine"), (n, classes)),
            "embedding": (n, dim),
            "classes": (classes,),
            "weight": (classes, dim),
            "bias": (classes,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise SernetError(f"score set: {name} has shape {getattr(self, name).shape}, expected {shape}")
        for name in ("logits", "cosine", "embedding"):
            bad = ~np.isfinite(getattr(self, name)).all(axis=1)
            if bad.any():
                raise SernetError(f"score set: {name} is not finite for {first_of(self.utt_id[bad])}")
        for name in ("weight", "bias", "scale"):
            if not np.isfinite(getattr(self, name)).all():
                raise SernetError(f"score set: {name} is not finite")
        wrong = (self.label < -1) | (self.label >= classes)
        if wrong.any():
            raise SernetError(f"score set: label outside -1 to {classes - 1} for {first_of(self.utt_id[wrong])}")
        unique, counts = np.unique(self.utt_id, return_counts=True)
        if (counts > 1).any():
            raise SernetError(f"score set: more than one row for {first_of(unique[counts > 1])}")

    def __len__(self) -> int:
        return len(self.utt_id)

    def save(self, path: Path | str) -> None:
        """Write a compressed ``.npz`` without pickle, whole or not at all."""
        with atomic(path) as temporary:
            arrays: dict[str, Any] = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> ScoreSet:
        """Read a score file.

        Raises:
            SernetError: the file is missing or damaged, has an array too many or too few, or holds what the class
                refuses.
        """
        names = [field.name for field in fields(cls)]
        arrays: dict[str, Any] = {**read_npz(path, names, AGAIN)}
        try:
            return cls(**arrays)
        except (SernetError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise SernetError(f"{path}: {error}") from None


def _text(values: Any) -> np.ndarray:
    """An array of text; refuses what is no text, numbers among it, and what holds characters that are none."""
    array = np.asarray(values)
    if array.dtype.kind != "U" and array.size:
        raise ValueError(f"{array.dtype} is not text")
    for value in np.unique(array).tolist():
        check_characters(value)
    return array.astype(str)


class View(NamedTuple):
    """What one corpus sees of a model of several: its own utterances, and the classes that it has in training.

    In training, classes that a corpus lacks are masked for its utterances, so nothing was learnt that tells them from
    those it has. Recognition is decided as it was trained: among the corpus's classes. A score file keeps the logits of
    all; the view is taken when it is read to be measured. Our design.
    """

    corpus: str
    classes: tuple[str, ...]

    def of(self, scores: ScoreSet) -> ScoreSet:
        """The rows of the corpus and the columns of its classes; a label that is none of them becomes -1."""
        here = scores.corpus == self.corpus
        columns = [index for index, name in enumerate(scores.classes) if name in self.classes]
        place = np.full(len(scores.classes) + 1, -1)
        place[columns] = np.arange(len(columns))
        return replace(
            scores,
            **{name: getattr(scores, name)[here] for name in ("utt_id", "speaker", "corpus", "emotion", "embedding")},
            label=place[scores.label[here]],
            logits=scores.logits[here][:, columns],
            cosine=scores.cosine[here][:, columns],
            classes=scores.classes[columns],
            weight=scores.weight[columns],
            bias=scores.bias[columns],
        )


def load_detector_scores(path: Path | str) -> tuple[np.ndarray, np.ndarray]:
    """Utterance ids (text) and outlier scores (float64, larger = more outlying), both ``(n,)``.

    Raises:
        SernetError: the file is missing or damaged, or a score is not finite.
    """
    arrays = read_npz(path, ["utt_id", "score"], AGAIN)
    try:
        utt_id, score = _text(arrays["utt_id"]), np.asarray(arrays["score"], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise SernetError(f"{path}: utt_id must be text, and score numbers: {error}") from error
    if utt_id.shape != score.shape or score.ndim != 1:
        raise SernetError(f"{path}: utt_id and score differ in shape: {utt_id.shape}, {score.shape}")
    bad = ~np.isfinite(score)
    if bad.any():
        raise SernetError(f"{path}: the score is not finite for {first_of(utt_id[bad])}")
    return utt_id, score


@dataclass(frozen=True)
class Scored:
    """One set scored by one model: where it stands in the results.

    Args:
        run, system: as in the recipe.
        fold: a fold's number, or "all" where a model was trained on everything.
        seed: of the training.
        train, test: corpus names joined by "+", or the name of an OOD set.
        condition: single, cross, ood-near, ood-shift, ood-far or corrupted.
        set: stem of the score file, ``scores/<set>.npz``.
        directory: of the model.
        dev: whether the model has dev speakers, that is a score file of theirs which counts.
        view: of the tested corpus, where several were trained on and one of them is tested.
    """

    run: str
    system: str
    fold: int | str
    seed: int
    train: str
    test: str
    condition: str
    set: str
    directory: Path
    dev: bool = False
    view: View | None = None

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Scored:
        """From what JSON keeps of one."""
        view = plain.get("view")
        more = {"directory": Path(plain["directory"]), "view": view and View(view[0], tuple(view[1]))}
        return cls(**{**plain, **more})

    @property
    def score_file(self) -> Path:
        """Where the model's output on this set lies."""
        return self.file(self.set)

    def file(self, name: str) -> Path:
        """Where the model's output on another set lies."""
        return self.directory / "scores" / f"{name}.npz"

    def load(self, name: str | None = None) -> ScoreSet:
        """The model's output on this set, or on another, as it is to be measured: seen by the corpus of the view.

        Raises:
            SernetError: see `ScoreSet.load`.
        """
        scores = ScoreSet.load(self.file(name or self.set))
        return self.view.of(scores) if self.view else scores

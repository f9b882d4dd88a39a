"""Utterances with their features, ready for training and scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sernet.audio.activity import loud_energies, span
from sernet.corpus.utterances import Utterance
from sernet.errors import SernetError

SPEECH_DB = 30.0
"""Frames this far below an utterance's loudest, and further, are no speech to its mean."""


@dataclass(frozen=True)
class Examples:
    """Utterances and, in the same order, their features: float32 (frames, bins), natural-log energies."""

    utterances: list[Utterance]
    features: list[np.ndarray]

    def __post_init__(self) -> None:
        if len(self.utterances) != len(self.features):
            raise ValueError(f"{len(self.utterances)} utterances but {len(self.features)} feature matrices")

    def __len__(self) -> int:
        return len(self.utterances)

    def select(self, ids: Iterable[str]) -> Examples:
        """Those of the utterances ``ids``, in that order.

        Raises:
            SernetError: an id is not there.
        """
        position = {utterance.id: index for index, utterance in enumerate(self.utterances)}
        ids = list(ids)
        missing = [name for name in ids if name not in position]
        if missing:
            raise SernetError(f"{len(missing)} utterances have no features: {', '.join(missing[:5])}")
        return Examples([self.utterances[position[i]] for i in ids], [self.features[position[i]] for i in ids])

    def where(self, keep: Callable[[Utterance], bool]) -> Examples:
        """Those of the utterances that ``keep`` accepts, in order."""
        return self.select(utterance.id for utterance in self.utterances if keep(utterance))

    def labels(self, classes: Sequence[str], merge: Mapping[str, str] | None = None) -> np.ndarray:
        """The class index of each utterance, int64 (utterances,); -1: its emotion is not a class.

        ``merge`` maps an emotion to the class that it counts as.
        """
        index = {name: number for number, name in enumerate(classes)}
        merge = merge or {}
        emotions = (utterance.emotion for utterance in self.utterances)
        return np.array([index.get(merge.get(e, e), -1) if e is not None else -1 for e in emotions], dtype=np.int64)


@dataclass(frozen=True)
class FrontEnd:
    """Trims and normalises log energies; its statistics come from training data alone.

    Each bin's mean is taken off: over the utterance's speech (``normalise`` "speech": frames within 30 dB of its
    loudest), over all of it ("utterance"), or over the training data ("global"). Every bin is divided by its standard
    deviation over the training data. A mean over silence, too, would hang on how closely a corpus is cut: our design,
    egs/ablation/STUDIES.md.
    """

    normalise: str
    trim_db: float | None
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def fit(cls, features: Sequence[np.ndarray], normalise: str, trim_db: float | None) -> FrontEnd:
        """Statistics over all frames of ``features``, each (frames, bins)."""
        trimmed = [trim(matrix, trim_db).astype(np.float64) for matrix in features]
        frames = sum(len(matrix) for matrix in trimmed)
        mean: np.ndarray = np.sum([matrix.sum(0) for matrix in trimmed], axis=0) / frames
        centred = (matrix - (mean if normalise == "global" else _own_mean(matrix, normalise)) for matrix in trimmed)
        variance: np.ndarray = np.sum([np.square(matrix).sum(0) for matrix in centred], axis=0) / frames
        std = np.sqrt(np.maximum(variance, 1e-4))
        return cls(normalise, trim_db, mean.astype(np.float32), std.astype(np.float32))

    def __call__(self, matrix: np.ndarray) -> np.ndarray:
        """The network's input, float32 (frames, bins), for natural-log energies (frames, bins)."""
        matrix = trim(matrix, self.trim_db)
        mean = self.mean if self.normalise == "global" else _own_mean(matrix, self.normalise)
        return ((matrix - mean) / self.std).astype(np.float32)


def trim(matrix: np.ndarray, trim_db: float | None) -> np.ndarray:
    """Without the leading and trailing frames whose energy is more than ``trim_db`` below the loudest frame's.

    ``matrix`` holds natural-log energies (frames, bins); None keeps everything.
    """
    if trim_db is None:
        return matrix
    first, last = span(loud_energies(matrix, trim_db))
    return matrix[first:last]


def _own_mean(matrix: np.ndarray, normalise: str) -> np.ndarray:
    return np.asarray(matrix[loud_energies(matrix, SPEECH_DB)].mean(0) if normalise == "speech" else matrix.mean(0))


def batches(lengths: np.ndarray, size: int, keys: np.ndarray, pool: int = 4) -> list[np.ndarray]:
    """Indices for each batch of an epoch: random by ``keys``, yet of similar lengths.

    The order by key is cut into pools of ``pool`` batches; within one, utterances are sorted by ``lengths`` (frames).
    The batches then follow in the order of their first utterance's key. A last batch of one joins the one before
    (batch statistics need two).
    """
    order = np.argsort(keys, kind="stable")
    found = []
    for start in range(0, len(order), size * pool):
        part = order[start : start + size * pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        found += [part[at : at + size] for at in range(0, len(part), size)]
    while len(found) > 1 and len(found[-1]) < 2:
        last = found.pop()
        found[-1] = np.concatenate([found[-1], last])
    return sorted(found, key=lambda batch: keys[batch[0]])


def pad(matrices: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
    """Matrices (frames, bins) as one zero-padded array (batch, frames, bins) and their lengths; None if all alike."""
    lengths = np.array([len(matrix) for matrix in matrices])
    if (lengths == lengths[0]).all():
        return np.stack(matrices), None
    padded = np.zeros((len(matrices), lengths.max(), matrices[0].shape[1]), dtype=np.float32)
    for row, matrix in zip(padded, matrices, strict=True):
        row[: len(matrix)] = matrix
    return padded, lengths


def groups(utterances: Sequence[Utterance], label: np.ndarray, by: Sequence[str]) -> list[tuple[object, ...]]:
    """The group of each utterance among those that ``by`` makes; ``label`` (utterances,) is its class."""
    return [
        tuple({"corpus": u.corpus, "class": int(y), "speaker": u.speaker}[key] for key in by)
        for u, y in zip(utterances, label, strict=True)
    ]


def balanced_weights(groups: Sequence[tuple[object, ...]]) -> np.ndarray:
    """A weight for each utterance, float32, so that all groups weigh alike and the mean is 1."""
    counts = Counter(groups)
    return np.array([len(groups) / (len(counts) * counts[group]) for group in groups], dtype=np.float32)

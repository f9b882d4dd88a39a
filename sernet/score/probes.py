"""Probes: how well an attribute can still be read from frozen embeddings, and so what attribute control did to them.

A probe is a logistic regression (scikit-learn's, L2 with C = 1, classes weighted alike) on embeddings standardised by
its own training part. What the network was trained for plays no part: Alain and Bengio 2016, "Understanding
intermediate layers using linear classifier probes". The folds are the same for every model of the same utterances.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from sernet.draws import generator
from sernet.errors import SernetError, first_of
from sernet.pipeline.arrays import read_npz
from sernet.pipeline.files import atomic
from sernet.score.files import ScoreSet

FOLDS = 5
SPEAKER = "speaker"


@dataclass(frozen=True)
class Reading:
    """What a probe said of n utterances; nothing (n = 0), with the reason in ``note``, where it cannot be asked.

    Args:
        utt_id, unit, value, told: text ``(n,)``: whose utterance (the utterance itself where nobody is known), the
            attribute's value, and what the probe took it for.
        values: text, all that the probe could say.
        note: what had to be left out, in words; "" for nothing.
    """

    utt_id: np.ndarray
    unit: np.ndarray
    value: np.ndarray
    told: np.ndarray
    values: np.ndarray
    note: str = ""

    def __len__(self) -> int:
        return len(self.utt_id)

    def save(self, path: Path | str) -> None:
        """Write a compressed ``.npz`` without pickle, whole or not at all."""
        arrays: dict[str, Any] = {name: np.asarray(value, dtype=str) for name, value in asdict(self).items()}
        with atomic(path) as temporary:
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path: Path | str) -> Reading:
        """Read what `save` wrote.

        Raises:
            SernetError: the file is missing or damaged.
        """
        again = "run the stage score"
        arrays = read_npz(path, [field.name for field in fields(cls)], again)
        note, values = arrays.pop("note"), arrays["values"]
        said = [arrays[name] for name in ("utt_id", "unit", "value", "told")]
        text = all(array.dtype.kind == "U" for array in (note, *arrays.values()))
        if not text or note.shape or values.ndim != 1 or {array.shape for array in said} != {(len(said[0]),)}:
            raise SernetError(f"{path} is not what a probe said (other types or shapes): remove it, and {again}")
        return cls(**arrays, note=str(note))


def probe(attribute: str, train: ScoreSet, test: ScoreSet | None, values: Mapping[str, str]) -> Reading:
    """Read an attribute of the test set, of the training set where there is none; ``values`` by utterance id.

    Training speakers are no help in telling test speakers apart: these are told among themselves.
    """
    if test is None:
        return read_within(train, values, attribute)
    return read_within(test, values, attribute) if attribute == SPEAKER else read_across(train, test, values)


def read_across(train: ScoreSet, test: ScoreSet, values: Mapping[str, str]) -> Reading:
    """Read an attribute of the utterances of ``test`` by a probe fitted on ``train``; ``values`` by utterance id."""
    known, asked = _Part(train, values), _Part(test, values)
    can_say = np.unique(known.value)
    if len(can_say) < 2:
        return _nothing(_one_value(can_say, "the training set"))
    met = np.isin(asked.value, can_say)
    if not met.any():
        found = "values that training did not have" if len(asked.value) else "no values"
        return _nothing(f"the test set has {found}")
    strange = sorted(set(asked.value[~met].tolist()))
    note = f"left out, for training did not have them: {first_of(strange)}" if strange else ""
    told = _fitted(known.embedding, known.value).predict(asked.embedding[met])
    return Reading(asked.utt_id[met], asked.unit[met], asked.value[met], told, can_say, note)


def read_within(scores: ScoreSet, values: Mapping[str, str], attribute: str) -> Reading:
    """Read an attribute of each part of ``scores`` by a probe fitted on the other parts; ``values`` by utterance id.

    Five stratified parts that share no speaker; of the attribute ``speaker`` itself, that share no utterance.
    A value is left out, and that is noted, which fewer than two speakers have, or five utterances of a speaker.
    """
    part = _Part(scores, values)
    if len(np.unique(part.value)) < 2:
        return _nothing(_one_value(np.unique(part.value), "the set"))
    by_utterance = attribute == SPEAKER
    holders = part.utt_id if by_utterance else part.unit
    counts = Counter(value for value, _ in set(zip(part.value.tolist(), holders.tolist(), strict=True)))
    least, what = (FOLDS, "utterances") if by_utterance else (2, "speakers")
    rare = sorted(value for value, count in counts.items() if count < least)
    note = f"left out, with fewer than {least} {what}: {first_of(rare)}" if rare else ""
    kept = ~np.isin(part.value, rare)
    if len(counts) - len(rare) < 2:
        return _nothing(f"fewer than two values with at least {least} {what}")
    embedding, value, unit = part.embedding[kept], part.value[kept], part.unit[kept]
    told = np.empty_like(value)
    for rest, asked in _folds(value, None if by_utterance else unit, attribute):
        told[asked] = _fitted(embedding[rest], value[rest]).predict(embedding[asked])
    return Reading(part.utt_id[kept], unit, value, told, np.unique(value), note)


class _Part:
    """The utterances of a score set whose value is known."""

    def __init__(self, scores: ScoreSet, values: Mapping[str, str]) -> None:
        ids = scores.utt_id.tolist()
        known = np.asarray([name in values for name in ids], dtype=bool)
        self.utt_id, self.embedding = scores.utt_id[known], scores.embedding[known].astype(np.float64)
        self.value = np.asarray([values[name] for name in ids if name in values], dtype=str)
        self.unit = np.where(scores.speaker[known] == "", self.utt_id, scores.speaker[known])


def _folds(value: np.ndarray, unit: np.ndarray | None, attribute: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices to fit on and to ask, part by part."""
    random = generator("probe", attribute)
    if unit is None:
        state = int(random.integers(2**31))
        yield from StratifiedKFold(FOLDS, shuffle=True, random_state=state).split(np.zeros(len(value)), value)
        return
    # Dealt out by the rarest value that a speaker has, to the smallest part that does not then hold all speakers of a
    # value: it could not be told. StratifiedGroupKFold may put both of two into one part.
    pairs = set(zip(value.tolist(), unit.tolist(), strict=True))
    holders: dict[str, set[str]] = defaultdict(set)
    has: dict[str, set[str]] = defaultdict(set)
    for name, who in pairs:
        holders[name].add(who)
        has[who].add(name)
    rarest = {who: min((len(holders[name]), name) for name in names) for who, names in has.items()}
    part: dict[str, int] = {}
    size = [0] * FOLDS
    for who in sorted(random.permutation(sorted(rarest)).tolist(), key=rarest.__getitem__):
        others = [holders[name] - {who} for name in has[who]]
        lost = [sum(all(part.get(one) == number for one in some) for some in others) for number in range(FOLDS)]
        part[who] = min(range(FOLDS), key=lambda number: (lost[number], size[number]))
        size[part[who]] += 1
    mine = np.asarray([part[who] for who in unit.tolist()])
    for number in np.unique(mine):
        yield np.flatnonzero(mine != number), np.flatnonzero(mine == number)


def _fitted(embedding: np.ndarray, value: np.ndarray) -> Pipeline:
    probe = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
    with threadpool_limits(1):  # the same result whatever the number of cores
        return probe.fit(embedding, value)


def _one_value(values: np.ndarray, where: str) -> str:
    return f"{where} has one value, {values[0]}" if len(values) else f"{where} has no values"


def _nothing(note: str) -> Reading:
    empty = np.empty(0, dtype=str)
    return Reading(empty, empty, empty, empty, empty, note)

"""Near-identical recordings on two sides: of a fold, of two corpora, of what is known and what must be unknown.

Stage 1 refuses identical samples where it makes folds. Here are copies at another level, rate or cut, and whatever
out-of-distribution sets share with the run or, where detectors are tuned on them, with other sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sernet.config.ood import OodSetConfig
from sernet.corpus.cuts import Cuts, Listed
from sernet.corpus.utterances import Indexed
from sernet.data.doubles import Double
from sernet.data.protocols import PARTS
from sernet.errors import SernetError
from sernet.pipeline.reading import read_json

SHOWN = 10
"""Pairs of one place that an error names."""


@dataclass(frozen=True)
class Leak:
    """What two sides share; without seconds: the very samples."""

    where: str
    """Run, and fold or set."""
    sides: str
    first: str
    second: str
    correlation: float = 1.0
    seconds: float | None = None

    @property
    def exact(self) -> bool:
        return self.seconds is None

    def __str__(self) -> str:
        if self.first == self.second:
            return self.first
        if self.seconds is None:
            return f"{self.first} = {self.second}"
        return f"{self.first} ~ {self.second} (correlation {self.correlation:.3f} over {self.seconds:.1f} s)"


def search(
    runs: Mapping[str, Mapping[str, Any]],
    folds: Mapping[str, Sequence[str]],
    folders: Mapping[str, Path],
    doubles: Sequence[Double],
) -> list[Leak]:
    """All leaks of an experiment.

    Args:
        runs: of each run `train`, `tests`, `started_on` (corpora), `folded`, and `sets`: those made of corpora.
        folds: the files of data/<corpus>/folds of each folded run, one for each training corpus.
        folders: data/<corpus> of each corpus.
        doubles: within and between the corpora.
    """
    items: dict[str, list[Listed]] = {}
    found: list[Leak] = []
    for name, run in runs.items():
        if run["folded"]:
            found += in_folds(name, _joined([read_json(path)["folds"] for path in folds[name]]), doubles)
        for test in run["tests"]:
            found += in_corpora(name, run["train"], test, doubles)
        sets = {key: OodSetConfig.model_validate(value) for key, value in run["sets"].items()}
        learnt_from = (*run["train"], *run["started_on"])
        for corpus in (*learnt_from, *(str(of.corpus) for of in sets.values())) if sets else ():
            if corpus not in items:
                items[corpus] = list(Cuts(folders[corpus] / "cuts.jsonl.gz"))
        found += in_sets(name, learnt_from, sets, items, doubles)
    return found


def _joined(corpora: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The folds of several corpora, joined number by number."""
    return [
        {"fold": of[0]["fold"]}
        | {part: [s for fold in of for s in fold.get(part, ())] for part in (*PARTS, "left_out")}
        for of in zip(*corpora, strict=True)
    ]


def in_folds(run: str, folds: Sequence[Mapping[str, Any]], doubles: Iterable[Double]) -> Iterator[Leak]:
    """Doubles of which the parts of a fold hold one each; ``folds`` as in data/<corpus>/folds, of all corpora."""
    doubles = list(doubles)
    for fold in folds:
        side = {speaker: part for part in PARTS for speaker in fold[part]}
        gone = set(fold.get("left_out", ()))
        for double in doubles:
            both = [side.get(str(u.speaker)) for u in (double.first, double.second) if u.id not in gone]
            if len(both) == 2 and None not in both and both[0] != both[1]:
                sides = " and ".join(part for part in PARTS if part in both)
                yield _near(f"run {run}, fold {fold['fold']}", sides, double)


def in_corpora(run: str, train: Sequence[str], test: str, doubles: Iterable[Double]) -> Iterator[Leak]:
    """Doubles between the corpora that a run trains on and one that it tests whole."""
    for double in doubles:
        both = {double.first.corpus, double.second.corpus}
        if test in both and both & set(train):
            yield _near(f"run {run}", f"train and test on {test}", double)


def in_sets(
    run: str,
    learnt_from: Sequence[str],
    sets: Mapping[str, OodSetConfig],
    items: Mapping[str, Sequence[Listed]],
    doubles: Iterable[Double],
) -> Iterator[Leak]:
    """What the out-of-distribution sets of a run share with its own corpora, or a set to tune on with one to test on.

    ``items`` are the utterances of each corpus; ``sets`` those of the run that are made of a corpus that is there.
    """
    doubles = list(doubles)
    if not sets:
        return
    own = [item for corpus in learnt_from for item in items[corpus]]
    clips = {name: [i for i in items[str(of.corpus)] if of.keeps(i.utterance)] for name, of in sets.items()}
    for name, some in clips.items():
        yield from _shared(f"run {run}, set {name}", "the set and the run's own speech", own, some, doubles)
    for tuned in (name for name, of in sets.items() if of.split == "dev"):
        for tested in (name for name, of in sets.items() if of.split == "test"):
            sides = f"what detectors are tuned on and test set {tested}"
            yield from _shared(f"run {run}, set {tuned}", sides, clips[tuned], clips[tested], doubles)


def refuse(leaks: Iterable[Leak], allowed: bool) -> None:
    """Refuse leaks; where they are ``allowed``, only those of the very samples.

    Raises:
        SernetError: names place, sides and pairs.
    """
    places: dict[tuple[str, str, bool], list[Leak]] = defaultdict(list)
    for leak in leaks:
        if leak.exact or not allowed:
            places[leak.where, leak.sides, leak.exact].append(leak)
    if not places:
        return
    lines = []
    for (where, sides, exact), some in places.items():
        pairs = "".join(f"\n    {leak}" for leak in some[:SHOWN])
        more = f"\n    and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        what = "the same recordings" if exact else "near-identical recordings"
        lines.append(f"\n  {where}: {sides} hold {what}:{pairs}{more}")
    near = any(not exact for *_, exact in places)
    how = (
        "Leave one of each pair out of the corpus, or keep both on one side (a list of folds, same_speakers_as, "
        "ood.sets.<set>.where). "
    )
    how += "If you know why it does no harm: --set allow_leaks='WHY'; every result will say so." if near else ""
    raise SernetError(f"what is tested may not be heard before:{''.join(lines)}\n{how.strip()}")


def recorded(leaks: Iterable[Leak], reason: str | None) -> dict[str, Any]:
    """The content of leaks.json beside the results: the reason that allows them, and each pair."""
    return {"allowed because": reason, "leaks": [asdict(leak) for leak in leaks]}


def said(found: Mapping[str, Any]) -> dict[str, str]:
    """What leaks.json has to say beside results, by place; nothing where there is no leak."""
    number: dict[str, int] = defaultdict(int)
    for leak in found["leaks"]:
        number[f"{leak['where']}, {leak['sides']}"] += 1
    pairs = {place: f"{count} near-identical pairs" for place, count in number.items()}
    return pairs and {**pairs, "allowed because": str(found["allowed because"])}


def _near(where: str, sides: str, double: Double) -> Leak:
    return Leak(where, sides, double.first.id, double.second.id, double.correlation, double.seconds)


def _shared(
    where: str, sides: str, first: Sequence[Indexed], second: Sequence[Indexed], doubles: Sequence[Double]
) -> Iterator[Leak]:
    """Utterances, samples and recordings that both hold."""
    by_audio = {item.audio: item.utterance.id for item in first}
    exact = {(by_audio[item.audio], item.utterance.id) for item in second if item.audio in by_audio}
    for one, other in sorted(exact):
        yield Leak(where, sides, one, other)
    here, there = ({item.utterance.id for item in some} for some in (first, second))
    for double in doubles:
        for one, other in ((double.first.id, double.second.id), (double.second.id, double.first.id)):
            if one in here and other in there and (one, other) not in exact:
                yield Leak(where, sides, one, other, double.correlation, double.seconds)

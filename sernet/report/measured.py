"""What an experiment has measured, from its folder in exp/ or from what was published of it in egs/."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sernet.config.load import load_corpus
from sernet.config.yaml_reading import read_yaml
from sernet.corpus.names import speaker_id
from sernet.errors import SernetError, UsageError
from sernet.model.trained import Settings, read_meta
from sernet.pipeline.reading import read_lines, read_text
from sernet.report.cells import Outputs, read_outputs
from sernet.report.groups import Row
from sernet.report.results import read_results, select
from sernet.score.files import View

ENTRY = re.compile(r"^- ([\w ]+): `?(.*?)`?$")
FIRST_LOGIT = 6
"""Column of the published predictions."""


@dataclass(frozen=True, order=True)
class Place:
    """Where models are tested."""

    run: str
    condition: str
    train: str
    test: str

    @property
    def fields(self) -> dict[str, str]:
        """For `select`."""
        return {name: getattr(self, name) for name in ("run", "condition", "train", "test")}


@dataclass(frozen=True, order=True)
class Model:
    """One trained model of a run."""

    system: str
    seed: int
    fold: int | str

    @property
    def folder(self) -> str:
        """Below the run's folder."""
        return f"{self.system}/{'all' if self.fold == 'all' else f'fold{self.fold}'}/seed{self.seed}"


@dataclass(frozen=True)
class Measured:
    """One experiment. ``label`` is what it is called beside others."""

    label: str
    folder: Path
    rows: list[Row]
    made: dict[str, str]
    """The head of RESULTS.md: command, revision, config digest, ..."""
    _published: dict[str, dict[tuple[Model, str], Outputs]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def published(self) -> bool:
        """Whether it is a recipe's folder, where predictions stand for score files."""
        return (self.folder / "predictions").is_dir()

    def places(self, *conditions: str) -> list[Place]:
        """Where its models were tested."""
        names = ("run", "condition", "train", "test")
        found = dict.fromkeys(tuple(r[n] for n in names) for r in self.rows if r["condition"] in conditions)
        return [Place(*place) for place in found]

    def models(self, place: Place) -> list[Model]:
        """The models that were tested there."""
        rows = select(self.rows, metric="uar", versus=None, detector=None, **place.fields)
        single = {(r["system"], r["seed"], r["fold"]) for r in rows if r["seed"] is not None}
        return sorted((Model(*key) for key in single if isinstance(key[2], int) or key[2] == "all"), key=str)

    def outputs(self, place: Place, model: Model) -> Outputs:
        """What a model said of the labelled utterances; without speakers where nobody knows them.

        Raises:
            SernetError: the score file or the published predictions are not there, or damaged.
        """
        if self.published:
            try:
                return self._predictions(place)[model, place.test]
            except KeyError:
                raise SernetError(
                    f"{self.folder}/predictions/{place.run}.tsv.gz has no line of {model.folder} on {place.test}"
                ) from None
        folder, name, view = self.folder / place.run / model.folder, place.test, None
        if place.condition == "single" and len({p.test for p in self.places("single") if p.run == place.run}) == 1:
            name = "test"
        elif place.condition == "single":
            # The same for all systems of a fold; a fused one has no model of its own.
            fold = folder.parent.name
            path = min((self.folder / place.run).glob(f"*/{fold}/*/model.json"), default=folder / "model.json")
            given = read_meta(path.parent, Settings).get("corpus_classes") or {}
            if place.test not in given:
                raise SernetError(f"{path}: corpus_classes does not name {place.test}")
            view = View(place.test, tuple(given[place.test]))
        found = read_outputs(folder / "scores" / f"{name}.npz", view)
        return found[found.label >= 0]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was asked for, systems in full; empty where nobody wrote it down."""
        path = self.folder / "config.yaml"
        if not path.exists():
            return {}
        config = read_yaml(path)
        if not isinstance(config, dict) or not isinstance(config.get("systems", {}), dict):
            raise SernetError(f"{path}: is not the config of an experiment; run the stage report again")
        systems = {str(name): asked for name, asked in config.get("systems", {}).items()}
        config["systems"] = {name: self._system(name) or asked for name, asked in systems.items()}
        return {key: value for key, value in config.items() if key not in ("title", "seeds", "model", "train")}

    def _system(self, name: str) -> dict[str, Any]:
        """As its first model was trained; precision, threads and processor (``computed``) of all that say so."""
        metas = [read_meta(path.parent, Settings) for path in sorted(self.folder.glob(f"*/{name}/*/*/model.json"))]
        if not metas:
            return {}
        found = {part: metas[0][part] for part in ("svm", "ridge", "model", "train") if part in metas[0]}
        computed = [meta["computed"] for meta in metas if isinstance(meta.get("computed"), Mapping)]
        used = {
            key: ", ".join(sorted({str(one[key]) for one in computed if key in one}))
            for key in dict.fromkeys(key for one in computed for key in one)
        }
        return found | ({"computed": used} if used else {})

    def _predictions(self, place: Place) -> Mapping[tuple[Model, str], Outputs]:
        if place.run not in self._published:
            path = self.folder / "predictions" / f"{place.run}.tsv.gz"
            corpora = {name for p in self.places("single", "cross") if p.run == place.run for name in p.test.split("+")}
            above = (folder for folder in self.folder.parents if any(folder.glob("*/corpus.yaml")))
            known = _Speakers(next(above, self.folder.parent), corpora)  # a part lies below its recipe
            self._published[place.run] = dict(_read_predictions(path, known))
        return self._published[place.run]


def load(folder: Path, label: str | None = None) -> Measured:
    """The experiment in a folder of exp/ that has its report, or published in a folder of egs/.

    Raises:
        UsageError: no such folder, or nothing was measured there.
        SernetError: results.json is damaged.
    """
    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}")
    path = folder / "results.json"
    if not path.exists():
        raise UsageError(
            f"{folder} has no results.json: it is neither an experiment with a report (run its last stage: --stage "
            "report) nor a recipe with published results"
        )
    return Measured(label or folder.name, folder, read_results(path), _head(folder / "RESULTS.md"))


def undrawn(folder: Path) -> frozenset[str]:
    """The systems of an experiment, in exp/ or published, in which nothing is random: linear classifiers, sums of such.

    By its config.yaml. A system of which nobody wrote down what it is counts as random, however few seeds it has.
    """
    path = folder / "config.yaml"
    systems = dict(read_yaml(path)["systems"]) if path.exists() else {}
    linear = {name for name, system in systems.items() if system.get("svm") or system.get("ridge")}
    sums = {name for name, system in systems.items() if system.get("fuse") and set(system["fuse"]) <= linear}
    return frozenset(linear | sums)


def _head(path: Path) -> dict[str, str]:
    """The entries at the head of a RESULTS.md."""
    if not path.exists():
        return {}
    head = read_text(path).partition("\n## ")[0]
    return {match.group(1): match.group(2) for line in head.splitlines() if (match := ENTRY.match(line))}


class _Speakers:
    """Who speaks a published utterance: ids begin with their speaker's, and corpus.yaml lists these."""

    def __init__(self, egs: Path, corpora: set[str]) -> None:
        found = set()
        for name in corpora:
            try:
                found |= {speaker_id(name, speaker) for speaker in load_corpus(egs, name)[0].speakers}
            except UsageError:
                continue  # then nobody knows, and the comparison says so
        self._longest_first = sorted(found, key=len, reverse=True)

    def of(self, utterance: str) -> str:
        """The speaker's id, "" for nobody known."""
        return next((name for name in self._longest_first if utterance.startswith(f"{name}-")), "")


def _read_predictions(path: Path, speakers: _Speakers) -> Iterator[tuple[tuple[Model, str], Outputs]]:
    """The lines of `utils/publish.py`, by model and test corpus."""
    lines: dict[tuple[Model, str], list[list[str]]] = defaultdict(list)
    index: dict[str, int] = {}
    seen: set[tuple[Model, str, str]] = set()
    try:
        for number, line in read_lines(path):
            cells = line.split("\t")
            if number == 1:
                index = {name: place for place, name in enumerate(cells[FIRST_LOGIT:])}
                continue
            try:
                system, fold, seed, test, *rest = cells
                model = Model(system, int(seed), fold if fold == "all" else int(fold))
                if rest[1] not in index or len(rest) != 2 + len(index) or any(math.isnan(float(x)) for x in rest[2:]):
                    raise ValueError
            except (ValueError, IndexError):
                raise SernetError(f"{path}:{number}: is not a line of predictions: {line[:80]!r}") from None
            if (model, test, rest[0]) in seen:
                raise SernetError(f"{path}:{number}: {rest[0]} stands here twice for {model.folder}")
            seen.add((model, test, rest[0]))
            lines[model, test].append(rest)
    except SernetError as error:
        raise SernetError(f"{error}; publish the recipe again (utils/publish.sh)") from error
    for key, some in lines.items():
        utterances, labels = ([line[column] for line in some] for column in (0, 1))
        yield (
            key,
            Outputs(
                np.asarray(utterances, dtype=str),
                np.asarray([speakers.of(name) for name in utterances], dtype=str),
                np.asarray([index[name] for name in labels], dtype=np.int64),
                np.asarray([line[2:] for line in some], dtype=np.float32),
                tuple(index),
            ).decided(),
        )

"""What an experiment has measured, from its folder in exp/ or from what was published of it in egs/."""

from __future__ import annotations

import gzip
import json
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
from sernet.pipeline.reading import read_json
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
            path = min((self.folder / place.run).glob(f"*/{fold}/*/model.json"))
            view = View(place.test, tuple(read_json(path)["corpus_classes"][place.test]))
        found = read_outputs(folder / "scores" / f"{name}.npz", view)
        return found[found.label >= 0]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was asked for, systems in full; empty where nobody wrote it down."""
        path = self.folder / "config.yaml"
        if not path.exists():
            return {}
        config = dict(read_yaml(path))
        config["systems"] = {name: self._system(name) or asked for name, asked in config["systems"].items()}
        return {key: value for key, value in config.items() if key not in ("title", "seeds", "model", "train")}

    def _system(self, name: str) -> dict[str, Any]:
        """As its first model was trained."""
        for path in sorted(self.folder.glob(f"*/{name}/*/*/model.json")):
            meta = read_json(path)
            return {part: meta[part] for part in ("svm", "ridge", "model", "train") if part in meta}
        return {}

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
    try:
        rows = read_results(path)
        if not all(isinstance(row, dict) and "metric" in row for row in rows):
            raise ValueError("its rows are no mappings with a metric")
    except (ValueError, json.JSONDecodeError) as error:
        raise SernetError(f"{path} cannot be read: {error}; run the stage report again") from error
    return Measured(label or folder.name, folder, rows, _head(folder / "RESULTS.md"))


def _head(path: Path) -> dict[str, str]:
    """The entries at the head of a RESULTS.md."""
    if not path.exists():
        return {}
    head = path.read_text(encoding="utf-8").partition("\n## ")[0]
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
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            classes = stream.readline().rstrip("\n").split("\t")[FIRST_LOGIT:]
            for line in stream:
                system, fold, seed, test, *rest = line.rstrip("\n").split("\t")
                lines[Model(system, int(seed), fold if fold == "all" else int(fold)), test].append(rest)
    except FileNotFoundError:
        raise SernetError(f"{path} is not there: publish the recipe again (utils/publish.sh)") from None
    except (OSError, EOFError, ValueError) as error:
        raise SernetError(f"{path} cannot be read as predictions: {error}") from error
    index = {name: place for place, name in enumerate(classes)}
    for key, some in lines.items():
        utterances, labels = ([line[column] for line in some] for column in (0, 1))
        yield (
            key,
            Outputs(
                np.asarray(utterances, dtype=str),
                np.asarray([speakers.of(name) for name in utterances], dtype=str),
                np.asarray([index[name] for name in labels], dtype=np.int64),
                np.asarray([line[2:] for line in some], dtype=np.float32),
                tuple(classes),
            ).decided(),
        )

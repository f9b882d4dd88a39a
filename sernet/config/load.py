"""Reads recipes and corpora from their folders and lays the user's settings over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.model import ModelConfig
from sernet.config.peers import PEERS
from sernet.config.recipe import RecipeConfig, RunConfig
from sernet.config.systems import FRAMES, SYSTEMS
from sernet.config.training import TrainConfig
from sernet.config.yaml_reading import parse_yaml, read_yaml
from sernet.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    """A recipe with all that it names: corpora by name with their folders, systems resolved."""

    name: str
    config: RecipeConfig
    corpora: dict[str, CorpusConfig]
    folders: dict[str, Path]
    systems: dict[str, tuple[ModelConfig, TrainConfig]]

    def settings(self, run: RunConfig, system: str) -> tuple[ModelConfig, TrainConfig]:
        """Of a system, as ``run`` trains it."""
        model, train = self.systems[system]
        return model, TrainConfig.model_validate(merged(train.model_dump(mode="json"), run.train))


def load_recipe(egs: Path, name: str, settings: Mapping[str, str]) -> Recipe:
    """The recipe ``egs/<name>`` with ``settings`` (dotted key -> YAML value) laid over it.

    Raises:
        UsageError: a key or value that is not allowed; names file, key and what is.
    """
    path = egs / name / "conf" / "recipe.yaml"
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise UsageError(f"{path}: must hold keys such as title and runs")
    raw["systems"] = raw.get("systems") or {}
    for key, text in settings.items():
        _set(raw, key, parse_yaml(text, f"--set {key}={text}"))
    raw["systems"] = merged(SYSTEMS | _peers(raw), raw["systems"])
    where = f"{path} with --set {' '.join(settings)}" if settings else str(path)
    config = validate(RecipeConfig, raw, where)
    corpora: dict[str, CorpusConfig] = {}
    folders: dict[str, Path] = {}
    for corpus in sorted(_named(config)):
        corpora[corpus], folders[corpus] = load_corpus(egs, corpus, first=egs / name)
    for corpus in config.corpora:
        if corpus not in corpora:
            raise UsageError(f"{where}: corpora.{corpus}: no run uses it; they use {', '.join(corpora)}")
    _check_tuned_on(config, corpora, where)
    _check_folds(config, corpora, where)
    _check_speakers(config, corpora, where)
    systems = _systems(config, where)
    for run, of in config.runs.items():
        validate(TrainConfig, merged(config.train, of.train), f"{where}: runs.{run}.train")
    return Recipe(name, config, corpora, folders, systems)


def load_corpus(egs: Path, name: str, first: Path | None = None) -> tuple[CorpusConfig, Path]:
    """The corpus of that name and its folder; looked for in ``first``, then in ``egs/<name>``, then everywhere.

    Raises:
        UsageError: there is none, or its corpus.yaml is at fault.
    """
    tried = [folder for folder in (first, egs / name) if folder and (folder / "corpus.yaml").exists()]
    rest = [path.parent for path in sorted(egs.glob("*/corpus.yaml")) if path.parent not in tried]
    known: list[str] = []
    for folder in tried + rest:
        for raw in corpora_in(folder):
            if raw.get("name") == name:
                return validate(CorpusConfig, raw, str(folder / "corpus.yaml")), folder
            known.append(str(raw.get("name")))
    raise UsageError(f"no corpus {name!r} in {egs}/*/corpus.yaml; there are: {', '.join(sorted(known))}")


def corpora_in(folder: Path) -> list[dict[str, Any]]:
    """The corpora of one folder's corpus.yaml, not yet validated: a file holds one or a list.

    Published folds lie in it or, one file a name, in folds/<name>.yaml (folds/<corpus>/<name>.yaml beside a list).
    """
    path = folder / "corpus.yaml"
    raw = read_yaml(path)
    entries = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f"{path}: must hold the keys of one corpus, or a list of such")
    for entry in entries:
        lists = folder / "folds" if len(entries) == 1 else folder / "folds" / str(entry.get("name"))
        for file in sorted(lists.glob("*.yaml")):
            folds = entry["folds"] = entry.get("folds") or {}
            if not isinstance(folds, dict):
                raise UsageError(f"{path}: folds: must be a mapping, name -> folds")
            if file.stem in folds:
                raise UsageError(f"{path}: folds.{file.stem} stands here and in {file}")
            folds[file.stem] = read_yaml(file)
    return entries


def merged(base: Any, over: Any) -> Any:
    """``over`` laid over ``base``: mappings key by key, everything else replaced, by null too."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {key: merged(base.get(key), over[key]) if key in over else base[key] for key in [*base, *over]}
    return base if over is None and isinstance(base, Mapping) else over


def _set(raw: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = re.split(r"\.", dotted)
    runs = raw.get("runs") or {}
    if parents[:1] == ["runs"] and len(parents) > 1 and isinstance(runs, dict) and parents[1] not in runs:
        raise UsageError(f"--set {dotted}: no run {parents[1]!r}; there are {', '.join(map(str, runs))}")
    place: Any = raw
    for part in parents:
        if not isinstance(place.get(part, {}), dict):
            raise UsageError(f"--set {dotted}: {part} is a value, not a group of keys")
        place = place.setdefault(part, {})
    place[last] = value


def _peers(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The peers that a run names, or a definition of the recipe's own, its `versus` or its `fuse`; not validated."""
    runs, own = ([*part.values()] if isinstance(part := raw.get(key), dict) else [] for key in ("runs", "systems"))
    lists = [run.get("systems") for run in runs if isinstance(run, dict)]
    lists += [system.get(key) for system in own if isinstance(system, dict) for key in ("versus", "fuse")]
    named = [names if isinstance(names, list | dict) else [names] for names in [*lists, raw["systems"]]]
    return {name: peer for name, peer in PEERS.items() if any(name in names for names in named)}


def _named(config: RecipeConfig) -> Iterable[str]:
    names = {name for run in config.runs.values() for name in [*run.corpora, *run.test_on]}
    used = {name for run in config.runs.values() for name in run.ood}
    return names | {corpus for name in used if (corpus := config.ood.sets[name].corpus)}


def _check_tuned_on(config: RecipeConfig, corpora: Mapping[str, CorpusConfig], where: str) -> None:
    tuned = config.tuned_on
    if tuned and tuned.corpus in corpora:
        corpus = corpora[tuned.corpus]
        listed = corpus.folds.get(tuned.folds)
        if not (listed and listed.by == "speaker" and tuned.fold < len(listed.folds) and corpus.speakers):
            raise UsageError(
                f"{where}: tuned_on: {tuned.corpus} has no fold {tuned.fold} of speakers named {tuned.folds}; "
                f"it has folds {', '.join(corpus.folds) or 'none'}"
            )


def _check_folds(config: RecipeConfig, corpora: Mapping[str, CorpusConfig], where: str) -> None:
    """A name of folds beside a number of groups, which no corpus has, is a slip and not a wish for groups alone."""
    published = {folds for corpus in corpora.values() for folds in corpus.folds}
    for name, run in config.runs.items():
        protocol = run.protocol
        if protocol.name and protocol.groups and protocol.name not in published:
            raise UsageError(
                f"{where}: runs.{name}.protocol.name: no corpus of this recipe has folds named {protocol.name}; "
                f"there are {', '.join(sorted(published)) or 'none'}"
            )


def _check_speakers(config: RecipeConfig, corpora: Mapping[str, CorpusConfig], where: str) -> None:
    """People who speak in two corpora have two ids, so that no other check would find them in train and test."""
    for name, run in config.runs.items():
        sets = {config.ood.sets[ood_set].corpus for ood_set in run.ood}
        together = {*config.learnt_from(run), *run.test_on, *(corpus for corpus in sets if corpus)}
        for corpus in sorted(together):
            for other in sorted(together.intersection(corpora[corpus].same_speakers_as)):
                trained = run.folded and {corpus, other} <= set(run.corpora)
                if not (trained and _same_folds(corpora[corpus], corpora[other], run.protocol.name)):
                    raise UsageError(
                        f"{where}: runs.{name} has {corpus} and {other}, in which the same people speak: leave one "
                        "out, or train on both by published folds that put each person on one side"
                    )


def _same_folds(one: CorpusConfig, other: CorpusConfig, name: str | None) -> bool:
    """Whether published folds of that name test the people of both corpora, who have the same raw ids, together."""
    if name not in one.folds or name not in other.folds:
        return False
    folds = [[set(fold.test) for fold in corpus.folds[name].folds] for corpus in (one, other)]
    shared = set(one.speakers) & set(other.speakers)
    return [test & shared for test in folds[0]] == [test & shared for test in folds[1]]


def _systems(config: RecipeConfig, where: str) -> dict[str, tuple[ModelConfig, TrainConfig]]:
    found = {}
    for name, system in config.systems.items():
        base = FRAMES if system.network and config.front_end(name) else {"model": {}, "train": {}}
        model_values, train_values = merged(base["model"], config.model), merged(base["train"], config.train)
        model = validate(ModelConfig, merged(model_values, system.model), f"{where}: model (system {name})")
        train = validate(TrainConfig, merged(train_values, system.train), f"{where}: train (system {name})")
        found[name] = model, train
    return found

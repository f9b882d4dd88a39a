"""The model to export: found in an experiment, with its scores, settings and figures.

It is a network, or the sum of a network and linear classifiers on functionals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.features import FeatureConfig
from sernet.config.yaml_reading import read_yaml
from sernet.errors import SernetError
from sernet.pipeline.reading import read_json

KEYS = ("run", "system", "fold", "seed")


@dataclass(frozen=True)
class Source:
    """One trained model: where its network lies, and its experiment's folder.

    Of a sum, ``system`` is the sum's, ``network`` that of its network, ``weight`` the network's, and ``listeners`` are
    the folders of its linear classifiers, each with its weight.
    """

    directory: Path
    experiment: Path
    run: str
    system: str
    fold: int | str
    seed: int
    network: str | None = None
    weight: float = 1.0
    listeners: tuple[tuple[Path, float], ...] = ()

    @classmethod
    def at(cls, directory: Path) -> Source:
        """The model in `<experiment>/<run>/<system>/fold<k> or all/seed<s>`."""
        directory = directory.resolve()
        run, system, fold, seed = directory.parts[-4:]
        number = re.fullmatch(r"fold(\d+)", fold)
        if not re.fullmatch(r"seed\d+", seed) or not (number or fold == "all"):
            raise SernetError(f"{directory}: its path must end with RUN/SYSTEM/fold<k> or all/seed<s>, as in exp/")
        return cls(directory, directory.parents[3], run, system, int(number[1]) if number else "all", int(seed[4:]))

    @property
    def config(self) -> dict[str, Any]:
        """The experiment's config.yaml; empty where stage report has not been."""
        path = self.experiment / "config.yaml"
        return read_yaml(path) if path.exists() else {}

    def features(self, corpora: list[str]) -> FeatureConfig:
        """The features that the model was trained on.

        Raises:
            SernetError: neither the experiment's config.yaml nor the features themselves are there.
        """
        if "features" in self.config:
            return validate(FeatureConfig, self.config["features"], str(self.experiment / "config.yaml"))
        stamps = [
            path for name in corpora for path in (self.experiment.parents[1] / "data" / name).glob("*/features.json")
        ]
        found = {validate(FeatureConfig, read_json(path)["config"]["features"], str(path)) for path in stamps}
        if len(found) != 1:
            raise SernetError(
                f"{self.experiment / 'config.yaml'} is missing, which says what features the model was trained on: "
                "run the recipe's stage report"
            )
        return found.pop()

    def results(self) -> list[dict[str, Any]]:
        """The experiment's results.json; none where stage report has not been."""
        path = self.experiment / "results.json"
        return list(read_json(path)) if path.exists() else []


def find(folder: Path, wanted: dict[str, str | None]) -> Source:
    """The one model in ``folder``, an experiment or a model's own, that agrees with ``wanted`` (run, system, ...).

    Raises:
        SernetError: none or several; lists what is there. Or it is a sum that a bundle cannot hold.
    """
    if not folder.is_dir():
        raise SernetError(f"{folder}: no such folder; give an experiment (exp/<recipe>) or one of its seed folders")
    if members := _members(folder, wanted.get("system")):
        return _sum(folder, wanted, members)
    own = (folder / "model.json").exists()
    paths = [folder] if own else sorted(path.parent for path in folder.glob("*/*/*/seed*/model.json"))
    models = [Source.at(path) for path in paths]
    if not models:
        raise SernetError(f"{folder} holds no trained model: expected RUN/SYSTEM/fold<k> or all/seed<s>/model.json")
    chosen = [m for m in models if all(v is None or str(getattr(m, k)) == v for k, v in wanted.items())]
    if len(chosen) == 1:
        return chosen[0]
    asked = " ".join(f"--{key} {value}" for key, value in wanted.items() if value is not None)
    problem = "several models" if chosen else f"no model with {asked}"
    shown = "; ".join(_values(chosen or models, key) for key in KEYS)
    differing = [f"--{key}" for key in KEYS if len({getattr(m, key) for m in chosen or models}) > 1]
    more = f"; choose one by {' '.join(differing)}" if differing else ""
    raise SernetError(f"{folder}: {problem}. There: {shown}{more}")


def _members(folder: Path, system: str | None) -> Mapping[str, float]:
    """The systems that ``system`` is the weighted sum of in the experiment ``folder``; none: it is no sum."""
    path = folder / "config.yaml"
    if system is None or not path.exists():
        return {}
    of = read_yaml(path).get("systems", {}).get(system) or {}
    if of.get("ensemble", 1) > 1:
        raise SernetError(f"{system} averages {of['ensemble']} seeds of a network, and a bundle holds one network")
    if of.get("standardise"):
        raise SernetError(f"{system} standardises the logits that it adds, which a bundle cannot do yet")
    return dict(of.get("fuse") or {})


def _sum(folder: Path, wanted: Mapping[str, str | None], members: Mapping[str, float]) -> Source:
    """The network of a sum, with the linear classifiers that it is added to."""
    systems = read_yaml(folder / "config.yaml")["systems"]
    of = {name: systems.get(name) or {} for name in members}
    networks = [name for name in members if not (of[name].get("svm") or of[name].get("ridge"))]
    if len(networks) != 1:
        shown = " and ".join(networks) or "none"
        raise SernetError(f"a bundle holds one network, which tells outliers; {wanted['system']} has {shown}")
    found = find(folder, {**wanted, "system": networks[0]})
    fold, weight = found.directory.parent.name, members[networks[0]]
    listeners = []
    for name in members:
        if name != networks[0]:
            trained = sorted(folder.glob(f"{found.run}/{name}/{fold}/seed*/model.json"))
            if not trained:
                raise SernetError(f"{folder / found.run / name / fold} holds no trained {name}: run stage train")
            listeners.append((trained[0].parent, members[name]))  # nothing random in it: any seed is the same
    system = str(wanted["system"])
    return replace(found, system=system, network=networks[0], weight=weight, listeners=tuple(listeners))


def _values(models: list[Source], key: str) -> str:
    values = sorted({getattr(model, key) for model in models}, key=lambda value: (isinstance(value, str), value))
    return f"{key} {', '.join(map(str, values))}"

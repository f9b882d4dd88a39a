"""Run detectors over the score files of one model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import roc_auc_score

from sernet.config.ood import OodConfig
from sernet.errors import SernetError, first_of
from sernet.ood.base import EnsembleDetector, ExampleDetector, Floats, NetworkDetector
from sernet.ood.registry import DETECTORS, AnyDetector, make_detector
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track
from sernet.score.files import ScoreSet

if TYPE_CHECKING:
    from sernet.data.dataset import Examples
    from sernet.ood.network import Network


def run(
    detectors: Sequence[str],
    directory: Path,
    sets: Sequence[str],
    examples: Mapping[str, Examples] | None,
    config: OodConfig,
    with_dev: bool = True,
    siblings: Sequence[Path] = (),
    device: str = "cpu",
    heard: Mapping[str, Examples] | None = None,
) -> None:
    """Fit detectors on ID train and score ``test`` and the OOD ``sets``.

    Reads ``directory/scores/{train,dev,test,<set>}.npz`` (dev where it exists) and writes
    ``directory/ood/<detector>/<set>.npz`` with ``utt_id`` and ``score`` (float64, larger = more outlying). Corrupted
    sets are for detectors that work from saved scores (`OodConfig.scored`).

    Args:
        detectors: names, of `registry.DETECTORS`.
        directory: of one model.
        sets: names of OOD sets.
        examples: features by set name, ``train`` among them; trivial detectors and those of the network need them.
        config: hyper-parameters, and what to tune them on.
        with_dev: whether the run has dev speakers; a dev file that an earlier one left behind does not count.
        siblings: the models of all seeds of the same system and fold, for an ensemble; none: ``directory`` alone.
        device: for detectors that need the network.
        heard: what the network hears, by set name; None: ``examples``.

    Raises:
        UsageError: an unknown detector or hyper-parameter.
        SernetError: a score file, the model or the features are missing, or a score is not finite.
    """
    options = {name: config.options.get(name, {}) for name in detectors}  # type: ignore[call-overload]
    for name in detectors:
        make_detector(name, options[name])  # before anything is read or written
    material = Material(directory, examples or {}, with_dev, tuple(siblings) or (directory,), device, heard)
    for name in ("train", "test", *sets):
        material.scores(name)  # what is missing is said before the first detector
    wanted = set(config.model_copy(update={"detectors": list(detectors)}).scored(sets))
    for name in track(detectors, description="detectors"):
        if config.tune_on and material.dev is not None and DETECTORS[name].grid:
            options[name] = tune(name, options[name], material, config.tune_on)
            print(f"{name}: {options[name]} by AUROC of dev against {', '.join(config.tune_on)}", flush=True)
        detector = make_detector(name, options[name])
        material.fit(detector)
        for set_name in ("test", *sets):
            if (name, set_name) in wanted:
                path = directory / "ood" / name / f"{set_name}.npz"
                _save(path, material.scores(set_name).utt_id, material.score(detector, set_name))


@dataclass(frozen=True)
class Material:
    """What detectors may see of one model; every file is read once."""

    directory: Path
    examples: Mapping[str, Examples] = field(default_factory=dict)
    with_dev: bool = True
    siblings: tuple[Path, ...] = ()
    device: str = "cpu"
    heard: Mapping[str, Examples] | None = None
    _cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def scores(self, name: str) -> ScoreSet:
        """The model's scores of a set."""
        return self._once(f"scores {name}", lambda: ScoreSet.load(self.directory / "scores" / f"{name}.npz"))

    @property
    def dev(self) -> ScoreSet | None:
        """Scores of the dev speakers, where the run has some."""
        there = self.with_dev and (self.directory / "scores" / "dev.npz").exists()
        return self.scores("dev") if there else None

    @property
    def network(self) -> Network:
        """The model itself."""
        return self._once("network", self._load_network)

    def fit(self, detector: AnyDetector) -> None:
        """Let a detector learn from ID train and dev."""
        if isinstance(detector, ExampleDetector):
            detector.fit_examples(self._features(detector.name, "train"))
        elif not isinstance(detector, NetworkDetector | EnsembleDetector):
            detector.fit(self.scores("train"), self.dev)

    def score(self, detector: AnyDetector, name: str) -> Floats:
        """A fitted detector's scores ``(n,)`` of a set, in the order of its score file."""
        if isinstance(detector, ExampleDetector):
            return detector.score_examples(self._features(detector.name, name))
        if isinstance(detector, NetworkDetector):
            return detector.score(self.network, self._features(detector.name, name, heard=True))
        if isinstance(detector, EnsembleDetector):
            return detector.score([ScoreSet.load(model / "scores" / f"{name}.npz") for model in self.siblings])
        return detector.score(self.scores(name))

    def _features(self, detector: str, name: str, heard: bool = False) -> Examples:
        """Features of a set in the order of its scores: FBanks, or with ``heard`` what the network hears."""
        there = self.heard if heard and self.heard is not None else self.examples
        if name not in there:
            raise SernetError(f"detector {detector} needs the features of set {name}, which were not given")
        return self._once(f"features {name} {heard}", lambda: there[name].select(self.scores(name).utt_id))

    def _load_network(self) -> Network:
        from sernet.ood.network import Network

        return Network.load(self.directory, self.device)

    def _once(self, key: str, make: Any) -> Any:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]


def tune(name: str, options: Mapping[str, float], material: Material, sets: Sequence[str]) -> dict[str, float]:
    """``options`` with the values of the detector's grid, where ``options`` leaves them open, that separate best.

    Best is the mean AUROC of ID dev against ``sets``, which no test set may share anything with; the first of equals.
    """
    grid = {key: values for key, values in DETECTORS[name].grid.items() if key not in options}
    if not grid:
        return dict(options)
    best, chosen = -1.0, dict(options)
    for values in itertools.product(*grid.values()):
        tried = {**options, **dict(zip(grid, values, strict=True))}
        detector = make_detector(name, tried)
        material.fit(detector)
        auroc = mean_auroc(detector, material, sets)
        if auroc > best:
            best, chosen = auroc, tried
    return chosen


def mean_auroc(detector: AnyDetector, material: Material, sets: Sequence[str], inside: str = "dev") -> float:
    """Unweighted mean, over OOD ``sets``, of the AUROC of the ID set ``inside`` against each."""
    own = material.score(detector, inside)
    aurocs = []
    for name in sets:
        other = material.score(detector, name)
        aurocs.append(roc_auc_score(np.repeat([False, True], [len(own), len(other)]), np.concatenate([own, other])))
    return float(np.mean(aurocs))


def _save(path: Path, utt_id: np.ndarray, score: Floats) -> None:
    bad = ~np.isfinite(score)
    if bad.any():
        raise SernetError(f"{path}: the detector's score is not finite for {first_of(utt_id[bad])}")
    with atomic(path) as temporary:
        np.savez_compressed(temporary, utt_id=utt_id, score=score)

"""Run detectors over the score files of one model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import roc_auc_score

from sernet.config.ood import OodConfig
from sernet.errors import SernetError
from sernet.ood.base import Detector, ExampleDetector, Floats
from sernet.ood.registry import DETECTORS, make_detector
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track
from sernet.score.files import ScoreSet, name_some

if TYPE_CHECKING:
    from sernet.data.dataset import Examples


def run(
    detectors: Sequence[str],
    directory: Path,
    sets: Sequence[str],
    examples: Mapping[str, Examples] | None,
    config: OodConfig,
    with_dev: bool = True,
) -> None:
    """Fit detectors on ID train and score ``test`` and the OOD ``sets``.

    Reads ``directory/scores/{train,dev,test,<set>}.npz`` (dev where it exists) and writes
    ``directory/ood/<detector>/<set>.npz`` with ``utt_id`` and ``score`` (float64, larger = more outlying).

    Args:
        detectors: names, of `registry.DETECTORS`.
        directory: of one model.
        sets: names of OOD sets.
        examples: features by set name, ``train`` among them; only `ExampleDetector`s ask for them.
        config: hyper-parameters, and what to tune them on.
        with_dev: whether the run has dev speakers; a dev file that an earlier one left behind does not count.

    Raises:
        UsageError: an unknown detector or hyper-parameter.
        SernetError: a score file or the features are missing, or a score is not finite.
    """
    options = {name: config.options.get(name, {}) for name in detectors}  # type: ignore[call-overload]
    for name in detectors:
        make_detector(name, options[name])  # before anything is read or written
    folder = directory / "scores"
    train = ScoreSet.load(folder / "train.npz")
    dev = ScoreSet.load(folder / "dev.npz") if with_dev and (folder / "dev.npz").exists() else None
    tested = {name: ScoreSet.load(folder / f"{name}.npz") for name in ["test", *sets]}
    for name in track(detectors, description="detectors"):
        if config.tune_on is not None and dev is not None and DETECTORS[name].grid:
            ood_dev = ScoreSet.load(folder / f"{config.tune_on}.npz")
            options[name] = tune(name, options[name], train, dev, ood_dev)
            print(f"{name}: {options[name]} by AUROC of dev against {config.tune_on}", flush=True)
        detector = make_detector(name, options[name])
        if isinstance(detector, ExampleDetector):
            detector.fit_examples(_examples_of(train, "train", name, examples))
        else:
            detector.fit(train, dev)
        for set_name, scores in tested.items():
            if isinstance(detector, ExampleDetector):
                score = detector.score_examples(_examples_of(scores, set_name, name, examples))
            else:
                score = detector.score(scores)
            _save(directory / "ood" / name / f"{set_name}.npz", scores.utt_id, score)


def tune(
    name: str, options: Mapping[str, float], train: ScoreSet, dev: ScoreSet, ood_dev: ScoreSet
) -> dict[str, float]:
    """``options`` with the values of the detector's grid, where ``options`` leaves them open, that separate best.

    Best is the AUROC of ID ``dev`` against ``ood_dev``, which no test set may share anything with; the first of equals.
    """
    grid = {key: values for key, values in DETECTORS[name].grid.items() if key not in options}
    outlying = np.repeat([False, True], [len(dev), len(ood_dev)])
    best, chosen = -1.0, dict(options)
    for values in itertools.product(*grid.values()):
        tried = {**options, **dict(zip(grid, values, strict=True))}
        detector = make_detector(name, tried)
        assert isinstance(detector, Detector)  # trivial detectors have no grid
        detector.fit(train, dev)
        auroc = roc_auc_score(outlying, np.concatenate([detector.score(dev), detector.score(ood_dev)]))
        if auroc > best:
            best, chosen = auroc, tried
    return chosen


def _examples_of(scores: ScoreSet, set_name: str, detector: str, examples: Mapping[str, Examples] | None) -> Examples:
    if examples is None or set_name not in examples:
        raise SernetError(f"detector {detector} needs the features of set {set_name}, which were not given")
    return examples[set_name].select(scores.utt_id)


def _save(path: Path, utt_id: np.ndarray, score: Floats) -> None:
    bad = ~np.isfinite(score)
    if bad.any():
        raise SernetError(f"{path}: the detector's score is not finite for {name_some(utt_id[bad])}")
    with atomic(path) as temporary:
        np.savez_compressed(temporary, utt_id=utt_id, score=score)

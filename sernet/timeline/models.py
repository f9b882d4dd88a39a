"""Which models of an experiment are measured over time, and where what belongs to them lies."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sernet.experiment import Experiment
from sernet.units import Unit

if TYPE_CHECKING:
    from sernet.timeline.made import Plan

SEQUENCE = "-sequence"
"""Behind a system's name: its models, fine-tuned by the sequence objective."""


def tested(experiment: Experiment) -> list[Unit]:
    """The models that are measured over time: the trained ones and, where asked for, those fine-tuned to localise."""
    config = experiment.recipe.config.timeline
    return [] if config is None else _with_sequence(experiment, _of_run(experiment, config.runs))


def tuned_on(experiment: Experiment) -> list[Unit]:
    """The models whose dev speakers the settings are chosen on."""
    return _with_sequence(experiment, _tuned_on(experiment))


def fine_tuned(experiment: Experiment) -> list[Unit]:
    """The trained models that the sequence objective starts from."""
    config = experiment.recipe.config.timeline
    if config is None or config.sequence is None:
        return []
    return [*_of_run(experiment, config.runs), *_tuned_on(experiment)]


def trained_system(unit: Unit) -> str:
    """The recipe's system that a model is of, or was fine-tuned from."""
    return unit.system.removesuffix(SEQUENCE)


def set_path(experiment: Experiment, unit: Unit, part: str) -> Path:
    """The ark of a fold's recordings: one for all systems and seeds."""
    return experiment.folder / unit.run.name / "timeline_sets" / f"fold{unit.fold}" / f"{part}.ark"


def segments_path(unit: Unit) -> Path:
    """timeline/segments.json of a model: segments and errors of every recording by every method."""
    return unit.directory / "timeline" / "segments.json"


def sequence_folder(unit: Unit) -> Path:
    """Where the fine-tuned twin of a trained model lies."""
    return unit.directory / "timeline" / "sequence"


def plans(experiment: Experiment, unit: Unit, part: str) -> list[Plan]:
    """The recordings that are made of a part's clips."""
    from sernet.timeline.made import plan  # SciPy takes its time

    config = experiment.recipe.config.timeline
    assert config is not None
    clips: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in experiment.part(unit, part):
        label = unit.run.label(item.utterance.emotion)
        if label is not None and label in config.classes and item.utterance.speaker:
            clips[item.utterance.speaker].append((item.utterance.id, label))
    return plan(clips, config.quiet)


def _of_run(experiment: Experiment, names: list[str]) -> list[Unit]:
    return [unit for unit in experiment.units() if unit.run.name in names]


def _tuned_on(experiment: Experiment) -> list[Unit]:
    """Without the fine-tuned ones."""
    config = experiment.recipe.config.timeline
    if config is None or config.tune is None:
        return []
    return [unit for unit in _of_run(experiment, [config.tune.run]) if unit.fold == config.tune.fold]


def _with_sequence(experiment: Experiment, found: list[Unit]) -> list[Unit]:
    """The same and, where asked for, their fine-tuned twins, which are models of a system of their own."""
    config = experiment.recipe.config.timeline
    if config is None or config.sequence is None:
        return found
    return found + [replace(unit, system=unit.system + SEQUENCE, directory=sequence_folder(unit)) for unit in found]

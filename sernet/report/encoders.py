"""What a reader must know of the pre-trained encoders that an experiment's systems hear."""

from __future__ import annotations

from sernet.errors import SernetError
from sernet.experiment import Experiment
from sernet.pipeline.reading import read_json


def encoders(experiment: Experiment) -> dict[str, str]:
    """Each encoder in words: which systems hear it, its size, licence and training data."""
    found = {}
    for name, systems in _heard(experiment).items():
        config = experiment.recipe.config.front_ends[name]
        about = config.about
        layers = "all layers" if config.layers == "all" else f"layers {' '.join(map(str, config.layers))}"
        parts = [about.title, f"{layers}, {config.keep}", _size(experiment, name), f"licence {about.licence}"]
        parts += [f"trained on {about.trained_on}", f"heard by {', '.join(systems)}"]
        found[name] = "; ".join(part for part in parts if part)
    return found


def contaminated(experiment: Experiment) -> dict[str, str]:
    """The systems whose encoder has learnt from test speakers of this experiment, with corpus and reason."""
    found = {}
    for name, systems in _heard(experiment).items():
        for corpus, why in experiment.recipe.config.front_ends[name].about.contaminated.items():
            if corpus in experiment.corpora:
                found[", ".join(systems)] = f"on {corpus}: {why}; these figures are no test"
    return found


def _heard(experiment: Experiment) -> dict[str, list[str]]:
    """Front end -> the systems that hear it, themselves or by a part of their sum."""
    config = experiment.recipe.config
    systems = sorted({system for run in experiment.runs for system in config.systems_of(run.config)})
    found: dict[str, list[str]] = {}
    for system in systems:
        for name in sorted({experiment.front_end(part) or "" for part in experiment.fuse(system) or [system]}):
            if name in config.front_ends:
                found.setdefault(name, []).append(system)
    return found


def _size(experiment: Experiment, name: str) -> str:
    for corpus in experiment.corpora:
        path = experiment.features(corpus, name) / "front_end.json"
        if path.exists():
            weights = read_json(path).get("parameters")
            if not isinstance(weights, int):
                raise SernetError(f"{path}: does not say how many weights the encoder has; make the features again")
            return f"{weights / 1e6:.1f} million frozen weights" if weights else ""
    return ""

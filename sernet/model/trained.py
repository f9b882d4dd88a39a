"""A trained model's folder: `model.json`, and the weights in `model.safetensors` that belong to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sernet.config.base import validate
from sernet.config.model import ModelConfig
from sernet.errors import SernetError
from sernet.pipeline.arrays import read_safetensors
from sernet.pipeline.reading import read_json

WEIGHTS, META = "model.safetensors", "model.json"
AGAIN = "train again (stage train)"


class Computed(BaseModel):
    """What a training computed with; part of what two trainings may differ in."""

    precision: str = "unknown"
    threads: int = 1
    processor: str = "unknown"

    def __str__(self) -> str:
        return f"{self.precision}, {self.threads} thread{'s' * (self.threads != 1)}, {self.processor}"


class Settings(BaseModel):
    """How a model was trained, as a report says it."""

    model_config = ConfigDict(allow_inf_nan=False)

    corpus_classes: dict[str, list[str]] | None = None
    model: Any = None
    train: dict[str, Any] | None = None
    svm: dict[str, Any] | None = None
    ridge: dict[str, Any] | None = None
    computed: Computed | None = None
    """None: trained before it was recorded."""


class Trained(Settings):
    """What every model.json holds; network or linear classifier."""

    identity: str
    classes: list[str] = Field(min_length=1)
    merge: dict[str, str]
    bins: int = Field(gt=0)


class FrontEndValues(BaseModel):
    """The normalisation that a network was trained with."""

    model_config = ConfigDict(allow_inf_nan=False)

    normalise: Literal["speech", "utterance", "global"]
    trim_db: float | None
    mean: list[float]
    std: list[float]


class TrainedNetwork(Trained):
    """What that of a network holds beside it."""

    corpora: list[str] = []
    frame_shift: float = Field(gt=0)
    model: ModelConfig
    front_end: FrontEndValues


def read_meta(directory: Path, kind: type[Settings] = Trained) -> dict[str, Any]:
    """The model.json of a trained model, as it stands there.

    Raises:
        SernetError: it is missing or damaged.
    """
    path = directory / META
    if not path.exists():
        raise SernetError(f"{path} is missing: the model is not trained (stage train)")
    meta = read_json(path)
    validate(kind, meta, str(path), SernetError)
    return dict(meta)


def read_weights(directory: Path, identity: str, framework: Literal["pt", "np"]) -> dict[str, Any]:
    """The weights beside a model.json that names the training ``identity``.

    Raises:
        SernetError: they are missing, damaged, or those of another training.
    """
    path = directory / WEIGHTS
    if not path.exists():
        raise SernetError(f"{path} is missing: the model is not trained (stage train)")
    weights, own = read_safetensors(path, framework, AGAIN)
    if not isinstance(own, dict) or own.get("identity") != identity:
        raise SernetError(f"{directory}: {WEIGHTS} and {META} are of different trainings; {AGAIN}")
    return weights

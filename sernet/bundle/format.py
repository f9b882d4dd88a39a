"""What a bundle holds, and how it is read: JSON and safetensors, checked, no code and no pickle."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
from pydantic import Field, field_validator

from sernet.config.base import Strict, validate
from sernet.config.features import FeatureConfig
from sernet.config.functionals import FunctionalsConfig
from sernet.config.model import ModelConfig
from sernet.emotions import check_emotion
from sernet.errors import SernetError
from sernet.pipeline.arrays import read_safetensors
from sernet.pipeline.files import write_text
from sernet.pipeline.reading import read_json, read_text

FORMAT = 4
"""Raised when a bundle of before can no longer be read as it was meant, or one of now by the sernet of before.

2: what a corpus gave in training, and the temperature of decisions among that. 3: linear classifiers on functionals
beside the network. 4: `bundle.json.sha256`, and one posterior, at the temperature."""
SEALED = 4
"""The first format with a digest of bundle.json itself."""
CONTENTS, WEIGHTS, STATISTICS, GRAPH, CARD = (
    *("bundle.json", "model.safetensors", "statistics.safetensors"),
    *("model.onnx", "README.md"),
)
SEAL = f"{CONTENTS}.sha256"
"""The digest of bundle.json, as `sha256sum -c` reads it."""
FileName = Literal["model.safetensors", "statistics.safetensors", "model.onnx"]
DetectorName = Literal["mahalanobis", "relative_mahalanobis", "knn", "msp", "max_cosine", "max_logit", "energy"]
"""What a bundle can carry; `sernet.bundle.outliers` freezes them."""


class FrontEndConfig(Strict):
    """How log energies become the network's input; mean and deviation lie in the statistics."""

    normalise: Literal["speech", "utterance", "global"]
    trim_db: float | None = Field(None, gt=0)


class Calibration(Strict):
    """The temperature that divides the logits before a confidence is read off them."""

    temperature: float | None = Field(None, ge=1e-3, le=1e3, description="null: not calibrated, as if it were 1")
    restricted: float | None = Field(
        None,
        ge=1e-3,
        le=1e3,
        description="of decisions among chosen classes; null: the same. Fitted where corpora differ in theirs",
    )
    note: str = Field(description="what it was fitted on, or why it was not")


class Outliers(Strict):
    """The detector of this bundle and the score up to which speech is accepted."""

    detector: DetectorName
    options: dict[str, float] = Field(default_factory=dict)
    chosen: str = Field(description="by which rule")
    threshold: float
    acceptance: float = Field(gt=0, le=1, description="share of the scores in `fitted_on` up to the threshold")
    fitted_on: Literal["train", "dev"]


class Listener(Strict):
    """A linear classifier on functionals, whose decision values are added to the network's logits."""

    functionals: FunctionalsConfig
    weight: float = Field(gt=0, description="of its decision values in the sum")


class Corpus(Strict):
    """A training corpus, with what its licence says."""

    name: str
    title: str
    licence: str
    source: str
    classes: list[str] | None = Field(
        None, description="those it gave in training, where the others were masked for it; null: all"
    )


class Origin(Strict):
    """Where the model comes from."""

    recipe: str
    run: str
    system: str
    network: str | None = Field(None, description="where `system` is a sum: the one that the network is of")
    fold: int | str
    seed: int
    identity: str = Field(description="of the training, as in its model.json")
    corpora: list[Corpus]
    utterances: int
    speakers: int


class Contents(Strict):
    """bundle.json."""

    format: int = Field(ge=1, le=FORMAT, strict=True)
    sernet: str = Field(description="version that wrote it")
    classes: list[str] = Field(min_length=2)
    merge: dict[str, str] = Field(default_factory=dict)
    features: FeatureConfig
    front_end: FrontEndConfig
    model: ModelConfig
    scale: float = Field(gt=0, description="of the emotion head")
    weight: float = Field(1.0, gt=0, description="of the network's logits in the sum with those of the listeners")
    listeners: list[Listener] = []
    calibration: Calibration
    outliers: Outliers
    origin: Origin
    files: dict[FileName, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = Field(
        description="SHA-256 of each other file"
    )

    @field_validator("classes")
    @classmethod
    def _known(cls, classes: list[str]) -> list[str]:
        if len(set(classes)) != len(classes):
            raise ValueError("a class stands there twice")
        for name in classes:
            check_emotion(name)
        return classes


@dataclass(frozen=True)
class Bundle:
    """A bundle that has been read and checked.

    Args:
        folder: where it lies.
        contents: bundle.json.
        statistics: normalisation (`front_end/mean`, `front_end/std`), mel filters (`filters`), head
            (`head/weight`, `head/bias`), what the detector has learnt (`detector/...`), listeners (`listener<n>/...`).
    """

    folder: Path
    contents: Contents
    statistics: dict[str, np.ndarray]

    @property
    def identity(self) -> str:
        """A digest of all that it says and holds."""
        return hashlib.sha256(self.contents.model_dump_json().encode()).hexdigest()

    @property
    def window(self) -> int | None:
        """Frames of a window; None: recordings are seen whole."""
        seconds = self.contents.model.window_seconds
        return None if seconds is None else round(seconds / self.contents.features.frame_shift)


def read(folder: Path | str) -> Bundle:
    """The bundle in ``folder``.

    Raises:
        SernetError: it is not one, was written in a newer format, or a file is missing or damaged (named).
    """
    folder = Path(folder)
    path = folder / CONTENTS
    if not path.is_file():
        raise SernetError(f"{folder} is no bundle: it holds no {CONTENTS}; sernet export makes one")
    raw = _json(_inside(folder, CONTENTS))
    _check_format(path, raw)
    _check_seal(folder, raw["format"])
    if foreign := [name for name in _listed(raw) if name not in get_args(FileName)]:
        raise SernetError(f"{path}: files: {foreign[0][:60]!r} is not the name of a file in the bundle")
    contents = validate(Contents, raw, str(path), SernetError)
    for name in (WEIGHTS, STATISTICS):
        if name not in contents.files:
            raise SernetError(f"{path}: files does not list {name}; export the model again")
    for name, expected in contents.files.items():
        if digest(_inside(folder, name)) != expected:
            raise SernetError(
                f"{folder / name} is damaged: it is not the file that was exported; copy the bundle again"
            )
    statistics = _arrays(folder / STATISTICS)
    known, named = len(np.atleast_1d(statistics.get("head/weight", ()))), len(contents.classes)
    if known != named:
        raise SernetError(
            f"{path} is damaged: it names {named} classes, and the model has {known}; copy the bundle again"
        )
    bundle = Bundle(folder, contents, statistics)
    from sernet.bundle import checks

    checks.check(bundle)
    return bundle


def seal(folder: Path) -> None:
    """Write the digest of ``folder``'s bundle.json beside it."""
    write_text(folder / SEAL, f"{digest(folder / CONTENTS)}  {CONTENTS}\n")


def _check_seal(folder: Path, number: int) -> None:
    if not (folder / SEAL).exists():
        if number >= SEALED:
            raise SernetError(f"{folder / SEAL} is missing from the bundle; copy the bundle again")
        return
    if read_text(_inside(folder, SEAL)).split()[:1] != [digest(folder / CONTENTS)]:
        raise SernetError(
            f"{folder / CONTENTS} is damaged: it is not the file that was exported (sha256sum -c {SEAL}); copy the "
            "bundle again"
        )


def _inside(folder: Path, name: str) -> Path:
    """A regular file of the bundle, if it is that.

    Raises:
        SernetError: it is missing, a link that leads out of the bundle, or a pipe or device.
    """
    path = folder / name
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise SernetError(f"{path} is missing from the bundle; copy the bundle again") from error
    if real.parent != folder.resolve():
        raise SernetError(f"{path} is a link that leads out of the bundle, to {real}: only files in it are read")
    if not real.is_file():
        raise SernetError(f"{path} is not a regular file")
    return path


def _listed(raw: dict[str, Any]) -> list[str]:
    files = raw.get("files")
    return [str(name) for name in files] if isinstance(files, dict) else []


def digest(path: Path) -> str:
    """SHA-256 of a file of a bundle."""
    try:
        with open(path, "rb") as stream:
            found = hashlib.sha256()
            for block in iter(lambda: stream.read(1 << 20), b""):
                found.update(block)
            return found.hexdigest()
    except OSError as error:
        raise SernetError(f"{path} is missing from the bundle ({error.strerror}); copy the bundle again") from error


def _json(path: Path) -> Any:
    try:
        return read_json(path)
    except SernetError as error:
        raise SernetError(f"{path} is damaged: {error}; copy the bundle again") from error


def _check_format(path: Path, raw: Any) -> None:
    number = raw.get("format") if isinstance(raw, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise SernetError(f"{path}: does not say its format; it is not what sernet export writes")
    if number > FORMAT:
        raise SernetError(
            f"{path}: the bundle has format {number}, written by sernet {raw.get('sernet', 'unknown')}; this sernet "
            f"reads up to format {FORMAT}: update sernet"
        )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    return read_safetensors(path, "np", "copy the bundle again")[0]

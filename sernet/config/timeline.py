"""The `timeline` part of a recipe: emotion over time in recordings made of held-out speakers' clips."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sernet.config.base import Name, Strict
from sernet.config.ood import DetectorName
from sernet.emotions import check_emotion, check_merge

Decoder = Literal["auto", "k2", "torch"]


class HmmConfig(Strict):
    """The decoder's grammar and weights; the defaults were chosen on dev speakers (egs/timeline/NOTES.md)."""

    scale: float | None = Field(
        0.3, gt=0, description="of log-posteriors, as windows overlap; null: hop / window, so that each counts once"
    )
    switch_penalty: float = Field(0.0, ge=0, description="taken off at each change of label, in nats")
    minimum_seconds: float | dict[str, float] = Field(1.2, description="shortest segment, for all classes or by class")
    prior: Literal["train", "uniform"] = Field("train", description="of the classes, paid where a segment begins")


class RejectConfig(Strict):
    """What becomes the class `none`: no speech, and speech that the model does not know."""

    below_db: float = Field(40.0, gt=0, description="this far under the recording's speech level, speech is even odds")
    softness_db: float = Field(3.0, gt=0, description="dB from even odds to odds of e")
    detector: DetectorName | None = Field(None, description="whose outlier score counts too; null: energy alone")
    accept: float = Field(0.99, gt=0.5, lt=1, description="quantile of the training scores at which it is even odds")
    prior: float = Field(0.05, gt=0, lt=1, description="of `none`, where a segment begins")
    minimum_seconds: float = Field(0.3, ge=0, description="shortest segment of `none`")


class TuneConfig(Strict):
    """Settings are chosen by EDER on the dev speakers of one fold of one run, and taken untouched everywhere else."""

    run: Name = Field(description="a run with dev_speakers")
    fold: int = Field(0, ge=0)
    scale: list[float] = Field([0.07, 0.15, 0.3, 0.6, 1.0], min_length=1)
    switch_penalty: list[float] = Field([0.0, 1.0, 2.0, 4.0, 8.0], min_length=1)
    minimum_seconds: list[float] = Field([0.1, 0.5, 0.8, 1.2], min_length=1)
    prior: list[Literal["train", "uniform"]] = Field(["train", "uniform"], min_length=1)
    moving_average_seconds: list[float] = Field([0.3, 0.5, 0.7, 0.9, 1.3, 1.7, 2.1, 3.1], min_length=1)
    total_variation: list[float] = Field([0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0], min_length=1)


class SequenceConfig(Strict):
    """Fine-tuning a trained model so that it localises, from utterance labels alone."""

    through: Literal["torch", "k2"] = Field("torch", description="what computes the objective")
    epochs: int = Field(2, ge=1)
    lr: float = Field(2e-4, gt=0, description="of AdamW, falling to 0 along a cosine")
    batch_size: int = Field(8, ge=1, description="recordings")
    hop_seconds: float = Field(0.5, gt=0, description="between the windows of a recording in training")
    switch_penalty: float = Field(1.0, ge=0, description="of the grammar in training")
    minimum_seconds: float = Field(0.5, ge=0, description="shortest segment in training")


class TimelineConfig(Strict):
    """Which runs are measured over time, and how."""

    runs: list[Name] = Field(min_length=1, description="runs whose test speakers recordings are made of")
    classes: list[str] = Field(
        ["neutral", "happiness", "sadness", "anger"], min_length=2, description="of the runs' classes; the benchmark's"
    )
    quiet: list[str] = Field(["neutral"], min_length=1, description="classes that are no emotion: they frame the rest")
    merge: dict[str, str] = Field(default_factory=dict, description="class of the runs -> the one it counts as here")
    decoder: Decoder = Field("auto", description="k2 where it is installed, else torch; the same to rounding")
    window_seconds: float = Field(1.5, gt=0, description="what the model sees at a time")
    hop_seconds: float = Field(0.1, gt=0, description="between windows")
    normalise: Literal["train", "recording"] = Field(
        "recording",
        description="whose mean is taken off each bin where the model takes off an utterance's: that of the recording, "
        "or of the training data, which suits a model whose mean is taken over silence, too",
    )
    hmm: HmmConfig = HmmConfig()
    reject: RejectConfig = RejectConfig()
    moving_average_seconds: float = Field(2.1, gt=0, description="of that baseline")
    total_variation: float = Field(2.0, ge=0, description="weight of that baseline")
    tune: TuneConfig | None = None
    sequence: SequenceConfig | None = Field(None, description="also measure a model that was fine-tuned to localise")

    @model_validator(mode="after")
    def _consistent(self) -> TimelineConfig:
        for name in self.classes:
            check_emotion(name)
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes holds a class twice")
        for source, target in self.merge.items():
            check_merge(source, target)
            if target not in self.classes or source in self.classes:
                raise ValueError(f"merge.{source}: classes must hold {target} and not {source}")
        if strangers := sorted(set(self.quiet) - set(self.classes)):
            raise ValueError(f"quiet: {', '.join(strangers)} is not one of classes")
        if set(self.quiet) == set(self.classes):
            raise ValueError("quiet: every class is quiet, so there is no emotion to find")
        if self.sequence is not None and self.reject.detector is not None:
            raise ValueError("sequence: a model that was fine-tuned has no score files for reject.detector; drop one")
        minimum = self.hmm.minimum_seconds
        if isinstance(minimum, dict) and (strangers := sorted(set(minimum) - set(self.classes))):
            raise ValueError(f"hmm.minimum_seconds: {', '.join(strangers)} is not one of classes")
        return self

"""Training: what of it can be changed."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from sernet.config.base import Strict

EPOCHS, PRESENTED = 30, 20000
"""Of a training whose length is not set: epochs, and utterances presented in all, at least."""


class AugmentConfig(Strict):
    """Drawn anew for each utterance and epoch."""

    time_warp: float = Field(0.1, ge=0, lt=0.5, description="tempo, up to this share slower or faster")
    frequency_warp: float = Field(0.1, ge=0, lt=0.5, description="vocal-tract length, up to this share")
    time_masks: int = Field(2, ge=0)
    time_mask_seconds: float = Field(0.25, ge=0, description="longest of each")
    frequency_masks: int = Field(2, ge=0)
    frequency_mask_bins: int = Field(10, ge=0, description="widest of each")
    channel: float = Field(0.0, ge=0, description="deviation of a random smooth channel, in those of the input")
    style: float = Field(
        0.8, ge=0, le=1, description="MixStyle: share of utterances whose bins' means and deviations are mixed"
    )
    mixup: float = Field(0.0, ge=0, description="alpha of mixup's Beta(alpha, alpha); 0: none")


class TrainConfig(Strict):
    """How a model is trained."""

    epochs: int | None = Field(
        None, ge=1, description="null: 30, more for a small corpus, until 20,000 utterances were presented"
    )
    batch_size: int = Field(32, ge=2, description="utterances")
    crop_seconds: float | None = Field(2.5, gt=0, description="random crop; null: whole utterances, padded")
    peak_lr: float = Field(2e-3, gt=0, description="of one cosine cycle")
    warmup: float = Field(0.25, ge=0, lt=1, description="share of the steps that rise to peak_lr")
    weight_decay: float = Field(0.05, ge=0, description="AdamW's, on weights of two or more dimensions")
    clip_norm: float = Field(5.0, gt=0, description="largest norm of the gradient")
    ema: float = Field(0.995, ge=0, lt=1, description="decay of the averaged weights, which are the result")
    balance: list[Literal["corpus", "class", "speaker"]] = Field(
        ["class"], description="weight the loss so that groups by these count alike; empty: every utterance alike"
    )
    augment: AugmentConfig = Field(default_factory=lambda: AugmentConfig())
    select: Literal["last", "dev"] = Field("last", description="the last epoch, or the best UAR on the dev speakers")
    dev_every: int = Field(5, ge=1, description="epochs between dev evaluations; the last is always evaluated")
    precision: Literal["float32", "bf16", "auto"] = Field(
        "auto", description="auto: bf16 on CUDA and on CPUs with AMX or AVX-512's bfloat16, else float32"
    )
    threads: int = Field(1, ge=1, description="of torch on CPU; part of what decides a result bit for bit")
    tensorboard: bool = Field(True, description="write scalars to tensorboard/")

    def epochs_for(self, utterances: int) -> int:
        """The epochs of a training on so many utterances.

        With 6 RAVDESS speakers instead of 15, 30 epochs ended at dev UAR 0.56, 80 at 0.63 (egs/ablation/STUDIES.md).
        """
        return self.epochs or max(EPOCHS, math.ceil(PRESENTED / utterances))

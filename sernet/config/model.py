"""The network: what of it can be changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from sernet.config.base import Strict


class InputConfig(Strict):
    """What is done to log energies before the network sees them."""

    normalise: Literal["speech", "utterance", "global"] = Field(
        "speech",
        description="subtract each bin's mean over the utterance's speech, over all of it, or over the training "
        "data (keeps level)",
    )
    trim_db: float | None = Field(
        None, gt=0, description="drop leading and trailing frames this far below the loudest; null: keep all"
    )


Stride = Annotated[int, Field(ge=1, le=64)]
Width = Annotated[int, Field(ge=1, le=16384)]


class EncoderConfig(Strict):
    """Parallel first kernels, then residual blocks; `channels` and `strides` have one entry a block."""

    stem_channels: int = Field(8, ge=1, le=4096, description="of the time- and of the frequency-oriented kernels, each")
    stem_kernel: int = Field(9, ge=3, le=255, description="long side in frames or bins, odd; the short side is 3")
    stem_stride: tuple[Stride, Stride] = Field((4, 2), description="(time, frequency) of the first kernels")
    channels: list[Width] = Field([32, 48, 64, 96], min_length=1, max_length=64, description="of each block")
    strides: list[tuple[Stride, Stride]] = Field(
        [(2, 2), (1, 2), (2, 2), (1, 1)], description="(time, frequency) of each"
    )
    squeeze: int = Field(4, ge=1, le=4096, description="reduction of squeeze-excitation")
    attention: int = Field(64, ge=1, le=16384, description="hidden units of the attentive pooling")

    @model_validator(mode="after")
    def _shapes(self) -> EncoderConfig:
        if len(self.channels) != len(self.strides):
            raise ValueError(
                f"channels has {len(self.channels)} entries, strides {len(self.strides)}; give one a block"
            )
        if self.stem_kernel % 2 == 0:
            raise ValueError("stem_kernel must be odd")
        return self


class FramesConfig(Strict):
    """On a pre-trained encoder's frames: a learnt sum of its layers, a projection, convolutions over time."""

    layers: int = Field(1, ge=1, description="of the front end, which sets it")
    projection: int = Field(128, ge=1, description="channels behind the sum of layers")
    blocks: int = Field(2, ge=1, description="residual convolutions over time")
    kernel: int = Field(5, ge=1, description="frames, odd")
    attention: int = Field(64, ge=1, le=16384, description="hidden units of the attentive pooling")

    @model_validator(mode="after")
    def _odd(self) -> FramesConfig:
        if self.kernel % 2 == 0:
            raise ValueError("kernel must be odd")
        return self


class HeadConfig(Strict):
    """The emotion classifier."""

    kind: Literal["softmax", "am"] = Field("am", description="plain softmax, or additive-margin softmax")
    scale: float = Field(15.0, gt=0, description="am: factor of the cosines")
    margin: float = Field(0.2, ge=0, lt=1, description="am: taken off the target's cosine in training")


def _off(value: object) -> object:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


class AttributeConfig(Strict):
    """How training controls one speech attribute."""

    control: Annotated[Literal["assist", "suppress", "auto", "off"], BeforeValidator(_off)] = Field(
        description="joint task, gradient reversal, decided by gradient correlation, or nothing"
    )
    weight: float = Field(0.3, ge=0, description="of the attribute's gradient at the embedding")
    saturation: float = Field(0.1, gt=0, description="auto: correlation at which the weight is reached")


AttributeName = Literal["gender", "speaker", "corpus", "language", "intensity", "text"]


class ModelConfig(Strict):
    """MSAC-SERNet, or a peer's encoder and pooling in the place of its own."""

    kind: Literal["sernet", "frames", "lstm", "ecapa", "cnn14"] = Field(
        "sernet",
        description="the network: on FBanks, on a pre-trained encoder's frames (set where `features` names one), or a "
        "peer, which has its papers' sizes",
    )
    input: InputConfig = InputConfig()
    encoder: EncoderConfig = EncoderConfig()
    frames: FramesConfig = FramesConfig()
    embedding: int = Field(128, ge=1, le=16384, description="dimensions")
    window_seconds: float | None = Field(
        2.5, gt=0, description="score windows of this length and average their embeddings; null: whole utterances"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="of the pooled statistics")
    head: HeadConfig = HeadConfig()
    attributes: dict[AttributeName, AttributeConfig] = Field(default_factory=dict)

    @property
    def peer(self) -> tuple[str, ...]:
        """The module of a network other than MSAC-SERNet on FBanks; its trainings depend on it, too."""
        if self.kind == "frames":
            return ("sernet.model.frames",)
        return () if self.kind == "sernet" else (f"sernet.model.peers.{self.kind}",)

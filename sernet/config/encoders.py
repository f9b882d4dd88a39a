"""Pre-trained speech encoders as front ends: which one, which of its layers, and what is kept of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sernet.config.base import Strict

ENCODER_BLOCK = 32
"""Utterances that are encoded together, counted from the first of a corpus: a result must not hang on the splits."""


class About(Strict):
    """What a reader of a result must know of an encoder."""

    title: str
    licence: str
    trained_on: str = Field(description="the data that its weights have learnt from")
    contaminated: dict[str, str] = Field(
        default_factory=dict, description="corpus -> why a test on it is no test: the encoder has learnt from it"
    )
    get: str = Field("", description="how to get it")


_EMOTION2VEC = "emotion2vec+ was fine-tuned on it, test speakers and labels included"
ABOUT: dict[str, About] = {
    "openai/whisper-base": About(
        title="Whisper base (encoder)",
        licence="MIT",
        trained_on="680,000 hours of transcribed web audio, no emotion labels; what is in it is not public",
        get="bash utils/get_encoder.sh whisper-base",
    ),
    "openai/whisper-tiny": About(
        title="Whisper tiny (encoder)",
        licence="MIT",
        trained_on="680,000 hours of transcribed web audio, no emotion labels; what is in it is not public",
    ),
    "openai/whisper-small": About(
        title="Whisper small (encoder)",
        licence="MIT",
        trained_on="680,000 hours of transcribed web audio, no emotion labels; what is in it is not public",
    ),
    "openai/whisper-large-v3": About(
        title="Whisper large v3 (encoder)",
        licence="Apache-2.0",
        trained_on="5 million hours of web audio, 4 million of them labelled by Whisper large v2; no emotion labels",
    ),
    "facebook/wav2vec2-base": About(
        title="wav2vec 2.0 base", licence="Apache-2.0", trained_on="LibriSpeech, 960 hours, no labels"
    ),
    "facebook/hubert-base-ls960": About(
        title="HuBERT base", licence="Apache-2.0", trained_on="LibriSpeech, 960 hours, no labels"
    ),
    "microsoft/wavlm-base-plus": About(
        title="WavLM base+", licence="MIT", trained_on="94,000 hours: Libri-Light, GigaSpeech, VoxPopuli; no labels"
    ),
    "microsoft/wavlm-large": About(
        title="WavLM large", licence="MIT", trained_on="94,000 hours: Libri-Light, GigaSpeech, VoxPopuli; no labels"
    ),
    "facebook/data2vec-audio-base": About(
        title="data2vec audio base", licence="Apache-2.0", trained_on="LibriSpeech, 960 hours, no labels"
    ),
    "facebook/w2v-bert-2.0": About(
        title="w2v-BERT 2.0", licence="MIT", trained_on="4.5 million hours of speech in 143 languages, no labels"
    ),
    "emotion2vec/emotion2vec_plus_large": About(
        title="emotion2vec+ large",
        licence="see its model card",
        trained_on="262 hours of labelled and 42,000 hours of machine-labelled emotional speech",
        contaminated=dict.fromkeys(("ravdess", "ravdess_song", "emodb", "emovo"), _EMOTION2VEC),
    ),
}
"""Encoders by their hub id. Sources: their papers and model cards, read in November 2026."""


class SpeechEncoderConfig(Strict):
    """A pre-trained speech encoder, frozen.

    Layer 0 is what enters its first block, layer k the output of block k. Blocks above the highest layer are not run.
    """

    kind: Literal["encoder"]
    name: str = Field("", description="set by its key in front_ends; the folder of its arks")
    model: str = Field(
        min_length=1, description="a folder in the layout of the Hugging Face hub, its hub id, or an .onnx file"
    )
    layers: list[int] | Literal["all"] = Field("all", description="which layers; 0 is what enters the first block")
    keep: Literal["statistics", "frames"] = Field(
        "statistics",
        description="mean and deviation of each layer over the frames of speech (one vector), or all frames",
    )
    cut: Literal["speech", "none"] = Field(
        "speech", description="speech: without the silence at both ends, at one level; none: as recorded"
    )
    window_seconds: float = Field(
        30.0, gt=0.5, description="longer speech is encoded in equal windows of at most this length"
    )
    batch_seconds: float = Field(40.0, gt=0, description="of speech in one batch, padding included")
    precision: Literal["float32", "bf16"] = Field("float32", description="of the encoder's arithmetic")
    storage: Literal["float32", "int16"] | None = Field(
        None, description="of the arks; null: float32 for statistics, int16 (half the size) for frames"
    )
    download: bool = Field(False, description="fetch the encoder from the hub where it is not there")
    sample_rate: Literal[16000] = Field(16000, description="Hz; other rates are resampled")
    licence: str | None = Field(None, description="where sernet does not know the encoder")
    trained_on: str | None = Field(None, description="its training data, where sernet does not know the encoder")
    contaminated: dict[str, str] | None = Field(
        None, description="corpus -> why: the encoder has learnt from its test speakers"
    )

    @model_validator(mode="after")
    def _layers(self) -> SpeechEncoderConfig:
        chosen = [0] if self.layers == "all" else self.layers
        if not chosen or sorted(set(chosen)) != chosen or chosen[0] < 0:
            raise ValueError("layers: give layers from 0 on, each once, in ascending order; or all")
        return self

    @property
    def stored(self) -> Literal["float32", "int16"]:
        """How numbers lie in the arks."""
        return self.storage or ("float32" if self.keep == "statistics" else "int16")

    @property
    def about(self) -> About:
        """What is known of the encoder: what the recipe says, else what sernet knows."""
        known = about(self.model)
        given: dict[str, Any] = {
            name: value
            for name in ("licence", "trained_on", "contaminated")
            if (value := getattr(self, name)) is not None
        }
        return known.model_copy(update=given)


def about(model: str) -> About:
    """What sernet knows of the encoder ``model``: by its hub id, or by the last part of its path."""
    for hub_id, found in ABOUT.items():
        if model == hub_id or model.rstrip("/").split("/")[-1] == hub_id.split("/")[-1]:
            return found
    return About(title=model, licence="not stated", trained_on="not stated")

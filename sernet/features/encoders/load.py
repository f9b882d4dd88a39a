"""An encoder by what its files say of it."""

from __future__ import annotations

from pathlib import Path

from sernet.config.encoders import SpeechEncoderConfig
from sernet.errors import SernetError
from sernet.features.encoders.base import SpeechEncoder
from sernet.features.encoders.folder import CONFIG, find
from sernet.pipeline.reading import read_json

WAVEFORM = ("wav2vec2", "hubert", "wavlm", "data2vec-audio")


def _quiet() -> None:
    """transformers shows a bar for the tensors of a file and warns of heads that are left out: no user needs that."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def load(config: SpeechEncoderConfig, device: str = "cpu", place: Path | None = None) -> SpeechEncoder:
    """The encoder that ``config`` names, on ``device``; ``place``: its folder or file, where that is known.

    Raises:
        SernetError: it is not there, of a kind that sernet does not know, or its files are at fault.
    """
    place = place or find(config)
    layers = None if config.layers == "all" else list(config.layers)
    bf16 = config.precision == "bf16"
    if place.is_file():
        from sernet.features.encoders.onnx_file import OnnxFile

        return OnnxFile(place, layers, device, bf16)
    _quiet()
    kind = read_json(place / CONFIG).get("model_type")
    if kind == "whisper":
        from sernet.features.encoders.whisper import Whisper

        return Whisper(place, layers, device, bf16)
    if kind in WAVEFORM:
        from sernet.features.encoders.waveform import Waveform

        return Waveform(place, layers, device, bf16)
    if kind == "wav2vec2-bert":
        from sernet.features.encoders.w2v_bert import W2vBert

        return W2vBert(place, layers, device, bf16)
    known = ", ".join(["whisper", *WAVEFORM, "wav2vec2-bert"])
    raise SernetError(f"{place / CONFIG}: model_type {kind!r} is no encoder that sernet knows; it knows {known}")

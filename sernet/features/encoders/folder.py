"""Where an encoder's files lie: a folder, `$SERNET_ENCODERS`, or the hub's cache. Nothing is fetched unasked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sernet.config.encoders import SpeechEncoderConfig
from sernet.errors import SernetError
from sernet.pipeline.digests import FileDigests
from sernet.pipeline.reading import read_json

LIBRARIES = "requirements-encoders.txt"
CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"


def find(config: SpeechEncoderConfig) -> Path:
    """The folder of the encoder, or its .onnx file.

    Looked for in this order: a path, `$SERNET_ENCODERS/<name>`, the cache of the Hugging Face hub. Only with
    `download: true` is the hub asked. Code that a model brings along is never run.

    Raises:
        SernetError: it is not there, with how to get it; or its weights are no safetensors.
    """
    require(config)
    model = config.model
    tried = [Path(model).expanduser()]
    if root := os.environ.get("SERNET_ENCODERS"):
        tried += [Path(root) / model, Path(root) / model.split("/")[-1]]
    for path in tried:
        if path.suffix == ".onnx" and path.is_file():
            return path
        if (path / CONFIG).is_file():
            return _with_weights(path)
    return _with_weights(_cached(config, tried))


def require(config: SpeechEncoderConfig) -> None:
    """Refuse where the libraries that run the encoder are not installed.

    Raises:
        SernetError: says what to install.
    """
    library = "onnxruntime" if config.model.endswith(".onnx") else "transformers"
    if find_spec(library) is None:
        raise SernetError(
            f"front end {config.name or config.model}: {library} is not installed: pip install -r {LIBRARIES}"
        )


def files(place: Path) -> list[Path]:
    """The files that decide what the encoder at ``place`` computes."""
    if place.is_file():
        return [place]
    names = [place / CONFIG, place / PREPROCESSOR]
    return [path for path in names if path.is_file()] + sorted(place.glob("*.safetensors"))


def digest(place: Path, of_file: Callable[[Path], str | None]) -> str:
    """One digest of the encoder's files; ``of_file`` gives that of each, and may remember it."""
    whole = hashlib.sha256()
    for path in files(place):
        whole.update(f"{path.name} {of_file(path)}\n".encode())
    return whole.hexdigest()


def weights(config: SpeechEncoderConfig, cache: Path) -> tuple[Path, str]:
    """Where the encoder lies, and the digest of its files; those of large files are remembered in ``cache``.

    Raises:
        SernetError: it is not there; says how to get it.
    """
    place = find(config)
    known = FileDigests(cache)
    found = digest(place, known.of_file)
    known.save()
    return place, found


def shape(config: SpeechEncoderConfig) -> tuple[int, int, float]:
    """Layers that are kept, dimensions of each, and frames a second, without loading the encoder.

    Of an ONNX file, which does not say: one layer of 768 dimensions.
    """
    place = find(config)
    if place.is_file():
        return 1 if config.layers == "all" else len(config.layers), 768, 50.0
    said = read_json(place / CONFIG)
    blocks = said.get("encoder_layers") or said.get("num_hidden_layers") or 12
    dimensions = said.get("d_model") or said.get("hidden_size") or 768
    return blocks + 1 if config.layers == "all" else len(config.layers), dimensions, 50.0


def _cached(config: SpeechEncoderConfig, tried: list[Path]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors"]
    try:
        return Path(snapshot_download(config.model, allow_patterns=wanted, local_files_only=not config.download))
    except (LocalEntryNotFoundError, HFValidationError, HfHubHTTPError, OSError, ValueError) as error:
        about = config.about
        looked = ", ".join(str(path) for path in tried)
        why = f" ({error})" if config.download else ""
        known = f"Get it: {about.get}; or " if about.get else ""
        raise SernetError(
            f"front end {config.name or config.model}: no encoder {config.model}: looked in {looked} and in the cache "
            f"of the Hugging Face hub{why}. {known[:1].upper() + known[1:]}"
            "name a folder that holds its config.json and *.safetensors "
            "(front_ends.x.model), put it below $SERNET_ENCODERS, or let it be fetched: front_ends.x.download=true"
        ) from error


def _with_weights(folder: Path) -> Path:
    if not any(folder.glob("*.safetensors")):
        raise SernetError(
            f"{folder}: no *.safetensors. Pickled weights (.bin, .pt) can run code and are not read; convert them "
            "(transformers: model.save_pretrained(FOLDER)) or take a revision that has safetensors"
        )
    return folder

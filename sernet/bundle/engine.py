"""What runs the network of a bundle: torch, or onnxruntime without torch."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sernet.bundle import self_contained
from sernet.bundle.format import GRAPH, WEIGHTS, Bundle
from sernet.errors import SernetError
from sernet.pipeline.arrays import read_safetensors

ENGINES = ("auto", "onnx", "torch")


class Engine(Protocol):
    """From samples to an embedding."""

    name: str
    why: str

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The embedding (dim,) of samples (n,) at the model's rate, at least one frame of them."""


class TorchEngine:
    """Runs on CPU or CUDA. ``threads``: of torch, on CPU; None leaves them as they are."""

    name = "torch"

    def __init__(self, bundle: Bundle, device: str = "cpu", threads: int | None = None, why: str = "asked for") -> None:
        import torch

        from sernet.model.sernet import to_device
        from sernet.train.device import choose_device

        if threads is not None:
            torch.set_num_threads(threads)
        self.why = why
        self.device = choose_device(device)
        self.trim_db = bundle.contents.front_end.trim_db
        self.recogniser = recogniser(bundle).to(self.device).eval()
        to_device(self.recogniser.network, self.device)
        self._torch = torch

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        with self._torch.inference_mode():
            energies = self.recogniser.bank(self._torch.from_numpy(samples)[None].to(self.device))
            if self.trim_db is not None:
                from sernet.data.dataset import trim

                kept = np.ascontiguousarray(trim(energies[0].cpu().numpy(), self.trim_db))
                energies = self._torch.from_numpy(kept)[None].to(self.device)
            found: NDArray[np.float32] = self.recogniser.embed(energies)[0].cpu().numpy()
            return found


class OnnxEngine:
    """Runs `model.onnx` on CPU; torch is not imported."""

    name = "onnx"

    def __init__(self, bundle: Bundle, threads: int | None = None, why: str = "asked for") -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise SernetError(
                "--engine onnx: onnxruntime is not installed; pip install onnxruntime, or use --engine torch"
            ) from error
        if GRAPH not in bundle.contents.files:
            raise SernetError(f"--engine onnx: {bundle.folder} holds no {GRAPH}; sernet export --onnx adds it")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = 3
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self.why = why
        self.size = bundle.contents.model.embedding
        self.path = bundle.folder / GRAPH
        try:
            content = self.path.read_bytes()
            self_contained.check(content)
            # From its bytes: then no path is known that a name of another file could begin from.
            self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except SernetError as error:
            raise SernetError(f"{self.path} {error}") from error
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise SernetError(f"{self.path}: onnxruntime {onnxruntime.__version__} cannot load it: {said}") from error
        inputs, outputs = ([one.name for one in of()] for of in (self.session.get_inputs, self.session.get_outputs))
        if inputs != ["samples"] or "embedding" not in outputs:
            raise SernetError(f"{self.path}: makes {outputs} of {inputs}; expected an embedding of samples")

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            found = np.asarray(self.session.run(["embedding"], {"samples": samples[None]})[0])
        except Exception as error:
            raise SernetError(f"{self.path} cannot be run: {' '.join(str(error).split())[:300]}") from error
        if found.shape != (1, self.size) or found.dtype != np.float32:
            raise SernetError(
                f"{self.path}: its embedding has shape {found.shape}; bundle.json says {self.size} values"
            )
        return np.asarray(found[0], dtype=np.float32)


def choose(bundle: Bundle, wanted: str = "auto", device: str = "auto", threads: int | None = None) -> Engine:
    """The engine that ``wanted`` names; auto: onnx where it can run and CUDA is not asked for, else torch.

    Raises:
        SernetError: it cannot run here; says what is missing.
    """
    if wanted not in ENGINES:
        raise SernetError(f"engine {wanted!r}; there are {', '.join(ENGINES)}")
    if wanted == "onnx" and device == "cuda":
        raise SernetError("--engine onnx runs on CPU; use --engine torch with --device cuda")
    if wanted == "torch":
        return TorchEngine(bundle, device, threads)
    if wanted == "onnx":
        return OnnxEngine(bundle, threads)
    if device == "cuda":
        return TorchEngine(bundle, device, threads, "cuda is asked for")
    if GRAPH not in bundle.contents.files:
        return TorchEngine(bundle, device, threads, f"the bundle has no {GRAPH}")
    if find_spec("onnxruntime") is None:
        return TorchEngine(bundle, device, threads, "onnxruntime is not installed")
    return OnnxEngine(bundle, threads, "the bundle has a graph, and onnxruntime is there")


def _differing(weights: Iterable[str], described: Iterable[str]) -> str:
    lacking, strange = sorted({*described} - {*weights}), sorted({*weights} - {*described})
    return "; ".join(
        [*(f"{name} is missing" for name in lacking[:1]), *(f"{name[:60]} is unknown" for name in strange[:1])]
    )


def recogniser(bundle: Bundle, convolutional: bool = False) -> Any:
    """The torch module of a bundle; ``convolutional``: with the FBank that ONNX is given.

    Raises:
        SernetError: the weights are not those of the network that bundle.json describes.
    """
    import torch

    from sernet.bundle.graph import ConvolutionalFilterBank, FilterBank, Recogniser, Windows
    from sernet.model.sernet import SerNet

    contents, statistics = bundle.contents, bundle.statistics
    path: Path = bundle.folder / WEIGHTS
    weights, _ = read_safetensors(path, "pt", "copy the bundle again")
    with torch.device("meta"):  # no memory yet: only sizes, which a stranger's bundle.json may say at will
        described = SerNet(contents.model, contents.features.bins, len(contents.classes)).state_dict()
    if set(weights) != set(described):
        raise SernetError(f"{path}: not the weights of the network in bundle.json: {_differing(weights, described)}")
    for name, tensor in weights.items():
        if tensor.shape != described[name].shape or not bool(torch.isfinite(tensor).all()):
            here, there = (tuple(one.shape) for one in (tensor, described[name]))
            why = f"has shape {here}, there {there}" if here != there else "is not finite"
            raise SernetError(f"{path}: not the weights of the network in bundle.json: {name} {why}")
    network = SerNet(contents.model, contents.features.bins, len(contents.classes))
    network.load_state_dict(weights)
    bank = (ConvolutionalFilterBank if convolutional else FilterBank)(
        contents.features, torch.from_numpy(statistics["filters"])
    )
    std, mean = (torch.from_numpy(statistics[f"front_end/{name}"]) for name in ("std", "mean"))
    normalise = contents.front_end.normalise
    windows = Windows(mean if normalise == "global" else None, std, bundle.window, speech=normalise == "speech")
    return Recogniser(bank, windows, network).eval()

"""An encoder in one ONNX file, run without torch: samples in, one output for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sernet.errors import SernetError


class OnnxFile:
    """The graph must take `samples`, float32 (1, n) at 16 kHz, and give (1, frames, dimensions) for each layer.

    Its outputs are counted as layers, the first one as layer 0. `python -m utils.export_encoder` writes such files.
    """

    def __init__(self, path: Path, layers: list[int] | None, device: str = "cpu", bf16: bool = False) -> None:
        import onnxruntime

        if bf16:
            raise SernetError(f"{path}: an ONNX file has a precision of its own; leave `precision` out")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions have no common class
            raise SernetError(f"{path} cannot be run by onnxruntime: {error}") from error
        names = [one.name for one in self.session.get_inputs()]
        outputs = self.session.get_outputs()
        if names != ["samples"] or any(len(one.shape) != 3 for one in outputs):
            raise SernetError(f"{path}: must take `samples` and give (1, frames, dimensions); it takes {names}")
        self.layers = list(range(len(outputs))) if layers is None else layers
        if max(self.layers) >= len(outputs):
            raise SernetError(f"{path}: layer {max(self.layers)} of a file with layers 0 to {len(outputs) - 1}")
        self.names = [outputs[layer].name for layer in self.layers]
        meta = self.session.get_modelmeta().custom_metadata_map
        self.hop = int(meta.get("hop", 320))
        self.parameters = int(meta.get("parameters", 0))
        self.dimensions = int(self.encode([np.zeros(16000, dtype=np.float32)])[0].shape[2])

    def encode(self, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
        """See `SpeechEncoder.encode`."""
        found = []
        for samples in batch:
            given = np.ascontiguousarray(samples, dtype=np.float32)[None]
            found.append(np.concatenate(self.session.run(self.names, {"samples": given})).astype(np.float32))
        return found

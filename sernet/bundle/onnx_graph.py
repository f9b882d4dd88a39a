"""`model.onnx`: from samples to embedding and logits in one graph that any runtime can run."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sernet.bundle.graph import Recogniser
from sernet.errors import SernetError
from sernet.pipeline.files import atomic

HOW_TO_GET = "pip install 'sernet[onnx]' (onnx, onnxruntime, onnxscript)"

JOINTS = """
flat_tail = Shape<start=2>(windows)
flat_shape = Concat<axis=0>(minus_one, flat_tail)
flat = Reshape(windows, flat_shape)
rows = Shape<start=0, end=2>(windows)
rows_shape = Concat<axis=0>(rows, minus_one)
grouped = Reshape(embeddings, rows_shape)
embedding = ReduceMean<keepdims=0>(grouped, axis_one)
"""
"""All windows of a batch pass the network side by side; an embedding is the mean over its recording's."""


def write(recogniser: Recogniser, path: Path) -> None:
    """Write the graph: input `samples` (batch, n), outputs `embedding` (batch, dim) and `logits` (batch, classes).

    ``samples`` are float32 within +-1 at the model's rate; a batch holds recordings of one length, at least one frame
    of the FBank long. Both sizes are dynamic. The parts are exported one by one and joined here, because torch cannot
    yet follow sizes from the samples through the windows into the network.

    Raises:
        SernetError: onnx or onnxscript is not installed.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401, torch's exporter needs it
    except ImportError as error:
        raise SernetError(f"--onnx: {error.name} is not installed; {HOW_TO_GET}") from error
    network = recogniser.network
    frames, bins = recogniser.windows.window or 100, len(recogniser.windows.std)
    batch, size = torch.export.Dim("batch"), torch.export.Dim("size", min=recogniser.bank.length)
    rest = torch.export.Dim("rest", min=2)
    chain: list[tuple[nn.Module, Tensor, dict[int, Any], str, str]] = [
        (recogniser.bank, torch.zeros(2, 16 * recogniser.bank.length), {0: batch, 1: size}, "samples", "energies"),
        (recogniser.windows, torch.zeros(2, frames + 50, bins), {0: batch, 1: rest}, "energies", "windows"),
        (network, torch.zeros(3, frames, bins), {0: batch, 1: rest}, "flat", "embeddings"),
        (network.head, torch.zeros(2, network.embedding.out_features), {0: batch}, "embedding", "logits"),
    ]
    parts = [_exported(*link) for link in chain]
    nodes = [onnx.parser.parse_node(line) for line in JOINTS.strip().splitlines()]
    values = [onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [1], [value])
              for name, value in (("minus_one", -1), ("axis_one", 1))]  # fmt: skip
    for part in parts:
        nodes += part.graph.node
        values += part.graph.initializer
    shapes: dict[str, list[str | int | None]] = {
        "samples": ["batch", "size"],
        "embedding": ["batch", network.embedding.out_features],
        "logits": ["batch", len(network.head.weight)],
    }
    described = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()
    ]
    graph = onnx.helper.make_graph(_in_order(nodes, {"samples", *(value.name for value in values)}), "sernet",
                                   described[:1], described[1:], values)  # fmt: skip
    model = onnx.helper.make_model(graph, opset_imports=parts[0].opset_import, ir_version=parts[0].ir_version)
    onnx.checker.check_model(model, full_check=True)
    with atomic(path) as temporary:
        onnx.save(model, temporary)


def _exported(module: nn.Module, example: Tensor, dynamic: dict[int, Any], source: str, target: str) -> Any:
    """One part as an ONNX model; all its names begin with ``target``, but for its input and output."""
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(), (example,), dynamo=True, dynamic_shapes=(dynamic,), verbose=False, external_data=False
        )
    assert program is not None
    model = onnx.compose.add_prefix(program.model_proto, f"{target}/")
    names = {model.graph.input[0].name: source, model.graph.output[0].name: target}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return model


def _in_order(nodes: list[Any], known: set[str]) -> list[Any]:
    """``nodes`` so that each stands after what it needs."""
    ordered = []
    while nodes:
        ready = [node for node in nodes if known.issuperset(name for name in node.input if name)]
        ordered += ready
        known |= {name for node in ready for name in node.output}
        nodes = [node for node in nodes if node not in ready]
    return ordered

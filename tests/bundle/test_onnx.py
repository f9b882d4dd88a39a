"""model.onnx against torch, and without torch; skipped where onnx or onnxruntime is not installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import sernet
from sernet.bundle.engine import recogniser
from sernet.bundle.format import read
from sernet.draws import generator
from sernet.errors import SernetError

RATE = 16000


@pytest.fixture(scope="module")
def with_graph(exported: Callable[..., Path]) -> Path:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install 'sernet[onnx]'")
    return exported(onnx=True)


def test_the_graph_equals_torch_over_lengths_and_batches(with_graph: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(with_graph / "model.onnx", providers=["CPUExecutionProvider"])
    module = recogniser(read(with_graph))
    for seconds in (0.025, 0.1, 0.3999, 0.4, 0.405, 1.0, 7.77):
        for batch in (1, 3):
            draws = generator("onnx", seconds, batch)
            samples = (0.1 * draws.standard_normal((batch, round(seconds * RATE)))).astype(np.float32)
            embedding, logits = session.run(["embedding", "logits"], {"samples": samples})
            with torch.no_grad():
                expected = module(torch.from_numpy(samples))
            np.testing.assert_allclose(embedding, expected.numpy(), atol=1e-4)
            np.testing.assert_allclose(logits, module.network.logits(expected).detach().numpy(), atol=1e-4)


def test_predictions_of_both_engines_are_equal(with_graph: Path, experiment: Path) -> None:
    onnx, other = (sernet.load(with_graph, engine=name) for name in ("onnx", "torch"))
    assert sernet.load(with_graph).engine.name == "onnx"
    for path in sorted((experiment / "wav").glob("u2*.wav")):
        samples, rate = soundfile.read(path)
        found, expected = onnx.predict(samples, rate), other.predict(samples, rate)
        assert found.posterior == pytest.approx(expected.posterior, abs=1e-4)
        assert found.ood == pytest.approx(expected.ood, rel=1e-3)


def test_onnx_predicts_without_torch(with_graph: Path, experiment: Path) -> None:
    code = (
        "import sys; from sernet import cli; "
        f"assert cli.main(['predict', {str(with_graph)!r}, {str(experiment / 'wav' / 'u22.wav')!r}]) == 0; "
        "sys.exit(any(name in sys.modules for name in ('torch', 'lhotse', 'sklearn', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(sernet.__file__).parents[1]).returncode == 0


def test_a_bundle_without_graph_says_how_to_get_one(bundle: Path) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'sernet[onnx]'")
    with pytest.raises(SernetError, match="sernet export --onnx"):
        sernet.load(bundle, engine="onnx")
    assert sernet.load(bundle).engine.why == "the bundle has no model.onnx"

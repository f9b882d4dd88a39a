"""k2 gives what torch gives: run in k2's own environment by utils/setup_k2.sh, where a missing k2 is a failure."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sernet.timeline import decode, tasks, torch_backend
from sernet.timeline.objective import sequence_loss
from sernet.timeline.topology import Hmm

if os.environ.get("SERNET_K2_REQUIRED"):
    from sernet.timeline import k2_backend
else:
    pytest.importorskip("k2", reason="k2 is not installed here; utils/setup_k2.sh runs these tests where it is")
    from sernet.timeline import k2_backend


def _random(seed: int) -> tuple[list[np.ndarray], Hmm]:
    """A random grammar and recordings of random lengths, some shorter than its shortest segment."""
    draws = np.random.default_rng(seed)
    labels = int(draws.integers(2, 7))
    minimum = tuple(int(value) for value in draws.integers(1, 8, labels))
    prior = draws.dirichlet(np.ones(labels))
    hmm = Hmm(tuple("abcdefg"[:labels]), minimum, float(draws.uniform(0, 4)), tuple(prior.tolist()))
    lengths = [*draws.integers(1, 12, 3), *draws.integers(20, 400, 3)]
    # float32, which k2 computes in: both see the same numbers.
    return [draws.normal(scale=draws.uniform(0.3, 3), size=(n, labels)).astype(np.float32) for n in lengths], hmm


@pytest.mark.parametrize("seed", range(12))
def test_same_labels_scores_posteriors_and_n_best(seed: int) -> None:
    recordings, hmm = _random(seed)
    graphs = [hmm.graph(len(matrix)) for matrix in recordings]
    pairs = zip(torch_backend.decode(recordings, graphs, n=4), k2_backend.decode(recordings, graphs, n=4))
    for ours, theirs in pairs:
        assert ours.labels.tolist() == theirs.labels.tolist()
        assert theirs.score == pytest.approx(ours.score, abs=1e-4)
        assert theirs.total == pytest.approx(ours.total, abs=1e-4)
        np.testing.assert_allclose(theirs.posterior, ours.posterior, atol=1e-4)
        assert len(ours.alternatives) == len(theirs.alternatives)
        for (one, score), (other, k2_score) in zip(ours.alternatives, theirs.alternatives):
            assert k2_score == pytest.approx(score, abs=1e-4)
            assert one.tolist() == other.tolist() or score == pytest.approx(k2_score, abs=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_same_totals_and_gradients(seed: int) -> None:
    recordings, hmm = _random(100 + seed)
    recordings = [matrix for matrix in recordings if len(matrix) >= max(hmm.minimum)]
    x, lengths = torch_backend.padded(recordings)
    for graph in (hmm.graph(400), hmm.holding("b", 400), hmm.holding("b", 400, around="a")):
        if graph.final.sum() and len(recordings[-1]) < 3 * max(hmm.minimum):
            continue
        gradients, totals = [], []
        for backend in (torch_backend, k2_backend):
            own = x.float().clone().requires_grad_()
            total = backend.total_score(own, lengths, graph)
            total.sum().backward()
            totals.append(total.detach().double())
            gradients.append(own.grad)
        torch.testing.assert_close(totals[0], totals[1], atol=1e-4, rtol=1e-6)
        torch.testing.assert_close(gradients[0], gradients[1], atol=1e-4, rtol=0)


def test_as_a_job_it_gives_the_same(tmp_path: Path) -> None:
    recordings, hmm = _random(7)
    graphs = [hmm.graph(len(matrix)) for matrix in recordings]
    tasks.write_task(tmp_path / "task.npz", recordings, graphs, 2)
    k2_backend.main([str(tmp_path / "task.npz"), str(tmp_path / "result.npz")])
    for one, other in zip(k2_backend.decode(recordings, graphs, 2), tasks.read_result(tmp_path / "result.npz")):
        assert one.labels.tolist() == other.labels.tolist() and one.score == other.score
        np.testing.assert_array_equal(one.posterior, other.posterior)


def test_recording_without_a_path_is_refused() -> None:
    hmm = Hmm(("a", "b"), (4, 4))
    with pytest.raises(ValueError, match="recording 0 of 2 frames"):
        k2_backend.decode([np.zeros((2, 2), dtype=np.float32)], [hmm.graph(50)])


def test_auto_takes_k2_where_it_is() -> None:
    chosen = decode.choose("auto")
    assert chosen.name == "k2" and chosen.python is None and "in this environment" in chosen.why


@pytest.mark.parametrize("seed", range(4))
def test_same_objective_and_gradients_in_training(seed: int) -> None:
    draws = np.random.default_rng(200 + seed)
    hmm = Hmm(("neutral", "anger", "sadness", "none"), (3, 4, 2, 1), 1.2, (0.4, 0.2, 0.3, 0.1))
    lengths = torch.from_numpy(draws.integers(8, 60, 7))
    held = [str(label) for label in draws.choice(["anger", "sadness", "neutral"], 7)]
    x = torch.from_numpy(draws.normal(scale=1.5, size=(7, int(lengths.max()), 4)).astype(np.float32))
    found = []
    for through in ("torch", "k2"):
        own = x.clone().requires_grad_()
        loss = sequence_loss(own, lengths, held, hmm, "neutral", through)
        loss.mean().backward()
        found.append((loss.detach().double(), own.grad))
    torch.testing.assert_close(found[0][0], found[1][0], atol=1e-4, rtol=1e-6)
    torch.testing.assert_close(found[0][1], found[1][1], atol=1e-4, rtol=0)

"""Exact decoding, against the enumeration of all label sequences in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from label_sequences import everything

from sernet.timeline import torch_backend
from sernet.timeline.topology import Hmm

CASES = [
    (Hmm(("a", "b"), (1, 1)), 7),
    (Hmm(("a", "b", "c"), (1, 2, 3), 0.8, (0.2, 0.5, 0.3)), 7),
    (Hmm(("a", "b", "c"), (3, 3, 2), 0.0), 6),
    (Hmm(("a", "b", "c"), (5, 4, 9), 1.0), 3),  # shorter than any segment
    (Hmm(("a", "b", "c", "d"), (2, 1, 1, 4), 2.5, (0.1, 0.4, 0.4, 0.1)), 5),
    (Hmm(("a", "b"), (2, 2), 0.3), 1),
]


def _emission(frames: int, labels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=1.5, size=(frames, labels))


@pytest.mark.parametrize(("hmm", "frames"), CASES)
def test_best_path_total_and_posteriors_are_those_of_all_sequences(hmm: Hmm, frames: int) -> None:
    emission = _emission(frames, len(hmm.labels), frames)
    reference = everything(emission, hmm)
    (found,) = torch_backend.decode([emission], [hmm.graph(frames)])
    weights = np.array([value for value, _ in reference])
    sequences = np.array([sequence for _, sequence in reference])
    total = np.logaddexp.reduce(weights)
    shares = np.exp(weights - total)
    posterior = np.stack([shares @ (sequences == label) for label in range(len(hmm.labels))], axis=1)
    # Weights in a graph are float32.
    assert found.score == pytest.approx(reference[0][0], abs=1e-5)
    assert found.labels.tolist() == list(reference[0][1])
    assert found.total == pytest.approx(total, abs=1e-5)
    np.testing.assert_allclose(found.posterior, posterior, atol=1e-6)


@pytest.mark.parametrize(("hmm", "frames"), CASES)
def test_n_best_paths_are_the_heaviest_sequences_in_order(hmm: Hmm, frames: int) -> None:
    emission = _emission(frames, len(hmm.labels), 10 + frames)
    reference = everything(emission, hmm)[:9]
    (found,) = torch_backend.decode([emission], [hmm.graph(frames)], n=9)
    assert [labels.tolist() for labels, _ in found.alternatives] == [list(sequence) for _, sequence in reference]
    np.testing.assert_allclose([score for _, score in found.alternatives], [value for value, _ in reference], atol=1e-5)


def test_company_in_a_batch_changes_nothing() -> None:
    hmm = Hmm(("a", "b", "c"), (2, 3, 1), 0.7, (0.3, 0.3, 0.4))
    recordings = [_emission(frames, 3, frames) for frames in (40, 3, 17, 40, 8)]
    graphs = [hmm.graph(len(matrix)) for matrix in recordings]
    together = torch_backend.decode(recordings, graphs, n=2)
    for matrix, graph, found in zip(recordings, graphs, together):
        (alone,) = torch_backend.decode([matrix], [graph], n=2)
        assert found.labels.tolist() == alone.labels.tolist()
        assert (found.score, found.total) == pytest.approx((alone.score, alone.total), abs=1e-9)
        np.testing.assert_allclose(found.posterior, alone.posterior, atol=1e-9)
        assert found.alternatives[0][1] == pytest.approx(found.score, abs=1e-9)


def test_paths_that_hold_a_label_are_a_part_of_all_paths() -> None:
    hmm = Hmm(("neutral", "anger", "none"), (2, 2, 1), 0.6, (0.5, 0.3, 0.2))
    emission = _emission(7, 3, 5)
    allowed = {None: [(1,)], "neutral": [(1,), (0, 1), (1, 0), (0, 1, 0)]}
    for around, runs in allowed.items():
        graph = hmm.holding("anger", 7, around)
        total = torch_backend.total_score(torch.from_numpy(emission)[None], torch.tensor([7]), graph)
        reference = np.logaddexp.reduce([value for value, _ in everything(emission, hmm, runs)])
        assert float(total[0]) == pytest.approx(reference, abs=1e-5)


def test_gradient_of_the_total_is_that_of_finite_differences() -> None:
    graph = Hmm(("a", "b", "c"), (1, 2, 2), 0.4).graph(6)
    x = torch.from_numpy(np.stack([_emission(6, 3, 1), _emission(6, 3, 2)])).requires_grad_()
    lengths = torch.tensor([6, 4])
    assert torch.autograd.gradcheck(lambda e: torch_backend.total_score(e, lengths, graph), (x,))


def test_recording_without_frames_is_refused() -> None:
    hmm = Hmm(("a", "b"), (1, 1))
    with pytest.raises(ValueError, match="without frames"):
        torch_backend.decode([np.zeros((0, 2))], [hmm.graph(0)])


def test_hmm_refuses_what_makes_no_grammar() -> None:
    for wrong in (
        {"minimum": (1,)},
        {"minimum": (0, 1)},
        {"minimum": (1, 1), "prior": (0.0, 0.0)},
        {"minimum": (1, 1), "prior": (-0.1, 1.1)},
    ):
        with pytest.raises(ValueError, match="one entry a label"):
            Hmm(("a", "b"), **wrong)

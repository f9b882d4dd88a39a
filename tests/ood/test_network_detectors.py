"""Detectors that ask the network, on a small trained one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax

import speech
from score_sets import random_set
from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.model.sernet import SerNet
from sernet.ood.network import Network
from sernet.ood.registry import make_detector
from sernet.score.files import ScoreSet
from sernet.score.infer import load_model, score
from sernet.train.loop import fit

EXAMPLES = speech.examples(9)


@pytest.fixture(scope="module", params=["am", "softmax"])
def trained(request, tmp_path_factory):
    """The model, its meta and a network whose utterances have several windows."""
    directory = tmp_path_factory.mktemp("trained")
    raw = speech.MODEL.model_dump() | {"head": {"kind": request.param}, "window_seconds": 0.4}
    config = type(speech.MODEL).model_validate(raw)
    fit(speech.examples(), None, speech.CLASSES, {}, None, config, speech.CONFIG, 0, directory, "cpu", "x")
    return directory


def scores_of(directory) -> ScoreSet:
    return ScoreSet(**score(*load_model(directory), EXAMPLES))


def test_the_network_says_what_the_score_file_says(trained):
    network, scores = Network.load(trained), scores_of(trained)
    for places, inputs in network.batches(EXAMPLES):
        np.testing.assert_allclose(network.logits(inputs).numpy(), scores.logits[places], atol=1e-4)


@pytest.mark.parametrize("name", ["odin", "rodin"])
def test_without_a_step_odin_is_temperature_scaled_msp(trained, name):
    scores = scores_of(trained)
    ours = make_detector(name, {"step": 0.0, "temperature": 3.0}).score(Network.load(trained), EXAMPLES)
    p = softmax(scores.logits.astype(float) / 3, axis=1).max(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-ours)), 1 - p, atol=1e-4)


@pytest.mark.parametrize("name", ["odin", "rodin"])
def test_what_another_detector_asked_before_changes_nothing(trained, name):
    network = Network.load(trained)
    asked = [("rodin", 0.3), ("odin", 0.1), (name, 0.03)]
    *_, last = (make_detector(n, {"step": step, "temperature": 2.0}).score(network, EXAMPLES) for n, step in asked)
    fresh = make_detector(name, {"step": 0.03, "temperature": 2.0}).score(Network.load(trained), EXAMPLES)
    assert last.tolist() == fresh.tolist()
    cooler = make_detector(name, {"step": 0.03, "temperature": 1.0})
    assert cooler.score(network, EXAMPLES).tolist() == cooler.score(Network.load(trained), EXAMPLES).tolist()


def test_a_step_raises_confidence_in_odin_and_lowers_it_in_rodin(trained):
    network = Network.load(trained)
    still, surer, less = (
        make_detector(name, {"step": step, "temperature": 1.0}).score(network, EXAMPLES)
        for name, step in (("odin", 0.0), ("odin", 1e-3), ("rodin", 1e-3))
    )
    assert (surer <= still).all() and (less >= still).all() and (surer < less).any()


def test_the_step_follows_the_gradient_of_float64_differences(trained):
    """Of the log of the largest softmax output, over all windows that hold a frame."""
    network = Network.load(trained)
    some = EXAMPLES.select([EXAMPLES.utterances[3].id])
    moved = network.signs(some, 2.0)[0]
    assert set(np.unique(moved.numpy())) <= {-1, 0, 1}
    ((_, inputs),) = network.batches(some)
    start = inputs[0].double()
    network.model.double()

    def confidence(x: torch.Tensor) -> float:
        return float(log_softmax(network.logits([x]).detach().numpy() / 2, axis=1).max())

    agreeing = []
    for frame, band in [(0, 0), (10, 5), (25, 3), (40, 12), (55, 19), (70, 7)]:
        nudge = torch.zeros_like(start)
        nudge[frame, band] = 1e-6
        slope = (confidence(start + nudge) - confidence(start - nudge)) / 2e-6
        if abs(slope) > 1e-6:
            agreeing.append(np.sign(slope) == float(moved[frame, band]))
    assert len(agreeing) >= 3 and all(agreeing)


@pytest.mark.parametrize("name", ["odin", "rodin", "mc_dropout"])
def test_company_and_padding_change_nothing(trained, name):
    network, detector = Network.load(trained), make_detector(name)
    together = detector.score(network, EXAMPLES)
    alone = [detector.score(network, EXAMPLES.select([u.id]))[0] for u in EXAMPLES.utterances]
    np.testing.assert_allclose(together, alone, atol=2e-4)
    small = Network(network.model, load_model(trained)[1], batch_frames=1)
    np.testing.assert_allclose(detector.score(small, EXAMPLES), alone, atol=2e-4)
    assert detector.score(network, Examples([], [])).shape == (0,)


def test_mc_dropout_is_the_entropy_of_the_mean_over_the_networks_own_dropout(trained):
    network = Network.load(trained)
    assert network.dropout == 0.1  # that of the model, not of the detector
    network.dropout = 0.0
    p = softmax(scores_of(trained).logits.astype(float), axis=1)
    still = make_detector("mc_dropout", {"rate": 0.0}).score(network, EXAMPLES)
    np.testing.assert_allclose(still, -np.sum(p * np.log(p), axis=1), atol=1e-4)

    # Against the model's own forward pass with explicit masks, on an utterance of one window.
    network = Network.load(trained)
    network._window = None
    some = EXAMPLES.select(["u0"])
    ((_, inputs),) = network.batches(some)
    model: SerNet = network.model
    masks = (np.random.default_rng(0).random((200, model.pooled)) < 0.9) / 0.9
    with torch.no_grad():
        x = inputs[0][None]
        logits = torch.cat([model.logits(model(x, None, torch.tensor(m[None], dtype=torch.float32))) for m in masks])
    mean = softmax(logits.numpy().astype(float), axis=1).mean(axis=0)
    ours = make_detector("mc_dropout", {"draws": 200}).score(network, some)[0]
    assert ours == pytest.approx(-np.sum(mean * np.log(mean)), abs=0.03)


def test_masks_hang_on_the_utterance_alone(trained):
    network, detector = Network.load(trained), make_detector("mc_dropout", {"rate": 0.3})
    first, again = detector.score(network, EXAMPLES), detector.score(network, EXAMPLES)
    np.testing.assert_array_equal(first, again)


def test_an_ensemble_is_the_entropy_of_the_mean_posterior():
    members = [random_set(40, 1), random_set(40, 1, scale=10.0), random_set(40, 1, scale=3.0)]
    mean = np.mean([softmax(member.logits.astype(float), axis=1) for member in members], axis=0)
    ours = make_detector("ensemble").score(members)
    np.testing.assert_allclose(ours, -np.sum(mean * np.log(mean), axis=1), rtol=1e-6)
    one = make_detector("ensemble").score(members[:1])
    np.testing.assert_allclose(one, make_detector("entropy").score(members[0]), atol=1e-9)
    certain = type(members[0])(**{**vars(members[0]), "logits": members[0].logits * 1e4})
    assert np.isfinite(make_detector("ensemble").score([certain, certain])).all()


def test_an_ensemble_of_other_utterances_is_refused():
    with pytest.raises(SernetError, match="other utterances.*utt-0039"):
        make_detector("ensemble").score([random_set(40, 1), random_set(39, 1)])

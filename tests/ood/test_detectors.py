"""Every detector against its published definition, computed apart, and on degenerate input."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import log_softmax, logsumexp, softmax
from scipy.stats import entropy as scipy_entropy
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score

from score_sets import random_set, score_set
from sernet.config.ood import DetectorName
from sernet.errors import SernetError
from sernet.ood import base
from sernet.ood.base import Detector
from sernet.ood.head import Head
from sernet.ood.registry import DETECTORS, make_detector
from sernet.ood.temperature import fit_temperature

FROM_SCORES = [name for name, kind in DETECTORS.items() if issubclass(kind, Detector)]
SCALES = pytest.mark.parametrize("scale", [None, 15.0], ids=["plain", "am"])


def scored(name, train, test, dev=None, **options):
    detector = make_detector(name, options)
    detector.fit(train, dev)
    return detector.score(test)


@pytest.fixture(params=[None, 15.0], ids=["plain", "am"])
def sets(request):
    return random_set(300, 1, scale=request.param), random_set(80, 2, scale=request.param)


def test_the_registry_holds_the_names_that_a_recipe_may_write():
    assert set(DETECTORS) == set(get_args(DetectorName))


def test_an_unknown_detector_or_option_says_what_there_is():
    with pytest.raises(SernetError, match="no detector 'mps'; there are msp, max_logit"):
        make_detector("mps")
    with pytest.raises(SernetError, match=r"ood\.options\.knn.*neighbours"):
        make_detector("knn", {"neighbours": 3})


def test_logit_detectors_are_their_closed_forms(sets):
    train, test = sets
    logits = test.logits.astype(np.float64)
    p = softmax(logits, axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-scored("msp", train, test))), 1 - p.max(axis=1), rtol=1e-9)
    np.testing.assert_allclose(scored("max_logit", train, test), -logits.max(axis=1))
    np.testing.assert_allclose(scored("max_cosine", train, test), -test.cosine.max(axis=1), rtol=1e-6)
    np.testing.assert_allclose(scored("entropy", train, test), scipy_entropy(p, axis=1), atol=1e-12)
    np.testing.assert_allclose(scored("energy", train, test), -np.log(np.exp(logits).sum(axis=1)))
    np.testing.assert_allclose(
        scored("energy", train, test, temperature=2.0), -2 * np.log(np.exp(logits / 2).sum(axis=1))
    )
    np.testing.assert_allclose(scored("gen", train, test), np.sum((p * (1 - p)) ** 0.1, axis=1), rtol=1e-6)
    top2 = np.sort(p, axis=1)[:, -2:]
    np.testing.assert_allclose(scored("gen", train, test, top=2), np.sum((top2 * (1 - top2)) ** 0.1, axis=1), rtol=1e-6)


def scaled(scores, factor):
    """The same scores with every logit multiplied."""
    return type(scores)(**{**vars(scores), "logits": scores.logits * factor})


def labels_drawn_at(temperature, scores):
    """The same scores with labels that follow ``softmax(logits / temperature)``."""
    p = softmax(scores.logits.astype(float) / temperature, axis=1)
    drawn = (p.cumsum(axis=1) < np.random.default_rng(0).random((len(p), 1))).sum(axis=1).clip(max=p.shape[1] - 1)
    return type(scores)(**{**vars(scores), "label": drawn})


@pytest.mark.parametrize("name", ["msp", "gen"])
def test_no_two_scores_tie_where_the_softmax_saturates(name):
    """With large logits 1 - p rounds to 0 in float64; the order must survive."""
    train = scaled(random_set(200, 3), 10)
    p = softmax(train.logits.astype(np.float64), axis=1)
    assert np.count_nonzero(p.max(axis=1) == 1) > 50
    assert len(np.unique(scored(name, train, train))) == 200


def test_kl_matching_is_the_least_divergence_from_a_template(sets):
    train, test = sets
    p_train, p = softmax(train.logits.astype(float), axis=1), softmax(test.logits.astype(float), axis=1)
    predicted = p_train.argmax(axis=1)
    templates = [p_train[predicted == k].mean(axis=0) for k in np.unique(predicted)]
    expected = np.min([scipy_entropy(p, template[None], axis=1) for template in templates], axis=0)
    np.testing.assert_allclose(scored("kl_matching", train, test), expected, rtol=1e-6, atol=1e-9)


def test_temperature_is_where_the_nll_is_least(sets):
    train, dev = sets[0], labels_drawn_at(2.0, sets[1])
    logits = dev.logits.astype(float)

    def nll(log_t):
        return -np.mean(log_softmax(logits / np.exp(log_t[0]), axis=1)[np.arange(len(dev)), dev.label])

    found = minimize(nll, [0.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12})
    temperature = fit_temperature(dev)
    assert temperature == pytest.approx(np.exp(found.x[0]), rel=1e-3)
    cooled = scaled(train, 1 / temperature)
    np.testing.assert_allclose(scored("temperature", train, train, dev), scored("msp", cooled, cooled), rtol=1e-4)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_temperature_recovers_the_one_that_the_labels_were_drawn_at(true):
    assert fit_temperature(labels_drawn_at(true, random_set(20_000, 4))) == pytest.approx(true, rel=0.05)


def features_of(scores, scale):
    """What the head sees, by the definition of each head."""
    x = scores.embedding.astype(np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True) if scale else x


@SCALES
def test_the_head_gives_back_the_logits(scale):
    scores = random_set(50, 1, scale=scale)
    head = Head.of(scores)
    assert head.normalised == (scale is not None)
    np.testing.assert_allclose(head.logits(scores.embedding), scores.logits, rtol=1e-4, atol=1e-4)


@SCALES
def test_mahalanobis_by_explicit_inverse(scale):
    train, test = random_set(300, 1, scale=scale), random_set(80, 2, scale=scale)
    x, y = features_of(train, scale), features_of(test, scale)
    means = np.stack([x[train.label == k].mean(axis=0) for k in range(4)])

    def distance(points, centres, covariance):
        return cdist(points, centres, "mahalanobis", VI=np.linalg.inv(covariance)).min(axis=1) ** 2

    shrunk = LedoitWolf(assume_centered=True).fit(x - means[train.label])
    near = distance(y, means, shrunk.covariance_)
    np.testing.assert_allclose(scored("mahalanobis", train, test), near, rtol=1e-3)
    # Ren et al.: the covariance of all is that of the classes plus the scatter of their means; the share shrunk is one.
    between = np.cov(means[train.label], rowvar=False, bias=True)
    far = distance(y, x.mean(axis=0, keepdims=True), shrunk.covariance_ + (1 - shrunk.shrinkage_) * between)
    np.testing.assert_allclose(scored("relative_mahalanobis", train, test), near - far, rtol=1e-3, atol=1e-3)


def test_relative_mahalanobis_does_not_see_what_has_nothing_to_do_with_the_classes():
    """There the distances to a class and to all cancel (Ren et al., section 3), however little the data say."""
    train, test = random_set(40, 1, dim=20), random_set(80, 2, dim=20)
    x = train.embedding.astype(float)
    means = np.stack([x[train.label == k].mean(axis=0) for k in range(4)])
    covariance = LedoitWolf(assume_centered=True).fit(x - means[train.label]).covariance_
    told = (means - x.mean(axis=0)) @ np.linalg.inv(covariance)  # what tells the classes apart
    aside = np.linalg.svd(told)[2][3:]
    moved = np.random.default_rng(0).standard_normal((80, len(aside))) @ aside * 5
    far = type(test)(**{**vars(test), "embedding": test.embedding + moved})
    before = scored("relative_mahalanobis", train, test)
    np.testing.assert_allclose(scored("relative_mahalanobis", train, far), before, rtol=1e-3, atol=1e-2)
    assert np.median(scored("mahalanobis", train, far) - scored("mahalanobis", train, test)) > 100


@SCALES
def test_raw_mahalanobis_is_blind_to_the_head(scale):
    """On embeddings as they are; under a plain head that is `mahalanobis`."""
    train, test = random_set(300, 1, scale=scale), random_set(80, 2, scale=scale)
    plain, other = random_set(300, 1), random_set(80, 2)
    np.testing.assert_allclose(scored("raw_mahalanobis", train, test), scored("mahalanobis", plain, other), rtol=1e-6)


@SCALES
@pytest.mark.parametrize("k", [1, 7])
def test_knn_by_all_distances(scale, k):
    train, test = random_set(300, 1, scale=scale), random_set(80, 2, scale=scale)
    distances = np.sort(cdist(features_of(test, 1), features_of(train, 1)), axis=1)
    np.testing.assert_allclose(scored("knn", train, test, k=k), distances[:, k - 1], atol=1e-6)


def test_knn_with_a_small_bank_still_separates_and_is_the_same_each_time():
    train, test, ood = random_set(2000, 1), random_set(100, 2), random_set(100, 3, shift=6.0)
    ours, theirs = scored("knn", train, test, bank=100), scored("knn", train, ood, bank=100)
    assert roc_auc_score(np.repeat([0, 1], 100), np.concatenate([ours, theirs])) > 0.95
    np.testing.assert_array_equal(ours, scored("knn", train, test, bank=100))


@SCALES
def test_vim_by_its_paper(scale):
    train, test = random_set(300, 1, scale=scale), random_set(80, 2, scale=scale)
    weight, bias = train.weight.astype(float), train.bias.astype(float)
    if scale:
        weight = scale * weight / np.linalg.norm(weight, axis=1, keepdims=True)
    origin = -np.linalg.pinv(weight) @ bias
    x, y = features_of(train, scale) - origin, features_of(test, scale) - origin
    _, _, directions = np.linalg.svd(x, full_matrices=True)
    null = directions[6:].T  # all but the first half of 12
    alpha = train.logits.max(axis=1).sum() / np.linalg.norm(x @ null, axis=1).sum()
    expected = alpha * np.linalg.norm(y @ null, axis=1) - logsumexp(test.logits.astype(float), axis=1)
    np.testing.assert_allclose(scored("vim", train, test), expected, rtol=1e-4, atol=1e-4)


@SCALES
def test_react_cuts_then_takes_the_energy(scale):
    train, test = random_set(300, 1, scale=scale), random_set(80, 2, scale=scale)
    cut = np.minimum(test.embedding, np.percentile(train.embedding, 85))
    expected = -logsumexp(score_set(cut, test.label, 4, scale=scale).logits.astype(float), axis=1)
    np.testing.assert_allclose(scored("react", train, test, percentile=85), expected, rtol=1e-4, atol=1e-4)
    uncut = scored("react", train, train, percentile=100)
    np.testing.assert_allclose(uncut, scored("energy", train, train), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FROM_SCORES)
@SCALES
def test_blocks_change_nothing(name, scale, monkeypatch):
    train, test = random_set(101, 1, scale=scale), random_set(53, 2, scale=scale)
    whole = scored(name, train, test)
    monkeypatch.setattr(base, "BLOCK", 10)
    np.testing.assert_allclose(scored(name, train, test), whole, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", FROM_SCORES)
@SCALES
def test_the_order_of_utterances_does_not_matter(name, scale):
    train, test = random_set(120, 1, scale=scale), random_set(40, 2, scale=scale)
    backwards = type(test)(
        **{k: v if k in ("classes", "weight", "bias", "scale") else v[::-1] for k, v in vars(test).items()}
    )
    np.testing.assert_allclose(scored(name, train, backwards)[::-1], scored(name, train, test), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", FROM_SCORES)
@SCALES
@pytest.mark.parametrize(
    "case", ["one sample", "identical", "zero", "fewer than dimensions", "one class", "label outside"]
)
def test_degenerate_training_sets_give_finite_scores(name, scale, case):
    rng = np.random.default_rng(0)
    classes = 1 if case == "one class" else 4
    n = {"one sample": 1, "fewer than dimensions": 5}.get(case, 30)
    embedding, label = rng.standard_normal((n, 12)), np.arange(n) % classes
    if case == "identical":
        embedding[:] = embedding[0]
    if case == "zero":
        embedding[:] = 0
    if case == "label outside":
        label[::2] = -1
    train = score_set(embedding, label, classes, scale=scale)
    test = random_set(20, 1, classes=classes, scale=scale)
    score = scored(name, train, test)
    assert score.shape == (20,) and score.dtype == np.float64 and np.isfinite(score).all()
    assert scored(name, train, random_set(0, 1, classes=classes, scale=scale)).shape == (0,)


@pytest.mark.parametrize("name", ["mahalanobis", "knn"])
def test_identical_training_embeddings_order_by_distance(name):
    train = score_set(np.tile([1.0, 0.0, 0.0], (20, 1)), np.zeros(20), 2, scale=15.0)
    angles = np.linspace(0.1, 1.5, 10)
    test = score_set(np.stack([np.cos(angles), 0 * angles, np.sin(angles)], axis=1), np.zeros(10), 2, scale=15.0)
    assert (np.diff(scored(name, train, test)) > 0).all()


@pytest.mark.parametrize("name", FROM_SCORES)
def test_equal_utterances_score_equal(name):
    train = random_set(100, 1, scale=15.0)
    twice = random_set(1, 2, scale=15.0)
    test = score_set(np.repeat(twice.embedding, 6, axis=0), np.zeros(6), 4, scale=15.0)
    np.testing.assert_allclose(scored(name, train, test), scored(name, train, test)[0], rtol=1e-9)


@pytest.mark.parametrize("name", ["mahalanobis", "knn"])
@SCALES
def test_what_lies_elsewhere_scores_higher(name, scale):
    train, test = random_set(400, 1, scale=scale), random_set(100, 2, scale=scale)
    score = scored(name, train, test), scored(name, train, random_set(100, 3, scale=scale, shift=6.0))
    assert roc_auc_score(np.repeat([0, 1], 100), np.concatenate(score)) > 0.9

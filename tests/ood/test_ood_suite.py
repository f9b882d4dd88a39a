"""A run of the suite over the score files of a model."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

import speech
from score_sets import random_set
from sernet.config.ood import OodConfig
from sernet.data.dataset import Examples, Utterance
from sernet.errors import SernetError
from sernet.ood import suite
from sernet.ood.registry import make_detector
from sernet.score.files import ScoreSet, load_detector_scores
from sernet.score.infer import load_model, score
from sernet.train.loop import fit

SETS = {"train": random_set(200, 1), "dev": random_set(60, 2), "test": random_set(50, 3)}
OOD = {"noise": random_set(40, 4, shift=5.0, prefix="noise")}


@pytest.fixture
def model(tmp_path):
    for name, scores in {**SETS, **OOD}.items():
        scores.save(tmp_path / "scores" / f"{name}.npz")
    return tmp_path


def features(scores):
    rng = np.random.default_rng(len(scores))
    order = rng.permutation(len(scores))  # found by id, not by position
    utterances = [Utterance(scores.utt_id[i], "corpus", duration=1.0 + i) for i in order]
    return Examples(utterances, [rng.standard_normal((5, 8)).astype(np.float32) for _ in order])


def test_writes_one_file_a_detector_and_set(model):
    examples = {name: features(scores) for name, scores in {**SETS, **OOD}.items()}
    suite.run(["msp", "mahalanobis", "duration"], model, ["noise"], examples, OodConfig())
    written = sorted(str(path.relative_to(model / "ood")) for path in (model / "ood").rglob("*"))
    names = ("duration", "mahalanobis", "msp")
    assert written == sorted([*names, *(f"{name}/{part}.npz" for name in names for part in ("noise", "test"))])
    detector = make_detector("mahalanobis")
    detector.fit(SETS["train"])
    utt_id, score = load_detector_scores(model / "ood/mahalanobis/noise.npz")
    np.testing.assert_array_equal(utt_id, OOD["noise"].utt_id)
    np.testing.assert_array_equal(score, detector.score(OOD["noise"]))
    durations = load_detector_scores(model / "ood/duration/test.npz")[1]
    logs = np.log(1.0 + np.arange(200))
    np.testing.assert_allclose(durations, np.abs(np.log(1.0 + np.arange(50)) - logs.mean()) / logs.std())


def test_a_second_run_writes_the_same_bytes(model):
    suite.run(["knn"], model, ["noise"], None, OodConfig())
    first = (model / "ood/knn/noise.npz").read_bytes()
    suite.run(["knn"], model, ["noise"], None, OodConfig())
    assert (model / "ood/knn/noise.npz").read_bytes() == first


def test_options_reach_the_detector(model):
    suite.run(["knn"], model, ["noise"], None, OodConfig(options={"knn": {"k": 3}}))
    detector = make_detector("knn", {"k": 3})
    detector.fit(SETS["train"])
    np.testing.assert_array_equal(load_detector_scores(model / "ood/knn/test.npz")[1], detector.score(SETS["test"]))


def test_works_without_dev(model):
    (model / "scores/dev.npz").unlink()
    suite.run(["temperature"], model, ["noise"], None, OodConfig())
    assert (model / "ood/temperature/noise.npz").exists()


def neighbour(scores, k):
    """Distance to the ``k``-th nearest training utterance, by scikit-learn."""
    nearest = NearestNeighbors(n_neighbors=k).fit(normalize(SETS["train"].embedding.astype(np.float64)))
    return nearest.kneighbors(normalize(scores.embedding.astype(np.float64)))[0][:, -1]


def best_k(inside, outside):
    """The number of neighbours by which ``inside`` differs most from the sets ``outside``, by scikit-learn."""
    aurocs = {}
    for k in (1, 5, 10, 20, 50):
        own, others = neighbour(inside, k), [neighbour(scores, k) for scores in outside]
        aurocs[k] = np.mean([roc_auc_score([0] * len(own) + [1] * len(o), [*own, *o]) for o in others])
    return max(aurocs, key=aurocs.get)


@pytest.mark.parametrize("sets", [1, 2])
def test_tuning_takes_the_best_of_the_grid_on_dev_alone(model, capsys, sets):
    """On the test set, or on one of several sets alone, another number of neighbours would be best."""
    ood_dev = {f"ood_dev{n}": random_set(40, 25 + n, shift=0.5 + n, prefix="ood") for n in range(sets)}
    for name, scores in ood_dev.items():
        scores.save(model / f"scores/{name}.npz")
    noise = {"condition": "ood-far", "source": "noise", "split": "dev"}
    config = OodConfig(tune_on=list(ood_dev), sets=dict.fromkeys(ood_dev, noise))
    suite.run(["knn", "msp"], model, ["noise"], None, config)
    best = best_k(SETS["dev"], ood_dev.values())
    assert f"knn: {{'k': {best}}}" in capsys.readouterr().out
    written = load_detector_scores(model / "ood/knn/test.npz")[1]
    np.testing.assert_allclose(written, neighbour(SETS["test"], best), atol=1e-5)
    assert best != best_k(SETS["test"], ood_dev.values())
    assert best != best_k(SETS["dev"], [OOD["noise"]])
    assert sets == 1 or best != best_k(SETS["dev"], [ood_dev["ood_dev0"]])


def test_what_the_recipe_sets_by_hand_is_not_tuned(model):
    random_set(40, 6, shift=1.0, prefix="ood").save(model / "scores/ood_dev.npz")
    assert suite.tune("knn", {"k": 7}, suite.Material(model), ["ood_dev"]) == {"k": 7}


def test_a_missing_score_file_is_named(model):
    with pytest.raises(SernetError, match=r"tones\.npz is missing"):
        suite.run(["msp"], model, ["tones"], None, OodConfig())


def test_trivial_detectors_ask_for_features(model):
    with pytest.raises(SernetError, match="level needs the features of set train"):
        suite.run(["level"], model, ["noise"], None, OodConfig())


def test_nothing_is_written_for_an_unknown_detector(model):
    with pytest.raises(SernetError, match="no detector 'oracle'"):
        suite.run(["msp", "oracle"], model, ["noise"], None, OodConfig())
    assert not (model / "ood").exists()


def test_a_score_that_is_not_finite_is_refused_by_name(model, monkeypatch):
    def broken(self, scores):
        score = np.zeros(len(scores))
        score[3] = np.nan
        return score

    monkeypatch.setattr("sernet.ood.msp.Msp.score", broken)
    with pytest.raises(SernetError, match="not finite for utt-0003"):
        suite.run(["msp"], model, ["noise"], None, OodConfig())
    assert not (model / "ood/msp/test.npz").exists()


def test_a_detector_of_the_network_and_an_ensemble_get_what_they_need(tmp_path):
    raw = speech.MODEL.model_dump() | {"dropout": 0.0}
    data, models = speech.examples(), [tmp_path / f"seed{seed}" for seed in (0, 1)]
    for seed, directory in enumerate(models):
        fit(data, None, speech.CLASSES, {}, None, type(speech.MODEL)(**raw), speech.CONFIG, seed, directory, "cpu", "x")
        for name in ("train", "dev", "test", "noise", "hiss"):
            ScoreSet(**score(*load_model(directory), data)).save(directory / "scores" / f"{name}.npz")
    sets = {
        "noise": {"condition": "ood-far", "source": "noise"},
        "hiss": {"condition": "corrupted", "source": "corrupted", "corruption": "white", "strength": 10},
    }
    names = ["odin", "mc_dropout", "ensemble", "msp"]
    config = OodConfig(detectors=names, sets=sets)
    features_of = dict.fromkeys(("train", "test", "noise"), data)
    suite.run(names, models[0], ["noise", "hiss"], features_of, config, siblings=models)
    written = {str(path.relative_to(models[0] / "ood"))[:-4] for path in (models[0] / "ood").rglob("*.npz")}
    assert written == {f"{detector}/{name}" for detector, name in config.scored(["noise", "hiss"])}
    both = [ScoreSet.load(directory / "scores/test.npz") for directory in models]
    ids, found = load_detector_scores(models[0] / "ood/ensemble/test.npz")
    np.testing.assert_array_equal(found, make_detector("ensemble").score(both))
    assert not np.allclose(found, make_detector("ensemble").score(both[:1]))
    with pytest.raises(SernetError, match="odin needs the features of set test"):
        suite.run(["odin"], models[0], ["noise"], None, config)

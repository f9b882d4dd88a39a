"""The linear classifiers on functionals: scikit-learn's answers, from its files alone; a score file like any other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sernet.config.functionals import RidgeConfig, SvmConfig
from sernet.corpus.utterances import Utterance
from sernet.data.dataset import Examples
from sernet.errors import SernetError
from sernet.model.linear import LinearClassifier
from sernet.pipeline.reading import read_json
from sernet.score.files import ScoreSet
from sernet.score.infer import load_model
from sernet.score.linear import score
from sernet.score.transductive import speaker_normalised
from sernet.train.linear import fit

CLASSES = ["anger", "neutral", "sadness"]
MERGE = {"calm": "neutral"}
CONFIG = SvmConfig(features="egemaps", c=0.1)


def examples(count=120, values=12, seed=0, emotions=("anger", "neutral", "sadness", "calm", "fear")):
    """Unbalanced classes whose functionals differ in place, on scales that differ a thousandfold; one never changes."""
    draws = np.random.default_rng(seed)
    place = np.random.default_rng(7).normal(size=(len(emotions), values))
    utterances, features = [], []
    for number in range(count):
        which = min(int(draws.exponential(1.2)), len(emotions) - 1)
        x = (place[which] + draws.normal(size=values)) * np.logspace(-1, 2, values) + 50
        x[3] = 5.0
        utterances.append(Utterance(f"u{number}", "tiny", f"s{number % 3}", emotions[which], duration=1.0))
        features.append(x[None].astype(np.float32))
    return Examples(utterances, features)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("svm")
    fit(examples(), CLASSES, MERGE, None, CONFIG, directory, "x")
    return directory


def test_decisions_are_scikit_learns(trained):
    train, test = examples(), examples(seed=1)
    label = train.labels(CLASSES, MERGE)
    x, other = (np.concatenate(data.features) for data in (train, test))
    svc = LinearSVC(C=CONFIG.c, class_weight="balanced", dual="auto", random_state=0, max_iter=20000)
    reference = make_pipeline(StandardScaler(), svc).fit(x[label >= 0], label[label >= 0])
    scored = ScoreSet(**score(trained, test))
    np.testing.assert_allclose(scored.logits, reference.decision_function(other), atol=2e-3)
    np.testing.assert_array_equal(scored.logits.argmax(1), reference.predict(other))
    assert np.mean(scored.logits.argmax(1)[scored.label >= 0] == scored.label[scored.label >= 0]) > 0.6


def test_a_score_file_holds_all_that_its_logits_are_made_of(trained):
    scored = ScoreSet(**score(trained, examples(seed=1)))
    np.testing.assert_allclose(scored.logits, scored.embedding @ scored.weight.T + scored.bias, atol=1e-4)
    lengths = np.linalg.norm(scored.embedding, axis=1)[:, None] * np.linalg.norm(scored.weight, axis=1)
    np.testing.assert_allclose(scored.cosine, scored.embedding @ scored.weight.T / lengths, atol=1e-5)
    assert scored.scale == 1.0 and not scored.embedding[:, 3].any()
    normalised = speaker_normalised(scored, ScoreSet(**score(trained, examples())))
    expected = normalised.embedding @ scored.weight.T + scored.bias
    np.testing.assert_allclose(normalised.logits, expected, atol=1e-3)


def test_ridge_regression_hears_what_emotion_explains(tmp_path):
    train, test = examples(), examples(seed=1)
    label = train.labels(CLASSES, MERGE)
    known = label >= 0
    scaler = StandardScaler().fit(np.concatenate(train.features)[known])
    x, other = (np.clip(scaler.transform(np.concatenate(data.features)), -1.5, 1.5) for data in (train, test))
    x, label = x[known], label[known]
    explained = np.std([x[label == number].mean(0) for number in range(len(CLASSES))], axis=0)
    alpha = 0.5 * np.mean(((x * explained) ** 2).sum(1))
    reference = RidgeClassifier(alpha=alpha, class_weight="balanced").fit(x * explained, label)
    config = RidgeConfig(features="egemaps", clip=1.5, strength=0.5)
    fit(train, CLASSES, MERGE, None, config, tmp_path, "x")
    scored = ScoreSet(**score(tmp_path, test))
    np.testing.assert_allclose(scored.logits, reference.decision_function(other * explained), atol=1e-4)
    assert np.abs(scored.embedding).max() == 1.5
    with pytest.raises(SernetError, match="holds ridge regression on egemaps; this needs a network"):
        load_model(tmp_path)


def _held_out_uar(x, label, speakers, strength):
    """The UAR of scikit-learn's ridge regression on speakers whom it did not hear, dealt into five groups by name."""
    names, decided = sorted(set(speakers)), np.full(len(label), -1)
    share = len(label) / len(CLASSES) / np.bincount(label)[label]
    group = np.array([names.index(name) % 5 for name in speakers])
    for number in range(5):
        rest, asked = group != number, group == number
        scaler = StandardScaler().fit(x[rest])
        inner, outer = (np.clip(scaler.transform(x[some]), -2, 2) for some in (rest, asked))
        explained = np.std([inner[label[rest] == c].mean(0) for c in range(len(CLASSES))], axis=0)
        alpha = strength * np.mean(((inner * explained) ** 2).sum(1))
        solver = RidgeClassifier(alpha=alpha).fit(inner * explained, label[rest], sample_weight=share[rest])
        decided[asked] = solver.predict(outer * explained)
    return balanced_accuracy_score(label, decided)


def test_layers_and_strength_are_chosen_on_training_speakers_held_out(tmp_path):
    """What the layer 2 says of a class, each speaker says in another way: useful only for speakers who were heard."""
    data = examples(160)
    speakers = [f"s{number % 7:02d}" for number in range(160)]
    for number, (utterance, matrix) in enumerate(zip(data.utterances, data.features, strict=True)):
        own = np.random.default_rng([number % 7, ord(utterance.emotion[0])]).normal(size=4)
        matrix[:, 4:8] = 8 * own + np.random.default_rng(number).normal(size=4)
        data.utterances[number] = replace(utterance, speaker=speakers[number])
    label = data.labels(CLASSES, MERGE)
    known = label >= 0
    x, heard = np.concatenate(data.features)[known].astype(np.float64), np.array(speakers)[known]
    columns = {(0,): range(4), (2,): range(4, 8), (0, 5): [*range(4), *range(8, 12)]}
    expected = [
        _held_out_uar(x[:, columns[layers]], label[known], heard.tolist(), strength)
        for layers in columns
        for strength in (0.01, 30.0)
    ]
    best = int(np.argmax(expected))
    assert 0 < best < len(expected) - 1 and len(set(expected)) > 3
    config = RidgeConfig(features="w", layers=[list(layers) for layers in columns], strength=[0.01, 30.0])
    fit(data, CLASSES, MERGE, None, config, tmp_path, "x", layers=[0, 2, 5])
    notes = read_json(tmp_path / "model.json")["notes"]
    found = [float(note.partition("UAR ")[2].split()[0]) for note in notes]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert [number for number, note in enumerate(notes) if note.endswith("(chosen)")] == [best]
    layers = [*columns][best // 2]
    scored = ScoreSet(**score(tmp_path, data))
    embedded = np.clip(StandardScaler().fit_transform(x[:, columns[layers]]), -2, 2)
    np.testing.assert_allclose(scored.embedding[known], embedded, atol=1e-3)
    path = tmp_path / "model.safetensors"
    with safe_open(path, "np") as file:
        whole = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        meta = file.metadata()
    for columns in (whole["columns"] + 8, whole["columns"] - 1, whole["columns"][:-1], whole["columns"].astype(float)):
        save_file(whole | {"columns": columns}, path, metadata=meta)
        with pytest.raises(SernetError, match=r"model\.safetensors: not the linear classifier of model\.json"):
            score(tmp_path, data)


def test_a_small_corpus_counts_like_a_large_one_where_it_is_asked_to(tmp_path):
    small, large = examples(30, seed=2), examples(300, seed=3)
    both = Examples(
        [replace(u, id=f"small-{u.id}", corpus="small") for u in small.utterances] + large.utterances,
        small.features + large.features,
    )
    config = RidgeConfig(features="egemaps", clip=1e6, balance=["corpus", "class"])
    fit(both, CLASSES, MERGE, None, config, tmp_path, "x")
    label = both.labels(CLASSES, MERGE)
    x = StandardScaler().fit_transform(np.concatenate(both.features)[label >= 0])
    corpus = np.array([u.corpus for u in both.utterances])[label >= 0]
    label = label[label >= 0]
    x = x * np.std([x[label == number].mean(0) for number in range(len(CLASSES))], axis=0)
    share = np.zeros(len(x))
    for group in {*zip(corpus, label, strict=True)}:
        there = (corpus == group[0]) & (label == group[1])
        share[there] = len(x) / 6 / there.sum()
    reference = RidgeClassifier(alpha=np.mean((x**2).sum(1))).fit(x, label, sample_weight=share)
    place = np.array([u.corpus == "small" for u in both.utterances]) & (both.labels(CLASSES, MERGE) >= 0)
    told = ScoreSet(**score(tmp_path, both)).logits[place]
    np.testing.assert_allclose(told, reference.decision_function(x[corpus == "small"]), atol=1e-3)


def test_training_again_gives_the_same_bytes(trained, tmp_path):
    fit(examples(), CLASSES, MERGE, None, CONFIG, tmp_path, "x")
    for name in ("model.safetensors", "model.json"):
        assert (tmp_path / name).read_bytes() == (trained / name).read_bytes()


def test_two_classes_have_a_hyperplane_each(tmp_path):
    fit(examples(), ["anger", "neutral"], MERGE, None, CONFIG, tmp_path, "x")
    scored = ScoreSet(**score(tmp_path, examples(seed=1)))
    np.testing.assert_allclose(scored.logits[:, 0], -scored.logits[:, 1], atol=1e-6)
    kept = scored.label >= 0
    assert np.mean(scored.logits.argmax(1)[kept] == scored.label[kept]) > 0.7


def test_what_cannot_be_is_refused_in_words(trained, tmp_path):
    with pytest.raises(SernetError, match="nothing to train surprise on"):
        fit(examples(), [*CLASSES, "surprise"], MERGE, None, CONFIG, tmp_path, "x")
    with pytest.raises(SernetError, match=r"features of shape \(1, 5\), the classifier needs \(1, 12\)"):
        score(trained, examples(values=5))
    with pytest.raises(SernetError, match="model.json is missing"):
        score(Path(tmp_path), examples())
    with pytest.raises(SernetError, match="holds a linear SVM on egemaps; this needs a network"):
        load_model(trained)


def test_the_layers_are_chosen_on_training_speakers_and_scored_from_the_same_columns(tmp_path: Path) -> None:
    """Layer 1 tells the emotion of anybody; layer 2 only that of speakers who were heard, by who they are."""
    draws = np.random.default_rng(0)
    utterances, features = [], []
    for speaker in range(10):
        for take in range(12):
            emotion = ("anger", "sadness")[take % 2]
            sign = 1 if take % 2 else -1
            good = sign + 0.8 * draws.standard_normal(4)
            own = np.zeros(40)
            own[4 * speaker + 2 * (take % 2)] = 9  # a place of the speaker's own for each emotion
            utterances.append(Utterance(f"u{speaker}-{take}", "tiny", f"s{speaker}", emotion))
            features.append(np.concatenate([np.pad(good, (0, 36)), own])[None].astype(np.float32))
    config = RidgeConfig(features="whisper", strength=[0.1, 1.0], layers=[[2], [1], [1, 2]])
    examples = Examples(utterances, features)
    fit(examples, ["anger", "sadness"], {}, None, config, tmp_path, "x", layers=[1, 2])
    classifier, meta = LinearClassifier.load(tmp_path)
    (line,) = [note for note in meta["notes"] if note.endswith("(chosen)")]
    assert line.startswith("layers [1], ") and len(meta["notes"]) == 6
    assert classifier.columns is not None and classifier.columns.tolist() == list(range(40))
    told = score(tmp_path, examples)
    assert told["embedding"].shape == (120, 40)
    assert np.mean(told["logits"].argmax(1) == told["label"]) > 0.9
    unknown = config.model_copy(update={"layers": [[7]]})
    with pytest.raises(SernetError, match=r"has no layer 7; it has \[1, 2\]"):
        fit(examples, ["anger", "sadness"], {}, None, unknown, tmp_path, "x", [1, 2])

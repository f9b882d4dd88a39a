"""Scoring a trained model."""

import json

import numpy as np
import pytest

import speech
from sernet.errors import SernetError
from sernet.score.files import ScoreSet
from sernet.score.infer import load_model, score
from sernet.train.loop import fit


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained")
    fit(speech.examples(), None, speech.CLASSES, {}, None, speech.MODEL, speech.CONFIG, 0, directory, "cpu", "x")
    return directory


def test_fields_are_those_of_a_score_file(trained, tmp_path):
    model, meta = load_model(trained)
    scores = ScoreSet(**score(model, meta, speech.examples()))
    scores.save(tmp_path / "test.npz")
    again = ScoreSet.load(tmp_path / "test.npz")
    assert again.utt_id.tolist() == [f"u{number}" for number in range(24)]
    assert again.label.tolist()[:3] == [0, 1, -1]
    np.testing.assert_array_equal(again.embedding, scores.embedding)


def test_batches_change_nothing_but_rounding(trained):
    model, meta = load_model(trained)
    data = speech.examples()
    together = score(model, meta, data)["logits"]
    alone = [score(model, meta, data.select([utterance.id]))["logits"][0] for utterance in data.utterances]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(score(model, meta, data, batch_frames=1)["logits"], alone, atol=1e-4)


def test_what_cannot_be_scored_is_named(trained, tmp_path):
    model, meta = load_model(trained)
    data = speech.examples(3)
    data.features[1] = data.features[1][:, :7]
    with pytest.raises(SernetError, match="u1: features of shape"):
        score(model, meta, data)
    with pytest.raises(SernetError, match="not trained"):
        load_model(tmp_path)


def test_files_of_different_trainings_are_refused(trained, tmp_path):
    meta = json.loads((trained / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(meta | {"identity": "another"}))
    (tmp_path / "model.safetensors").write_bytes((trained / "model.safetensors").read_bytes())
    with pytest.raises(SernetError, match="different trainings"):
        load_model(tmp_path)

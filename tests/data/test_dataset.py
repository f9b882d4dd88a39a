"""Examples, labels, normalisation, batches."""

import numpy as np
import pytest

from sernet.data.dataset import Examples, FrontEnd, Utterance, balanced_weights, batches, pad, trim
from sernet.errors import SernetError


def examples(lengths=(3, 5, 4)):
    draws = np.random.default_rng(0)
    emotions = ["anger", "calm", "boredom"]
    utterances = [Utterance(f"u{i}", "c", emotion=emotions[i % 3], duration=n / 100) for i, n in enumerate(lengths)]
    return Examples(utterances, [draws.normal(size=(n, 2)).astype(np.float32) for n in lengths])


def test_select_keeps_the_order_asked_for_and_names_what_is_missing():
    chosen = examples().select(["u2", "u0"])
    assert [utterance.id for utterance in chosen.utterances] == ["u2", "u0"]
    assert [len(matrix) for matrix in chosen.features] == [4, 3]
    with pytest.raises(SernetError, match="u9"):
        examples().select(["u0", "u9"])


def test_labels_merge_and_leave_out():
    assert examples().labels(["neutral", "anger"], {"calm": "neutral"}).tolist() == [1, 0, -1]
    assert examples().labels(["neutral", "anger"]).tolist() == [1, -1, -1]
    nothing = Examples([Utterance("u", "c")], [np.zeros((1, 2), np.float32)])
    assert nothing.labels(["anger"]).tolist() == [-1]


def test_front_end_by_utterance_takes_each_mean_off():
    data = examples((50, 80))
    front = FrontEnd.fit(data.features, "utterance", None)
    inputs = [front(matrix) for matrix in data.features]
    for matrix in inputs:
        np.testing.assert_allclose(matrix.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(np.concatenate(inputs).std(0), 1, rtol=1e-4)
    np.testing.assert_allclose(front(data.features[0] + 3), inputs[0], atol=1e-5)


def test_front_end_by_speech_does_not_hear_the_silence_around_it():
    """Silence that was kept around it changes nothing in the frames of speech."""
    draws = np.random.default_rng(0)
    speech = draws.normal(-5, 1, size=(60, 8)).astype(np.float32)
    around = np.concatenate([np.full((40, 8), -20, np.float32), speech, np.full((25, 8), -15, np.float32)])
    front = FrontEnd("speech", None, np.zeros(8, np.float32), np.full(8, 2, np.float32))
    np.testing.assert_allclose(front(around)[40:100], front(speech), atol=1e-5)
    np.testing.assert_allclose(front(speech), (speech - speech.mean(0)) / 2, atol=1e-5)
    assert not np.allclose(FrontEnd("utterance", None, front.mean, front.std)(around)[40:100], front(speech), atol=1)


def test_front_end_global_keeps_the_level():
    data = examples((50, 80))
    front = FrontEnd.fit(data.features, "global", None)
    everything = np.concatenate([front(matrix) for matrix in data.features])
    np.testing.assert_allclose(everything.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(everything.std(0), 1, rtol=1e-4)
    np.testing.assert_allclose(
        front(data.features[0] + 3) - front(data.features[0]), 3 / front.std[None] + np.zeros((50, 1)), rtol=1e-4
    )


def test_trim_drops_quiet_ends_and_keeps_pauses():
    level = np.log(10) / 10 * np.array([-60, 0, -60, -10, -60, -60])  # dB
    matrix = np.tile(level[:, None], (1, 4)).astype(np.float32)
    assert len(trim(matrix, 40)) == 3
    assert len(trim(matrix, 70)) == 6
    assert trim(matrix, None) is matrix


@pytest.mark.parametrize(("count", "size"), [(10, 4), (9, 4), (33, 4), (2, 4), (65, 32)])
def test_batches_hold_every_utterance_once_and_none_alone(count, size):
    draws = np.random.default_rng(0)
    lengths, keys = draws.integers(50, 100, count), draws.random(count)
    found = batches(lengths, size, keys)
    assert sorted(np.concatenate(found).tolist()) == list(range(count))
    assert all(2 <= len(batch) <= size + 1 for batch in found)


def test_a_batch_of_a_pool_holds_neighbours_by_length():
    draws = np.random.default_rng(0)
    lengths = draws.permutation(32)
    found = batches(lengths, 8, draws.random(32), pool=4)
    assert {frozenset(lengths[batch].tolist()) for batch in found} == {
        frozenset(range(n, n + 8)) for n in (0, 8, 16, 24)
    }


def test_batches_follow_the_keys_not_the_order_of_the_utterances():
    draws = np.random.default_rng(0)
    lengths, keys = draws.integers(50, 100, 40), draws.random(40)
    order = draws.permutation(40)
    one = [set(batch.tolist()) for batch in batches(lengths, 8, keys)]
    other = [set(order[batch].tolist()) for batch in batches(lengths[order], 8, keys[order])]
    assert one == other


def test_pad_marks_lengths_only_where_they_differ():
    same, nothing = pad([np.ones((3, 2), np.float32)] * 2)
    assert nothing is None
    assert same.shape == (2, 3, 2)
    padded, lengths = pad([np.ones((3, 2), np.float32), np.ones((1, 2), np.float32)])
    assert lengths.tolist() == [3, 1]
    assert padded[1].sum() == 2


def test_balanced_weights_make_groups_alike():
    weights = balanced_weights([("a",), ("a",), ("a",), ("b",)])
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])
    np.testing.assert_allclose(balanced_weights([(), ()]), [1, 1])

"""Augmentation: identity where nothing is asked for, the resampling against numpy, bounds of the masks."""

import numpy as np

from sernet.config.training import AugmentConfig
from sernet.data.augment import augment, mix_style, moments, resample
from sernet.draws import generator

NOTHING = AugmentConfig(time_warp=0, frequency_warp=0, time_masks=0, frequency_masks=0)


def matrix(frames=120, bins=20):
    return np.random.default_rng(0).normal(1, 0.1, size=(frames, bins)).astype(np.float32)


def test_nothing_asked_for_is_the_input():
    assert np.array_equal(augment(matrix(), NOTHING, None, 0.01, generator(0)), matrix())


def test_a_crop_is_a_stretch_of_the_input():
    cropped = augment(np.tile(np.arange(100.0, dtype=np.float32)[:, None], (1, 3)), NOTHING, 40, 0.01, generator(0))
    assert cropped.shape == (40, 3)
    np.testing.assert_allclose(np.diff(cropped[:, 0]), 1, atol=1e-4)


def test_resampling_is_linear_interpolation():
    x, times, bins = matrix(), np.linspace(0, 119, 77), np.linspace(0, 25, 20)
    expected = np.stack([np.interp(times, np.arange(120), column) for column in x.T], axis=1)
    expected = np.stack([np.interp(bins, np.arange(20), row) for row in expected])
    np.testing.assert_allclose(resample(x, times, bins), expected, atol=1e-5)


def test_a_draw_depends_on_the_key_alone():
    one = augment(matrix(), AugmentConfig(), 80, 0.01, generator(0, 1, "u"))
    assert np.array_equal(one, augment(matrix(), AugmentConfig(), 80, 0.01, generator(0, 1, "u")))
    assert not np.array_equal(one, augment(matrix(), AugmentConfig(), 80, 0.01, generator(0, 2, "u")))


def test_masks_are_no_larger_than_asked_for():
    config = AugmentConfig(
        time_warp=0, frequency_warp=0, time_masks=1, time_mask_seconds=0.1, frequency_masks=1, frequency_mask_bins=4
    )
    seen = 0
    for number in range(50):
        hidden = augment(matrix(), config, None, 0.01, generator(number)) == 0
        assert hidden.all(1).sum() <= 10
        assert hidden.all(0).sum() <= 4
        seen += int(hidden.any())
    assert seen > 40


def test_warping_changes_the_tempo_within_bounds():
    config = NOTHING.model_copy(update={"time_warp": 0.1})
    lengths = {len(augment(matrix(), config, None, 0.01, generator(number))) for number in range(50)}
    assert min(lengths) >= 109
    assert max(lengths) <= 133
    assert len(lengths) > 10


def test_one_frame_survives():
    assert augment(matrix(1), AugmentConfig(), 80, 0.01, generator(0)).shape == (80, 20)
    assert augment(matrix(1), AugmentConfig(), None, 0.01, generator(0)).shape == (1, 20)


def test_a_short_utterance_is_repeated_to_fill_the_crop():
    ramp = np.tile(np.arange(10.0, dtype=np.float32)[:, None], (1, 3))
    filled = augment(ramp, NOTHING, 35, 0.01, generator(0))
    assert filled.shape == (35, 3)
    np.testing.assert_allclose(filled[10:20], filled[:10], atol=1e-4)
    assert len(np.unique(np.round(filled[:10, 0]))) >= 9


def test_mixed_style_has_the_moments_in_between():
    draws = np.random.default_rng(1)
    own, other = (draws.normal(m, s, size=(400, 3)).astype(np.float32) for m, s in ((0, 1), ([4, -2, 0], [3, 0.5, 1])))
    mixed = mix_style(own, moments(own), moments(other), 0.25)
    np.testing.assert_allclose(mixed.mean(0), 0.25 * own.mean(0) + 0.75 * other.mean(0), atol=1e-4)
    np.testing.assert_allclose(mixed.std(0), 0.25 * own.std(0) + 0.75 * other.std(0), rtol=5e-3)
    # Only the moments move: what happens in time stays the utterance's own.
    assert np.allclose([np.corrcoef(a, b)[0, 1] for a, b in zip(mixed.T, own.T, strict=True)], 1, atol=1e-5)
    np.testing.assert_allclose(mix_style(own, moments(own), moments(other), 1.0), own, atol=1e-5)

"""Ridge regression on functionals could not be trained for two classes: of those the solver keeps one hyperplane."""

from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from sernet.config.functionals import RidgeConfig
from sernet.data.dataset import Examples, Utterance
from sernet.score.linear import score
from sernet.train.linear import fit


def test_each_of_two_has_one_the_other_way_round(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    label = np.arange(40) % 2
    x = draws.normal(size=(40, 88)) + label[:, None] * np.linspace(0, 1, 88)
    spoken = [Utterance(f"u{n}", "tiny", f"s{n % 4}", ("anger", "neutral")[y]) for n, y in enumerate(label)]
    examples = Examples(spoken, [row[None].astype(np.float32) for row in x])
    fit(examples, ["anger", "neutral"], {}, None, RidgeConfig(features="egemaps"), tmp_path, "x")
    logits = score(tmp_path, examples)["logits"]
    z = np.clip((x - x.mean(0)) / x.std(0), -2, 2)
    z *= np.abs(z[label == 1].mean(0) - z[label == 0].mean(0)) / 2  # the deviation of two class means
    by_hand = Ridge(alpha=np.square(z).sum(1).mean()).fit(z, 2 * label - 1).predict(z)
    np.testing.assert_allclose(logits, np.stack([-by_hand, by_hand], axis=1), atol=1e-4)

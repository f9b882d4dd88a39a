"""A bundle of a network and linear classifiers on functionals, added."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.special import softmax

import sernet
from sernet.bundle import export
from sernet.bundle.format import read
from sernet.bundle.source import find
from sernet.config.functionals import FunctionalsConfig
from sernet.errors import SernetError
from sernet.score.calibration import fit_temperature
from sernet.score.files import ScoreSet

RATE = 16000
FUNCTIONALS = FunctionalsConfig(features="egemaps")
Maker = Callable[[Path, Callable[[np.ndarray], np.ndarray]], Path]


def drawn(samples: np.ndarray) -> np.ndarray:
    """Something in the place of functionals, where nobody listens."""
    return np.random.default_rng(len(samples)).normal(size=(1, FUNCTIONALS.bins)).astype(np.float32)


def place(folder: Path, system: str) -> Path:
    return folder / "single" / system / "fold0" / "seed0"


def test_it_predicts_what_the_sums_score_file_says(summed: Maker, tmp_path: Path) -> None:
    pytest.importorskip("opensmile", reason="openSMILE is not installed")
    from sernet.features.functionals import extract

    folder = summed(tmp_path / "exp" / "tiny", lambda samples: extract(samples, FUNCTIONALS))
    bundle = export.export(find(folder, {"system": "both"}), tmp_path / "bundle")
    expected = ScoreSet.load(place(folder, "both") / "scores" / "test.npz")
    alone = sernet.load(export.export(find(folder, {"system": "am"}), tmp_path / "alone").folder)
    model = sernet.load(bundle.folder)
    for index, name in enumerate(expected.utt_id):
        samples, rate = soundfile.read(folder / "wav" / f"{name}.wav", dtype="float32")
        found = model.predict(samples, rate)
        temperature = model.bundle.contents.calibration.temperature
        posterior = softmax(expected.logits[index].astype(np.float64) / temperature)
        np.testing.assert_allclose(list(found.posterior.values()), posterior, atol=1e-4)
        assert found.ood == pytest.approx(alone.predict(samples, rate).ood)
    long = np.tile(samples, 1 + 65 * RATE // len(samples))  # over a minute: pieces
    assert model.predict(long, RATE).duration == pytest.approx(len(long) / RATE)


def test_calibration_is_the_sums_and_rejection_the_networks(summed: Maker, tmp_path: Path) -> None:
    folder = summed(tmp_path / "exp" / "tiny", drawn)
    found = export.export(find(folder, {"system": "both"}), tmp_path / "bundle").contents
    alone = export.export(find(folder, {"system": "am"}), tmp_path / "alone").contents
    dev = ScoreSet.load(place(folder, "both") / "scores" / "dev.npz")
    assert found.calibration.temperature == pytest.approx(fit_temperature(dev))
    assert found.calibration.temperature != pytest.approx(alone.calibration.temperature)
    assert found.outliers == alone.outliers
    assert (found.origin.system, found.origin.network, alone.origin.network) == ("both", "am", None)
    assert [(one.functionals.features, one.weight) for one in found.listeners] == [("egemaps", 4.0)]
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert "`egemaps` times 4" in card and "the network's alone, detector `mahalanobis`" in card
    assert read(tmp_path / "bundle").contents == found


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("twice", "averages 2 seeds"),
        ("standard", "standardises the logits that it adds"),
        ("networks", "one network.*has am and baseline"),
        ("ridges", "one network.*has none"),
        ("untrained", "no trained compare-ridge"),
        ("nobody", "no model with --system nobody. There: run single; system am, egemaps-ridge; fold 0; seed 0"),
    ],
)
def test_what_a_bundle_cannot_hold_is_refused(summed: Maker, tmp_path: Path, system: str, said: str) -> None:
    folder = summed(tmp_path / "exp" / "tiny", drawn)
    with pytest.raises(SernetError, match=said):
        find(folder, {"system": system})


def test_scores_of_a_ridge_of_before_are_refused(summed: Maker, tmp_path: Path) -> None:
    folder = summed(tmp_path / "exp" / "tiny", drawn)
    other = summed(tmp_path / "exp" / "other", lambda samples: drawn(samples[1:]) + 1)
    for name in ("model.safetensors", "model.json"):
        shutil.copy(place(other, "egemaps-ridge") / name, place(folder, "egemaps-ridge") / name)
    with pytest.raises(SernetError, match="egemaps-ridge/fold0/seed0: run stage score first"):
        export.export(find(folder, {"system": "both"}), tmp_path / "bundle")


def test_without_opensmile_it_says_what_to_install(
    summed: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = summed(tmp_path / "exp" / "tiny", drawn)
    export.export(find(folder, {"system": "both"}), tmp_path / "bundle")
    monkeypatch.setitem(__import__("sys").modules, "opensmile", None)
    from sernet.features.functionals import smile

    smile.cache_clear()
    with pytest.raises(SernetError, match="pip install opensmile"):
        sernet.load(tmp_path / "bundle")

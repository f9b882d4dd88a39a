"""What an export writes, what it is made from, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from score_sets import random_set
from sernet.bundle import export
from sernet.bundle.format import FORMAT, read, seal
from sernet.bundle.outliers import KINDS, Head, freeze
from sernet.bundle.source import find
from sernet.errors import SernetError, UsageError
from sernet.ood.registry import make_detector
from sernet.score.calibration import fit_temperature
from sernet.score.files import ScoreSet

MODEL = Path("single/am/fold0/seed0")


def scores(experiment: Path, name: str) -> ScoreSet:
    return ScoreSet.load(experiment / MODEL / "scores" / f"{name}.npz")


def copied(experiment: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(experiment, tmp_path / "exp" / "tiny"))


def contents(experiment: Path, target: Path) -> dict:
    export.export(find(experiment, {}), target)
    return json.loads((target / "bundle.json").read_text())


def test_temperature_and_threshold_are_those_of_dev(experiment: Path, bundle: Path) -> None:
    dev = scores(experiment, "dev")
    found = read(bundle).contents
    assert found.calibration.temperature == pytest.approx(fit_temperature(dev))
    assert "6 utterances of 3 dev speakers" in found.calibration.note
    detector = make_detector("mahalanobis")
    detector.fit(scores(experiment, "train"))
    inside = np.sort(detector.score(dev))
    assert (found.outliers.detector, found.outliers.fitted_on) == ("mahalanobis", "dev")
    assert found.outliers.threshold == pytest.approx(inside[-1], rel=1e-6)  # 95 % of six utterances are all six


def test_without_dev_nothing_is_calibrated_and_the_card_says_so(experiment: Path, tmp_path: Path) -> None:
    folder = copied(experiment, tmp_path)
    (folder / MODEL / "scores" / "dev.npz").unlink()
    found = contents(folder, tmp_path / "bundle")
    assert found["calibration"]["temperature"] is None
    assert found["outliers"]["fitted_on"] == "train"
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert "not calibrated: the run has no dev speakers" in card
    assert "of 8 test utterances of 3 unheard speakers it accepts" in card


def test_test_scores_change_nothing_but_the_card(experiment: Path, tmp_path: Path) -> None:
    folder = copied(experiment, tmp_path)
    before = contents(folder, tmp_path / "before")
    shutil.copy(folder / MODEL / "scores" / "dev.npz", folder / MODEL / "scores" / "test.npz")
    changed = contents(folder, tmp_path / "changed")
    (folder / MODEL / "scores" / "test.npz").unlink()
    assert before == changed == contents(folder, tmp_path / "without")


def test_dev_scores_of_an_earlier_run_do_not_count(experiment: Path, tmp_path: Path) -> None:
    folder = copied(experiment, tmp_path)
    shutil.copy(folder / MODEL / "scores" / "train.npz", folder / MODEL / "scores" / "dev.npz")
    assert contents(folder, tmp_path / "bundle")["calibration"]["temperature"] is None


def test_where_the_recipe_tunes_the_detector_is_the_best_on_dev(experiment: Path, tmp_path: Path) -> None:
    folder = copied(experiment, tmp_path)
    dev = scores(experiment, "dev")
    # Logits that are larger than those of dev, and embeddings with the same directions: energies alone can tell.
    hot = {name: getattr(dev, name) for name in dev.__dataclass_fields__} | {"logits": dev.logits - 100}
    ScoreSet(**hot).save(folder / MODEL / "scores" / "hot.npz")
    config = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(
        config + "ood: {tune_on: [hot], detectors: [max_cosine, knn, energy, duration]}\n"
    )
    found = contents(folder, tmp_path / "bundle")["outliers"]
    assert found["detector"] == "energy"
    assert found["chosen"] == "highest mean AUROC (1.000) of dev against hot, of max_cosine, knn, energy"


@pytest.mark.parametrize("scale", [15.0, None])
@pytest.mark.parametrize("name", KINDS)
def test_frozen_detectors_score_as_the_fitted_ones(name: str, scale: float | None) -> None:
    train, other = (random_set(80, seed, scale=scale, shift=seed) for seed in (0, 1))
    detector = make_detector(name)
    detector.fit(train)
    head = Head(train.weight, train.bias, train.scale, scale is not None)
    np.testing.assert_allclose(
        freeze(detector).score(other.embedding, head), detector.score(other), rtol=1e-4, atol=1e-5
    )


def test_licences_come_from_the_recipes(bundle: Path, experiment: Path, tmp_path: Path) -> None:
    (corpus,) = read(bundle).contents.origin.corpora
    assert (corpus.title, corpus.licence) == ("Tiny", "none")
    assert "**Tiny** (`tiny`): none." in (bundle / "README.md").read_text()
    export.export(find(experiment, {}), tmp_path / "bundle", egs=tmp_path)
    assert read(tmp_path / "bundle").contents.origin.corpora[0].licence.startswith("unknown")


def test_several_models_are_listed(experiment: Path, tmp_path: Path) -> None:
    folder = copied(experiment, tmp_path)
    shutil.copytree(folder / MODEL, folder / "single/baseline/fold1/seed0")
    with pytest.raises(SernetError, match=r"several models.*system am, baseline; fold 0, 1; seed 0; .*--system --fold"):
        find(folder, {})
    with pytest.raises(SernetError, match=r"no model with --fold 7.*fold 0, 1"):
        find(folder, {"fold": "7"})
    assert find(folder, {"system": "baseline"}).fold == 1
    assert find(folder / MODEL, {}).system == "am"
    with pytest.raises(SernetError, match="holds no trained model"):
        find(tmp_path / "exp", {})


def test_a_target_that_is_there_is_kept(experiment: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(SernetError, match="no bundle"):
        export.export(find(experiment, {}), tmp_path)
    with pytest.raises(SernetError, match="--force"):
        export.export(find(experiment, {}), bundle)
    with pytest.raises(UsageError, match="a bundle can carry mahalanobis"):
        export.export(find(experiment, {}), tmp_path / "new", detector="duration")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter"]


def test_what_is_no_bundle_newer_missing_or_damaged_is_refused_by_name(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(SernetError, match="no bundle"):
        read(tmp_path)
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    raw = json.loads((copy / "bundle.json").read_text())
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(SernetError, match="model.safetensors is damaged"):
        read(copy)
    (copy / "model.safetensors").unlink()
    with pytest.raises(SernetError, match="model.safetensors is missing"):
        read(copy)
    (copy / "bundle.json").write_text(json.dumps({"format": FORMAT + 1, "sernet": "9.9", "new": True}))
    with pytest.raises(SernetError, match=rf"format {FORMAT + 1}, written by sernet 9.9.*update sernet"):
        read(copy)
    (copy / "bundle.json").write_text(json.dumps(raw | {"files": raw["files"] | {"../../etc/passwd": "0"}}))
    seal(copy)
    with pytest.raises(SernetError, match="not the name of a file"):
        read(copy)
    (copy / "bundle.json").write_text("{")
    with pytest.raises(SernetError, match="bundle.json is damaged"):
        read(copy)


def test_a_graph_needs_onnx(exported: Callable[..., Path]) -> None:
    pytest.importorskip("sernet.bundle.onnx_graph")
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        with pytest.raises(SernetError, match="--onnx: onnx.* is not installed"):
            exported(onnx=True)
    else:
        pytest.skip("onnx is installed")

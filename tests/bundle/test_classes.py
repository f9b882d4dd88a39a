"""Decisions among chosen classes, and a card that says among which classes each figure was decided."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.special import softmax
from sklearn.metrics import recall_score

import sernet
from sernet import cli
from sernet.bundle import export
from sernet.bundle.format import read
from sernet.bundle.source import find
from sernet.errors import UsageError
from sernet.score.calibration import fit_temperature
from sernet.score.files import ScoreSet

SCORES = Path("joint/am/fold0/seed0/scores")
ENGINES = ("torch", "onnx")


@pytest.fixture(scope="module")
def bundle(joint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("joint") / "bundle"
    graph = True
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        graph = False
    export.export(find(joint, {}), target, onnx=graph)
    return target


@pytest.mark.parametrize("engine", ENGINES)
def test_a_decision_among_some_is_conditional_on_them(bundle: Path, joint: Path, experiment: Path, engine: str) -> None:
    if engine == "onnx" and not (bundle / "model.onnx").exists():
        pytest.skip("onnx or onnxruntime is not installed: pip install 'sernet[onnx]'")
    test = ScoreSet.load(joint / SCORES / "test.npz")
    model = sernet.load(bundle, engine=engine)
    temperature = model.bundle.contents.calibration.restricted
    columns = [test.classes.tolist().index(name) for name in ("neutral", "fear")]
    for index, name in enumerate(test.utt_id):
        samples, rate = soundfile.read(experiment / "wav" / f"{name}.wav", dtype="float32")
        found, whole = model.predict(samples, rate, ["fear", "neutral"]), model.predict(samples, rate)
        logits = test.logits[index, columns].astype(np.float64)
        assert list(found.posterior) == ["neutral", "fear"]
        np.testing.assert_allclose(list(found.posterior.values()), softmax(logits / temperature), atol=1e-4)
        overall = softmax(test.logits[index].astype(np.float64) / model.bundle.contents.calibration.temperature)
        np.testing.assert_allclose(list(whole.posterior.values()), overall, atol=1e-4)
        assert found.emotion == ("neutral", "fear")[logits.argmax()]
        assert found.confidence == max(found.posterior.values())
        assert (found.ood, found.accepted, len(whole.posterior)) == (whole.ood, whole.accepted, 3)


def test_the_temperature_for_it_is_fitted_as_was_trained(bundle: Path, joint: Path) -> None:
    dev = ScoreSet.load(joint / SCORES / "dev.npz")
    calibration = read(bundle).contents.calibration
    assert calibration.temperature == pytest.approx(fit_temperature(dev))

    def loss(temperature: float) -> float:
        total = 0.0
        for corpus, label, logits in zip(dev.corpus, dev.label, dev.logits.astype(np.float64), strict=True):
            own = logits[:2] if corpus == "tiny" else logits  # fear is the last class
            total -= np.log(softmax(own / temperature)[label])
        return total

    assert calibration.restricted is not None
    best = loss(calibration.restricted)
    assert all(best <= loss(calibration.restricted * factor) for factor in (0.7, 0.98, 1.02, 1.4))


def test_the_card_says_among_which_classes_each_figure_is(bundle: Path, joint: Path) -> None:
    card = (bundle / "README.md").read_text()
    test = ScoreSet.load(joint / SCORES / "test.npz")
    here = test.corpus == "tiny"
    among_all = recall_score(
        test.label[here], test.logits[here].argmax(axis=1), labels=[0, 1], average="macro", zero_division=0
    )
    assert "- `tiny`: 2 of 3, anger, neutral" in card and "- `other`:" not in card
    rows = [line.split(" | ")[2:6] for line in card.splitlines() if line.startswith(("| single", "| ood"))]
    assert rows == [
        ["other", "all 3", "uar", "0.750"],
        ["tiny", "2 of 3", "uar", "0.750"],
        ["tiny", "all 3", "uar", f"{among_all:.3f}"],
        ["noise", "", "auroc", "0.750"],
    ]


def test_the_command_restricts_its_output_and_names_what_may_be_asked(
    bundle: Path, experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(experiment / "wav" / "u22.wav")
    words = ["predict", str(bundle), path, "--engine", "torch"]
    assert cli.main([*words, "--classes", "fear, neutral", "--timeline"]) == 0
    said = capsys.readouterr()
    (line,) = map(json.loads, said.out.splitlines())
    assert list(line["posterior"]) == ["neutral", "fear"] and "deciding among all" not in said.err
    assert {segment["label"] for segment in line["timeline"]} <= {"neutral", "fear", "none"}
    assert cli.main([*words, "--classes", "anger,fear", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "id,duration,emotion,confidence,anger,fear,ood,accepted,error"
    assert cli.main(words) == 0
    assert "deciding among all 3 classes" in (said := capsys.readouterr().err) and "tiny: anger,neutral" in said
    for asked, reason in (("anger,joy", "no class 'joy'"), ("anger,anger", "at least two"), ("", "no class ''")):
        assert cli.main([*words, "--classes", asked]) == 2
        said = capsys.readouterr()
        assert reason in said.err and "the model has anger, neutral, fear" in said.err and not said.out


def test_a_bundle_of_before_decides_among_some_too(bundle: Path, experiment: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    contents = json.loads((copy / "bundle.json").read_text())
    contents["format"] = 1
    del contents["calibration"]["restricted"]
    for corpus in contents["origin"]["corpora"]:
        del corpus["classes"]
    (copy / "bundle.json").write_text(json.dumps(contents))
    (copy / "bundle.json.sha256").unlink()
    samples, rate = soundfile.read(experiment / "wav" / "u22.wav", dtype="float32")
    model = sernet.load(copy, engine="torch")
    found, whole = model.predict(samples, rate, ["anger", "fear"]), model.predict(samples, rate)
    odds = np.log(whole.posterior["anger"] / whole.posterior["fear"])
    assert found.confidence == pytest.approx(1 / (1 + np.exp(-abs(odds))), abs=1e-6)
    with pytest.raises(UsageError, match="at least two"):
        model.predict(samples, rate, ["anger"])

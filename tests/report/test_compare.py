"""Experiments side by side: what is paired is the same, and what is not comparable is said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import yaml
from sklearn.metrics import recall_score, roc_auc_score

from sernet.errors import SernetError, UsageError
from sernet.pipeline.files import write_json, write_text
from sernet.report.compare import Comparison, as_html, as_text, compare, open_all
from sernet.report.markdown import results_markdown
from sernet.report.measured import load
from sernet.report.results import build_results, headline, write_results
from sernet.score.files import Scored, ScoreSet
from utils.publish import publish

Maker = Callable[..., list[Scored]]


def finish(folder: Path, scored: list[Scored], epochs: int = 50) -> Path:
    """What stage report leaves in ``folder``."""
    rows = build_results(scored, folder.name)
    write_results(rows, folder / "results.json")
    write_text(folder / "RESULTS.md", results_markdown(rows, {"command": "bash run.sh", "revision": f"{epochs}abc"}))
    systems = dict.fromkeys((item.system for item in scored), {"description": "", "model": {}, "train": {}})
    write_text(folder / "config.yaml", yaml.safe_dump({"title": folder.name, "systems": systems}))
    for item in scored:
        write_json(item.directory / "model.json", {"model": {"embedding": 128}, "train": {"epochs": epochs}})
    write_json(folder / "report" / "report.json", {"config": {"scored": [_plain(item) for item in scored]}})
    return folder


def _plain(item: Scored) -> dict[str, object]:
    return asdict(item) | {"directory": str(item.directory)}


def single(made: list[Scored]) -> list[Scored]:
    return [item for item in made if item.condition == "single"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, make: Maker) -> tuple[Path, Path]:
    """An experiment of two seeds, and another of one in which `am` is better."""
    root = tmp_path_factory.mktemp("work") / "exp"
    more = {"corpora": ("mini_en",), "ood": False, "takes": 2, "speakers": 8}
    finish(root / "mini", single(make(root / "mini", systems=("am",), seeds=(0, 1), **more)))
    finish(root / "mini-long", single(make(root / "mini-long", systems=("baseline", "am"), **more)), epochs=100)
    return root / "mini", root / "mini-long"


def uar(folder: Path, seed: int = 0) -> float:
    parts = [
        ScoreSet.load(folder / "single_mini_en" / "am" / f"fold{k}" / f"seed{seed}" / "scores" / "test.npz")
        for k in (0, 1)
    ]
    return float(np.mean([recall_score(s.label, s.logits.argmax(axis=1), average="macro") for s in parts]))


def table(found: Comparison, title: str) -> list[dict[str, str]]:
    chosen = next(table for table in found.tables if table.title == title)
    return [dict(zip(chosen.header, line, strict=True)) for line in chosen.body]


def test_a_difference_is_taken_on_what_both_have(folders: tuple[Path, Path]) -> None:
    found = compare(open_all(folders))
    assert found.labels == ["mini", "mini-long"]
    (line,) = table(found, "Paired differences")
    (row,) = found.differences.values()
    assert row["value"] == pytest.approx(uar(folders[1]) - uar(folders[0]), abs=1e-6)
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert (line["system"], line["seeds"], line["folds"], line["n"], line["speakers"]) == ("am", "0", "2", "80", "8")
    assert line["of the first"].startswith(f"{uar(folders[0]):.3f} [")
    # The quoted figures are those of all seeds.
    quoted = {line["system"]: line for line in table(found, "UAR")}
    assert quoted["am"]["mini"].startswith(f"{(uar(folders[0]) + uar(folders[0], 1)) / 2:.3f}")
    assert quoted["baseline"]["mini"] == "-"
    assert any(remark.endswith("baseline: mini has no such system") for remark in found.remarks)
    settings = {line["setting"]: line for line in table(found, "What differs in the settings")}
    assert settings["systems.am.train.epochs"]["mini-long"] == "100"
    assert "systems.am.model.embedding" not in settings
    assert "50abc" in as_text(found)


def test_the_intervals_of_the_first_are_those_of_its_report(folders: tuple[Path, Path]) -> None:
    first, other = open_all(folders[::-1])
    reported = headline(first.rows, metric="uar", system="am", versus=None)[0]
    line = table(compare([first, other]), "Paired differences")[0]
    low, high = (f"{reported[name]:.2f}" for name in ("ci_low", "ci_high"))
    assert line["of the first"] == f"{reported['value']:.3f} [{low}, {high}]"


def test_the_precision_that_was_used_is_named_where_it_differs(folders: tuple[Path, Path], tmp_path: Path) -> None:
    copies = [copytree(folders[0], tmp_path / name / "mini") for name in ("one", "two")]
    for copy, precision in zip(copies, ("bf16", "float32"), strict=True):
        for path in copy.glob("*/*/*/*/model.json"):
            write_json(path, json.loads(path.read_text()) | {"computed": {"precision": precision, "threads": 1}})
    (row,) = table(compare(open_all(copies)), "What differs in the settings")
    assert list(row.values()) == ["systems.am.computed.precision", "bf16", "float32"]


def test_published_predictions_pair_like_score_files(folders: tuple[Path, Path], tmp_path: Path) -> None:
    recipes = [tmp_path / "egs" / name for name in ("mini", "long")]
    for folder, recipe in zip(folders, recipes, strict=True):
        publish(folder, recipe)
    direct = compare(open_all(folders)).differences
    through = compare(open_all([folders[0], recipes[1]])).differences
    assert list(direct.values()) == [row | {"recipe": "mini"} for row in through.values()]
    for experiment, recipe in zip(folders, recipes, strict=True):  # to the last bit, so every figure is computed again
        (place,) = load(experiment).places("single")
        for model in load(experiment).models(place):
            kept, told = (load(folder).outputs(place, model) for folder in (experiment, recipe))
            assert (kept.logits == told.logits).all() and told.logits.dtype == np.float32
    blind = compare(open_all(recipes))
    assert not blind.differences and any("speakers are not known" in remark for remark in blind.remarks)
    corpus = {"name": "mini_en", "title": "t", "source": "s", "licence": "l", "how_to_get": "h", "language": "en"}
    corpus |= {"pattern": r"(?P<speaker>.*)-(?P<emotion>.*)\.wav", "maps": {"emotion": {"a": "anger"}}}
    corpus |= {"speakers": {f"spk{i:02d}": "female" for i in range(8)}, "expected": {"utterances": 1, "speakers": 8}}
    write_text(recipes[0] / "corpus.yaml", yaml.safe_dump(corpus))
    named = compare(open_all(recipes)).differences
    assert list(named.values()) == list(through.values())


def test_what_is_not_the_same_is_left_out_and_named(tmp_path: Path, make: Maker) -> None:
    more = {"corpora": ("mini_en",), "systems": ("am",), "ood": False, "takes": 1}
    scored = [single(make(tmp_path / name, **more)) for name in ("one", "two")]
    changed = scored[1][0].score_file  # fold 0 has lost an utterance
    scores = ScoreSet.load(changed)
    names = ("utt_id", "speaker", "corpus", "emotion", "label", "logits", "cosine", "embedding")
    replace(scores, **{name: getattr(scores, name)[1:] for name in names}).save(changed)
    folders = [finish(tmp_path / name, some) for name, some in zip(("one", "two"), scored, strict=True)]
    found = compare(open_all(folders))
    (line,) = table(found, "Paired differences")
    assert line["folds"] == "1" and line["n"] == "20"
    assert any("fold 0, seed 0" in r and "other test utterances (19 in common, 1 not)" in r for r in found.remarks)
    page = as_html(found)
    assert "other test utterances" in page and 'aria-label="Paired differences' in page
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org)", page)


def test_runs_of_other_names_are_matched_by_what_they_train_and_test(tmp_path: Path, make: Maker) -> None:
    made = single(make(tmp_path / "one", corpora=("mini_en",), systems=("am",), ood=False, takes=1))
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "single_mini_en").rename(tmp_path / "two" / "alone")
    moved = [
        replace(item, run="alone", directory=tmp_path / "two" / "alone" / "am" / f"fold{item.fold}" / "seed0")
        for item in made
    ]
    single(make(tmp_path / "one", corpora=("mini_en",), systems=("am",), ood=False, takes=1))
    found = compare(open_all([finish(tmp_path / "one", made), finish(tmp_path / "two", moved)]))
    (name,) = found.differences
    assert name == "single_mini_en / alone: mini_en, am"
    assert next(iter(found.differences.values()))["value"] == 0


def test_of_several_runs_the_one_of_the_same_protocol_is_paired(tmp_path: Path, make: Maker) -> None:
    """As `single` of one recipe and `five`, beside `six`, of another: same corpus, classes, folds and utterances."""
    more = {"corpora": ("mini_en",), "systems": ("am",), "ood": False, "takes": 1}
    made, same, other = (single(make(tmp_path / name, **more)) for name in ("one", "two", "three"))
    (tmp_path / "both").mkdir()
    moved = []
    for name, items, source in (("five", same, "two"), ("six", other, "three")):
        (tmp_path / source / "single_mini_en").rename(tmp_path / "both" / name)
        for item in items:
            fold = item.fold if name == "five" else item.fold + 2
            place = tmp_path / "both" / name / "am" / f"fold{item.fold}"
            moved.append(
                replace(item, run=name, fold=fold, directory=place.rename(place.parent / f"fold{fold}") / "seed0")
            )
    for item in moved:  # of `six` one utterance has another class
        if item.run == "six":
            scores = item.load()
            replace(scores, label=np.r_[(scores.label[0] + 1) % 4, scores.label[1:]]).save(item.score_file)
    found = compare(open_all([finish(tmp_path / "one", made), finish(tmp_path / "both", moved)]))
    assert list(found.differences) == ["single_mini_en / five: mini_en, am"]
    (how,) = table(found, "Runs of other names that are paired")
    assert how["they have"] == "the same corpora, classes, folds and test utterances"
    assert any("six" in remark and "only in" in remark for remark in found.remarks)


def test_a_run_that_was_started_from_other_corpora_is_paired_with_itself_without(tmp_path: Path, make: Maker) -> None:
    more = {"corpora": ("mini_en",), "systems": ("am",), "ood": False, "takes": 1}
    made, again = (single(make(tmp_path / name, **more)) for name in ("one", "two"))
    started = [replace(item, train="mini_en+mini_de") for item in again]
    found = compare(open_all([finish(tmp_path / "one", made), finish(tmp_path / "two", started)]))
    assert list(found.differences) == ["single_mini_en: mini_en / mini_en+mini_de -> mini_en, am"]
    assert not found.remarks


def test_faults_are_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two experiments or more"):
        open_all(folders[:1])
    with pytest.raises(UsageError, match="given twice"):
        open_all([folders[0], folders[0].parent / "." / "mini"])
    with pytest.raises(UsageError, match="no such folder"):
        open_all([folders[0], tmp_path / "none"])
    with pytest.raises(UsageError, match="has no results.json"):
        open_all([folders[0], tmp_path])
    (tmp_path / "results.json").write_text("[{")
    with pytest.raises(SernetError, match=r"results\.json.*: not JSON"):
        open_all([folders[0], tmp_path])


def auroc(folder: Path, detector: str, name: str) -> float:
    values = []
    for fold in (0, 1):
        directory = folder / "single_mini_en" / "am" / f"fold{fold}" / "seed0" / "ood" / detector
        inside, outside = (np.load(directory / f"{part}.npz")["score"] for part in ("test", name))
        label = np.r_[np.zeros(len(inside)), np.ones(len(outside))]
        values.append(roc_auc_score(label, np.r_[inside, outside]))
    return float(np.mean(values))


def test_detectors_are_paired_on_what_both_have(tmp_path: Path, make: Maker) -> None:
    more = {"corpora": ("mini_en",), "takes": 1}
    one = make(tmp_path / "one", systems=("am",), seeds=(0, 1), detectors=("msp", "duration"), **more)
    two = make(tmp_path / "two", systems=("baseline", "am"), detectors=("msp", "mahalanobis", "duration"), **more)
    folders = [finish(tmp_path / "one", [i for i in one if i.test != "shift"]), finish(tmp_path / "two", two)]
    lost = tmp_path / "two" / "single_mini_en" / "am" / "fold1" / "seed0" / "ood" / "msp" / "noise.npz"
    with np.load(lost) as file:  # another clip less
        np.savez(lost, utt_id=file["utt_id"][1:], score=file["score"][1:])
    found = compare(open_all(folders))
    by_set = {line["run: OOD set"]: line for line in table(found, "Paired differences, out of distribution")}
    near = by_set["single_mini_en: mini_en -> near"]
    expected = auroc(folders[1], "msp", "near") - auroc(folders[0], "msp", "near")
    assert near["msp"].startswith(f"{expected:+.3f} [") and near["mahalanobis"] == "-" and "duration" not in near
    assert (near["system"], near["seeds"], near["folds"], near["speakers"]) == ("am", "0", "2", "8")
    assert by_set["single_mini_en: mini_en -> noise"]["folds"] == "1"
    assert any(
        "noise, am, fold 1, seed 0" in r and "other OOD utterances (11 in common, 1 not)" in r for r in found.remarks
    )
    assert any("-> shift (ood-shift): only in two" in remark for remark in found.remarks)
    asked = compare(open_all(folders), ["duration"])
    line = table(asked, "Paired differences, out of distribution")[0]
    assert "duration" in line and "msp" not in line
    assert "Paired differences, out of distribution" in as_text(asked) and "duration" in as_html(asked)


def test_the_difference_of_an_experiment_to_itself_is_nothing_out_of_distribution(tmp_path: Path, make: Maker) -> None:
    more = {"corpora": ("mini_en",), "systems": ("am",), "takes": 1, "detectors": ("msp",)}
    folders = [finish(tmp_path / name, make(tmp_path / name, **more)) for name in ("one", "two")]
    lines = table(compare(open_all(folders)), "Paired differences, out of distribution")
    assert len(lines) == 3 and {line["msp"] for line in lines} == {"+0.000"}

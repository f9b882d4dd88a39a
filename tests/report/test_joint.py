"""A model of several corpora: decided among the classes of the tested one, and set against that corpus's own model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import accuracy_score, recall_score

from sernet.errors import SernetError
from sernet.pipeline.files import write_json, write_text
from sernet.report.cells import Outputs, read_outputs
from sernet.report.compare import compare, open_all
from sernet.report.groups import LabelGroup
from sernet.report.html import write_report
from sernet.report.markdown import results_markdown
from sernet.report.paired import against
from sernet.report.results import Row, build_results, select, write_results
from sernet.score.files import Scored, ScoreSet, View
from utils.publish import publish

CORPORA = {
    "one": ("anger", "happiness", "neutral", "sadness", "fear"),
    "two": ("anger", "happiness", "neutral", "disgust"),
}
UNION = ("anger", "happiness", "neutral", "sadness", "fear", "disgust")


def _joined(*parts: ScoreSet) -> ScoreSet:
    long = ("utt_id", "speaker", "corpus", "emotion", "label", "logits", "cosine", "embedding")
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in long})


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, make_scores: Callable[..., ScoreSet]) -> list[Scored]:
    """Two folds, two systems, one seed: runs `joint`, `own-one` and `own-two`."""
    found, root = [], tmp_path_factory.mktemp("joint")
    for system, skill in (("baseline", 0.8), ("am", 1.0)):
        for fold in (0, 1):
            test, train, joint = {}, {}, root / "joint" / system / f"fold{fold}" / "seed0"
            for corpus, classes in CORPORA.items():
                names = [f"{corpus}-spk{i:02d}" for i in range(8)]
                sides = names[fold::2], names[1 - fold :: 2]
                own = root / f"own-{corpus}" / system / f"fold{fold}" / "seed0"
                for name, speakers in zip(("test", "train"), sides, strict=True):
                    made = make_scores(f"own {system}", corpus, speakers, classes, classes, 2, 0.7 * skill)
                    made.save(own / "scores" / f"{name}.npz")
                found.append(Scored(f"own-{corpus}", system, fold, 0, corpus, corpus, "single", "test", own))
                test[corpus], train[corpus] = (make_scores(system, corpus, s, UNION, classes, 2, skill) for s in sides)
                test[corpus].save(joint / "scores" / f"{corpus}.npz")
                place = ("joint", system, fold, 0, "one+two", corpus, "single", corpus, joint)
                found.append(Scored(*place, view=View(corpus, classes)))
            _joined(*train.values()).save(joint / "scores" / "train.npz")
            _joined(*test.values()).save(joint / "scores" / "test.npz")
    return found


@pytest.fixture(scope="module")
def rows(scored: list[Scored]) -> list[Row]:
    return build_results(scored, "unified", rivals={"joint": ["own-one", "own-two"]})


def _masked(scores: ScoreSet, corpus: str) -> tuple[list[str], list[str]]:
    """Label and answer of each utterance, the answer picked from the corpus's classes one by one."""
    answers = []
    for logits in scores.logits.tolist():
        by_class = dict(zip(scores.classes.tolist(), logits, strict=True))
        answers.append(max(CORPORA[corpus], key=by_class.__getitem__))
    return scores.emotion.tolist(), answers


def _uar(item: Scored, corpus: str) -> float:
    return float(recall_score(*_masked(ScoreSet.load(item.score_file), corpus), average="macro"))


def _one(rows: list[Row], **wanted: object) -> Row:
    (found,) = select(rows, **wanted)
    return found


def test_a_corpus_is_decided_among_its_own_classes(scored: list[Scored], rows: list[Row]) -> None:
    joint = [item for item in scored if (item.run, item.system) == ("joint", "am")]
    raw = np.concatenate([ScoreSet.load(item.score_file).logits.argmax(axis=1) for item in joint if item.set == "two"])
    assert np.isin(raw, [UNION.index("sadness"), UNION.index("fear")]).any(), "unmasked, some answers would be others"
    for corpus, classes in CORPORA.items():
        here = {"run": "joint", "system": "am", "test": corpus, "versus": None}
        items = [item for item in joint if item.test == corpus]
        for item in items:
            row = _one(rows, metric="uar", fold=item.fold, seed=0, **here)
            assert row["value"] == pytest.approx(_uar(item, corpus), abs=1e-6)
        head = _one(rows, metric="uar", fold="mean", seed=None, **here)
        assert (head["train"], head["condition"], head["n_speakers"]) == ("one+two", "single", 8)
        assert head["n"] == 8 * len(classes) * 2
        label, answer = zip(*(_masked(ScoreSet.load(item.score_file), corpus) for item in items), strict=True)
        war = accuracy_score(sum(label, []), sum(answer, []))
        assert _one(rows, metric="war", fold=None, seed=None, **here)["value"] == pytest.approx(war, abs=1e-6)
        recalls = {
            r["metric"] for r in select(rows, fold="mean", seed=None, **here) if r["metric"].startswith("recall:")
        }
        assert recalls == {f"recall:{name}" for name in classes}
        majority = _one(rows, run="joint", system="majority", test=corpus, metric="uar")
        assert majority["value"] == pytest.approx(1 / len(classes), abs=1e-6)


def test_a_run_against_another_is_as_two_systems_of_one_run(scored: list[Scored], rows: list[Row]) -> None:
    for corpus in CORPORA:
        joint, own = (
            [item for item in scored if (item.run, item.system, item.test) == (run, "am", corpus)]
            for run in ("joint", f"own-{corpus}")
        )
        row = _one(rows, versus=f"own-{corpus}/am")
        assert (row["run"], row["system"], row["test"], row["metric"]) == ("joint", "am", corpus, "uar")
        by_hand = np.mean([_uar(mine, corpus) - _uar(theirs, corpus) for mine, theirs in zip(joint, own, strict=True)])
        assert row["value"] == pytest.approx(by_hand, abs=1e-6)
        as_systems = [*joint, *(replace(item, run="joint", train="one+two", system="baseline") for item in own)]
        constant = {name: row[name] for name in ("recipe", "tag", "run", "train", "test", "condition", "detector")}
        group = LabelGroup(constant | {"versus": None}, as_systems, "baseline", read_outputs)
        same = _one(group.rows(), versus="baseline", metric="uar")
        assert all(row[name] == pytest.approx(same[name], abs=1e-6) for name in ("value", "ci_low", "ci_high"))
        assert row["ci_low"] < row["value"] < row["ci_high"] and row["n"] == same["n"]
    assert not select(rows, versus="own-two/am", test="one")


def test_runs_on_other_utterances_are_not_subtracted(scored: list[Scored]) -> None:
    joint, own = ([item for item in scored if (item.run, item.test) == (run, "two")] for run in ("joint", "own-two"))
    constant = {"recipe": "unified", "run": "joint", "train": "one+two", "test": "two", "condition": "single"}

    def lacking(path: Path, view: View | None) -> Outputs:
        found = read_outputs(path, view)
        return found[found.utt_id != own[0].load().utt_id[0]] if path == own[0].score_file else found

    with pytest.raises(SernetError, match=r"runs\.joint\.against: own-two, fold 0: other test utterances"):
        against(constant, joint, own, lacking)


def test_the_report_shows_both_and_says_how_it_is_decided(
    scored: list[Scored], rows: list[Row], tmp_path: Path
) -> None:
    text = results_markdown(rows, {"title": "unified"})
    shown = text[text.index("### Paired differences between runs") :].split("\n### ")[0]
    assert "| joint | one+two -> two | single | am | own-two |" in shown
    within = text[text.index("### Paired differences\n") :].split("\n### ")[0]
    assert "am - baseline" in within and "own-" not in within.splitlines()[4]
    assert "decides among the classes that the tested corpus has in training" in text
    titles = [line for line in text.splitlines() if line.startswith("### ")]
    assert len(set(titles)) == len(titles)
    assert {"### Recall by class: joint, two", "### Folds: joint, two", "### Folds: own-two"} <= set(titles)
    write_report(tmp_path / "index.html", rows, scored, {"title": "unified"})
    assert "Paired differences between runs" in (tmp_path / "index.html").read_text()


def test_what_is_published_of_it_is_decided_alike(scored: list[Scored], rows: list[Row], tmp_path: Path) -> None:
    experiment = scored[0].directory.parents[3]
    for folder in (experiment, tmp_path / "copy"):
        write_results(rows, folder / "results.json")
        write_text(folder / "RESULTS.md", results_markdown(rows, {"title": "unified"}))
    write_text(experiment / "config.yaml", yaml.safe_dump({"title": "unified", "systems": {}}))
    for item in scored:
        write_json(item.directory / "model.json", {"corpus_classes": CORPORA if item.run == "joint" else None})
    plain = [asdict(item) | {"directory": str(item.directory)} for item in scored]
    write_json(experiment / "report" / "report.json", {"config": {"scored": plain}})
    publish(experiment, tmp_path / "copy")
    found = compare(open_all([experiment, tmp_path / "copy"]))
    differences = {name: row for name, row in found.differences.items() if name.startswith("joint")}
    assert len(differences) == 4 and all(row["value"] == 0 for row in differences.values())
    quoted = _one(rows, run="joint", system="am", test="two", metric="uar", fold="mean", seed=None, versus=None)
    (line,) = [
        line
        for table in found.tables
        if table.title == "Paired differences"
        for line in table.body
        if line[0].startswith("joint") and line[0].endswith("two") and line[2] == "am"
    ]
    assert line[5].startswith(f"{quoted['value']:.3f} [") and line[5] == line[6]

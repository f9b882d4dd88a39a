"""results.json: its rows, what they are computed from, and that they are the same each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t
from sklearn.dummy import DummyClassifier
from sklearn.metrics import recall_score, roc_auc_score

from sernet.errors import SernetError
from sernet.report.results import FIELDS, Row, build_results, headline, read_results, select, write_results
from sernet.report.tables import recognition
from sernet.score.files import Scored, ScoreSet, load_detector_scores

Maker = Callable[..., list[Scored]]


def one(rows: list[Row], **wanted: object) -> Row:
    found = select(rows, **wanted)
    assert len(found) == 1, (wanted, len(found))
    return found[0]


def test_rows_have_the_fixed_fields_and_are_unique(experiment: tuple[list[Scored], list[Row]]) -> None:
    _, rows = experiment
    assert all(tuple(row) == FIELDS for row in rows)
    keys = [tuple(str(row[name]) for name in FIELDS[:12]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["recipe"] for row in rows} == {"mini"} and {row["tag"] for row in rows} == {"tag"}


def test_single_rows_against_scikit_learn(experiment: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = experiment
    run, system = "single_mini_en", "am"
    by_model, pooled = {}, {0: ([], []), 1: ([], [])}  # type: ignore[var-annotated]
    for item in scored:
        if (item.run, item.system, item.condition) == (run, system, "single"):
            scores = ScoreSet.load(item.score_file)
            predicted = scores.logits.argmax(axis=1)
            by_model[item.seed, item.fold] = recall_score(scores.label, predicted, average="macro")
            pooled[item.seed][0].extend(scores.label)
            pooled[item.seed][1].extend(predicted)
    where = {"run": run, "system": system, "metric": "uar", "condition": "single", "versus": None}
    for (seed, fold), uar in by_model.items():
        assert one(rows, seed=seed, fold=fold, **where)["value"] == pytest.approx(uar, abs=1e-6)
    per_seed = [np.mean([uar for (s, _), uar in by_model.items() if s == seed]) for seed in (0, 1)]
    assert one(rows, seed=1, fold="mean", **where)["value"] == pytest.approx(per_seed[1], abs=1e-6)
    head = one(rows, seed=None, fold="mean", **where)
    assert head["value"] == pytest.approx(np.mean(per_seed), abs=1e-6)
    assert (head["n"], head["n_speakers"], head["n_ood"]) == (80, 8, None)
    assert head["ci_low"] < head["value"] < head["ci_high"]
    both = [recall_score(*pooled[seed], average="macro") for seed in (0, 1)]
    assert one(rows, seed=None, fold=None, **where)["value"] == pytest.approx(np.mean(both), abs=1e-6)
    spread = one(rows, **{**where, "metric": "uar_seed_sd"})
    assert spread["value"] == pytest.approx(np.std(per_seed, ddof=1), abs=1e-6)


def test_the_untuned_mean_is_over_folds_that_test_nobody_tuned_on(experiment: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = experiment
    some = [item for item in scored if item.run == "single_mini_en" and item.condition in ("single", "ood-near")]
    found = build_results(some, "mini", "tag", tuned={"mini_en-spk01", "mini_en-spk03"})  # tested in fold 1
    for metric, where in (("uar", {"condition": "single"}), ("auroc", {"condition": "ood-near", "detector": "msp"})):
        here = {"metric": metric, "system": "am", "versus": None, **where}
        folds = [one(found, fold=0, seed=seed, **here)["value"] for seed in (0, 1)]
        untuned = one(found, fold="mean-untuned", seed=None, **here)
        assert untuned["value"] == pytest.approx(np.mean(folds), abs=1e-6) and untuned["n_speakers"] == 4
        everything = {"fold": "mean", "seed": None, "run": "single_mini_en", **here}
        assert one(found, **everything) == one(rows, **everything), "the other rows stay as they are"
    assert all(row["fold"] != "mean-untuned" for row in headline(found)) and not select(rows, fold="mean-untuned")
    lines = [line[0] for table in recognition(found) for line in table.body]
    assert lines.count("single_mini_en, untuned") == len(lines) / 2
    everybody = {f"mini_en-spk{i:02d}" for i in range(8)}
    assert not select(build_results(some[:2], "mini", tuned=everybody), fold="mean-untuned")


def test_pooling_is_for_recognition_and_ece_and_never_for_ood(experiment: tuple[list[Scored], list[Row]]) -> None:
    _, rows = experiment
    pooled = select(rows, fold=None)
    assert {row["metric"] for row in pooled} == {"uar", "war", "macro_f1", "ece", "ece_perfect"}
    assert {row["condition"] for row in pooled} == {"single", "cross"}


def test_ood_rows_are_the_mean_over_models(experiment: tuple[list[Scored], list[Row]]) -> None:
    scored, rows = experiment
    where = {"run": "single_mini_en", "system": "msac", "detector": "msp", "metric": "auroc", "versus": None}
    expected = {}
    for item in scored:
        if (item.run, item.system, item.set) == ("single_mini_en", "msac", "near"):
            inside, outside = (load_detector_scores(item.directory / f"ood/msp/{s}.npz")[1] for s in ("test", "near"))
            is_ood = np.repeat([0, 1], [len(inside), len(outside)])
            expected[item.seed, item.fold] = roc_auc_score(is_ood, np.concatenate([inside, outside]))
    for (seed, fold), auroc in expected.items():
        row = one(rows, seed=seed, fold=fold, test="near", **where)
        assert row["value"] == pytest.approx(auroc, abs=1e-6) and row["ci_low"] is None
    head = one(rows, seed=None, fold="mean", test="near", **where)
    assert head["value"] == pytest.approx(np.mean(list(expected.values())), abs=1e-6)
    assert (head["condition"], head["n"], head["n_ood"], head["n_speakers"]) == ("ood-near", 80, 32, 8)
    assert head["ci_low"] < head["value"] < head["ci_high"]
    assert {row["test"] for row in headline(rows, **where)} == {"near", "shift", "noise"}


def test_a_run_counts_the_detectors_that_it_names(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, systems=("am",), takes=1, detectors=("msp", "duration"))
    rows = build_results(scored, "mini", detectors={"single_mini_en": ["msp"]})
    found = {(row["run"], row["detector"]) for row in rows if row["detector"] and row["run"].startswith("single")}
    assert found == {("single_mini_en", "msp"), ("single_mini_de", "msp"), ("single_mini_de", "duration")}


def test_differences_are_paired(experiment: tuple[list[Scored], list[Row]]) -> None:
    """The noise of a speaker is common to the systems, so the difference is surer than two intervals would say."""
    _, rows = experiment
    where = {"run": "single_mini_en", "metric": "uar", "seed": None, "fold": "mean", "condition": "single"}
    pairs = {(row["system"], row["versus"]): row for row in select(rows, **where) if row["versus"]}
    assert set(pairs) == {("am", "baseline"), ("msac", "baseline"), ("msac", "am")}
    alone = {s: one(rows, system=s, versus=None, **where) for s in ("msac", "baseline")}
    row = pairs["msac", "baseline"]
    assert row["value"] == pytest.approx(alone["msac"]["value"] - alone["baseline"]["value"], abs=2e-6)
    unpaired = np.hypot(*((r["ci_high"] - r["ci_low"]) / 2 for r in alone.values()))
    assert (row["ci_high"] - row["ci_low"]) / 2 < unpaired
    ood = [row for row in rows if row["versus"] and row["condition"].startswith("ood-")]
    assert {row["metric"] for row in ood} == {"auroc", "auroc_full"}
    assert {row["detector"] for row in ood} == {"msp", "duration"}


def test_across_corpora_the_variance_over_seeds_is_in_the_interval(
    experiment: tuple[list[Scored], list[Row]],
) -> None:
    """One model of a seed answers for all speakers there, so other seeds would move all of them alike."""
    scored, rows = experiment
    cross = [item for item in scored if item.condition == "cross"]
    alone = build_results([item for item in cross if item.seed == 0], "mini", "tag")
    where = {"condition": "cross", "metric": "uar", "fold": "mean", "run": cross[0].run, "test": cross[0].test}
    for versus in (None, "am"):
        row = one(rows, seed=None, system="msac", versus=versus, **where)
        per_seed = [
            one(rows, seed=seed, system="msac", versus=None, **where)["value"]
            - (one(rows, seed=seed, system="am", versus=None, **where)["value"] if versus else 0)
            for seed in (0, 1)
        ]
        assert row["value"] == pytest.approx(np.mean(per_seed), abs=2e-6)
        # The standard error of a mean of two is half of what they differ by.
        assert (row["ci_high"] - row["ci_low"]) / 2 > 1.96 * abs(np.diff(per_seed)[0]) / 2 > 0
    one_seed = one(alone, seed=None, system="msac", versus=None, **where)
    assert one_seed == one(rows, seed=0, system="msac", versus=None, **where) | {"seed": None}


def test_a_class_of_few_speakers_leaves_no_interval(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, seeds=(0,))
    for item in scored:
        if item.condition == "single":
            scores = item.load()
            speakers = sorted(set(scores.speaker))
            kept = (scores.emotion != "anger") | np.isin(scores.speaker, speakers[:1])
            replace(scores, label=np.where(kept, scores.label, -1)).save(item.score_file)
    rows = build_results(scored, "mini")
    where = {"seed": None, "fold": "mean", "versus": None, "system": "am", "metric": "uar"}
    assert {row["ci_low"] for row in select(rows, condition="single", **where)} == {None}
    assert None not in {row["ci_low"] for row in select(rows, condition="cross", **where)}


def test_a_difference_is_over_the_seeds_that_both_systems_have(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), systems=("baseline", "am"), seeds=(0, 1), takes=2, ood=False)
    rows = build_results([item for item in scored if (item.system, item.seed) != ("baseline", 1)], "mini")
    where = {"run": "single_mini_en", "metric": "uar", "fold": "mean"}
    alone = {system: one(rows, system=system, seed=0, versus=None, **where)["value"] for system in ("am", "baseline")}
    other = one(rows, system="am", seed=1, versus=None, **where)["value"]
    difference = one(rows, system="am", versus="baseline", **where)["value"]
    assert difference == pytest.approx(alone["am"] - alone["baseline"], abs=2e-6) and other != alone["am"]


def test_the_majority_row(experiment: tuple[list[Scored], list[Row]]) -> None:
    _, rows = experiment
    where = {"run": "cross_mini_en", "system": "majority", "test": "mini_de", "fold": "mean"}
    assert one(rows, metric="uar", **where)["value"] == pytest.approx(0.2)
    assert one(rows, metric="war", **where)["value"] == pytest.approx(0.2)


def test_the_majority_is_that_of_training(tmp_path: Path, make: Maker) -> None:
    """Against scikit-learn's most frequent class; training and test differ in which class that is."""
    scored = make(tmp_path, corpora=("mini_en",), systems=("am",), ood=False)
    expected = []
    for number, item in enumerate(scored[:2]):
        train = _thinned(item.file("train"), keep=2 + number)
        test = _thinned(item.score_file, keep=0)
        always = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(train), 1)), train)
        expected.append(always.score(np.zeros((len(test), 1)), test))
        assert np.bincount(test).argmax() == 0 and always.predict([[0]]) == [2 + number]
    rows = build_results(scored[:2], "mini")
    found = one(rows, system="majority", metric="war", fold="mean")["value"]
    assert found == pytest.approx(np.mean(expected), abs=1e-6) and found < 0.2


def _thinned(path: Path, keep: int) -> np.ndarray:
    """Leave a score file all utterances of the class ``keep``, and a third of the others; its labels."""
    scores = ScoreSet.load(path)
    chosen = (scores.label == keep) | np.char.endswith(scores.utt_id, "-0")
    fewer = {name: value[chosen] for name, value in vars(scores).items() if np.shape(value)[:1] == (len(scores),)}
    ScoreSet(**{**vars(scores), **fewer}).save(path)
    return scores.label[chosen]


def test_the_file_is_the_same_to_the_byte_whatever_the_order(
    experiment: tuple[list[Scored], list[Row]], tmp_path: Path
) -> None:
    scored = [item for item in experiment[0] if item.run == "single_mini_en" and item.test in ("mini_en", "near")]
    rows = build_results(scored, "mini", "tag")
    write_results(rows, tmp_path / "a.json")
    write_results(build_results(scored[::-1], "mini", "tag"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_results(tmp_path / "a.json") == json.loads((tmp_path / "a.json").read_text())
    assert read_results(tmp_path / "a.json") == rows and all(row in experiment[1] for row in rows)


def test_processes_change_no_byte_and_hand_on_what_is_wrong(
    experiment: tuple[list[Scored], list[Row]], tmp_path: Path, make: Maker
) -> None:
    scored, rows = experiment
    assert rows == build_results(scored, "mini", "tag", jobs=2)
    few = make(tmp_path, corpora=("mini_en",), folds=1, systems=("am",), ood=False)
    few[0].score_file.write_bytes(b"damaged")
    with pytest.raises(SernetError, match="test.npz"):
        build_results(few, "mini", jobs=2)


def test_intervals_are_the_t_intervals_of_the_speakers_and_of_the_seeds_where_one_model_hears_all(
    tmp_path: Path, make: Maker
) -> None:
    """Closed forms for accuracy where all speakers say equally much; the second seed is worse than the first."""
    scored = make(tmp_path, corpora=("mini_en", "mini_de"), systems=("am",), seeds=(0, 1), ood=False)
    for condition in ("single", "cross"):
        right: dict[int, dict[str, list[bool]]] = {0: {}, 1: {}}
        chosen = [item for item in scored if item.condition == condition and item.test == "mini_de"]
        for item in chosen:
            scores = ScoreSet.load(item.score_file)
            if item.seed:
                some = np.char.endswith(scores.utt_id, "r-0")[:, None]  # anger and fear
                spoilt = np.where(some, -scores.logits, scores.logits)
                scores = replace(scores, logits=spoilt)
                scores.save(item.score_file)
            for speaker, said in zip(scores.speaker, scores.logits.argmax(1) == scores.label, strict=True):
                right[item.seed].setdefault(str(speaker), []).append(said)
        accuracy = np.array([[np.mean(of[speaker]) for speaker in sorted(of)] for of in right.values()])
        speakers = accuracy.mean(0).var(ddof=1) / 8
        seeds = accuracy.mean(1).var(ddof=1) / 2 if condition == "cross" else 0.0
        assert condition == "single" or speakers / 4 < seeds < speakers * 4
        freedom = (speakers + seeds) ** 2 / (speakers**2 / 7 + seeds**2 / 1)
        half = t.ppf(0.975, freedom) * np.sqrt(speakers + seeds)
        rows = build_results(chosen, "mini")
        row = one(rows, metric="war", system="am", seed=None, fold="mean")
        assert row["value"] == pytest.approx(accuracy.mean(), abs=1e-6)
        limits = accuracy.mean() - half, accuracy.mean() + half
        assert limits[0] > 0 and limits[1] < 1, "nothing is cut off"
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(limits, abs=0.05 * half), condition


def test_few_speakers_have_no_interval(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), speakers=3, folds=1, systems=("am",), ood=False)
    rows = headline(build_results(scored, "mini"), metric="uar", system="am")
    assert rows and all(row["ci_low"] is None and row["n_speakers"] == 3 for row in rows)


def test_a_class_that_the_reference_lacks_has_no_recall(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), folds=1, systems=("am",), ood=False)
    scores = ScoreSet.load(scored[0].score_file)
    keep = scores.label != 2
    fewer = {
        name: getattr(scores, name)[keep]
        for name in ("utt_id", "speaker", "corpus", "emotion", "label", "logits", "cosine", "embedding")
    }
    ScoreSet(**{**vars(scores), **fewer}).save(scored[0].score_file)
    rows = headline(build_results(scored[:1], "mini"), system="am")
    assert "recall:neutral" not in {row["metric"] for row in rows}
    assert one(rows, metric="uar")["value"] == pytest.approx(
        np.mean([row["value"] for row in rows if row["metric"].startswith("recall:")]), abs=1e-5
    )


def test_models_scored_on_different_utterances_are_refused(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), folds=1, systems=("am", "msac"), ood=False)
    more = make(tmp_path / "more", corpora=("mini_en",), folds=1, systems=("msac",), takes=4, ood=False)
    with pytest.raises(SernetError, match="other utterances"):
        build_results([scored[0], more[0]], "mini")


def test_missing_files_are_named(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), folds=1, systems=("am",))
    single, near = (next(item for item in scored if item.set == name) for name in ("test", "near"))
    scores = ScoreSet.load(near.score_file)
    np.savez(near.directory / "ood/msp/near.npz", utt_id=scores.utt_id, score=np.full(len(scores), np.nan))
    with pytest.raises(SernetError, match="near.npz.*not finite"):
        build_results([near], "mini")
    (near.directory / "ood/msp/near.npz").unlink()
    (near.directory / "ood/mahalanobis/near.npz").unlink()
    (near.directory / "ood/duration/near.npz").unlink()
    with pytest.raises(SernetError, match="run the stage ood"):
        build_results([near], "mini")
    single.score_file.unlink()
    with pytest.raises(SernetError, match="test.npz is missing"):
        build_results([single], "mini")


def test_nothing_scored_gives_an_empty_list(tmp_path: Path) -> None:
    write_results(build_results([], "mini"), tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == []

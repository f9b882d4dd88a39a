"""Published predictions set against each other: scikit-learn's recall, sums of logits, one seed against several."""

import gzip
from dataclasses import replace

import numpy as np
import pytest
import yaml
from scipy.stats import ttest_rel
from sklearn.metrics import recall_score

from sernet.errors import SernetError
from utils.bench.paired import added, compared, within

CLASSES = ["anger", "neutral", "sadness"]
SPEAKERS = [f"s{number}" for number in range(8)]
UTTERANCES = {f"{who}-{number}": who for who in SPEAKERS for number in range(30)}


@pytest.fixture
def egs(tmp_path):
    """Two recipes: a network of two seeds, and what has one; each speaker is a fold."""
    draws = np.random.default_rng(0)
    for recipe, system, seeds, right in (("one", "net", (0, 1), 0.5), ("two", "svm", (0,), 0.8)):
        (tmp_path / recipe / "predictions").mkdir(parents=True)
        rows = ["\t".join(["system", "fold", "seed", "test", "utterance", "label", *CLASSES])]
        for seed in seeds:
            for place, (utterance, who) in enumerate(UTTERANCES.items()):
                logits = draws.normal(size=3)
                logits[place % 3] += 3 * (draws.random() < right)
                fold = str(SPEAKERS.index(who))
                told = [f"{value:.4f}" for value in logits]
                rows.append("\t".join([system, fold, str(seed), "tiny", utterance, CLASSES[place % 3], *told]))
        with gzip.open(tmp_path / recipe / "predictions" / "run.tsv.gz", "wt") as stream:
            stream.write("\n".join(rows) + "\n")
        kind = {"svm": {"c": 1}} if system == "svm" else {"model": {}}
        (tmp_path / recipe / "config.yaml").write_text(yaml.safe_dump({"systems": {system: kind}}))
    return tmp_path


def by_speaker(system):
    """UAR of each speaker, mean over seeds."""
    found = []
    for who in SPEAKERS:
        own = [u for u in UTTERANCES if UTTERANCES[u] == who]
        label = [system.label[u] for u in own]
        guesses = [[max(of[u], key=of[u].get) for u in own] for of in system.logits.values()]
        found.append(np.mean([recall_score(label, guess, average="macro") for guess in guesses]))
    return np.array(found)


def test_uar_and_the_paired_difference(egs):
    net, svm, both = (
        by_speaker(added(n, "tiny", egs)) for n in ("one:run:net", "two:run:svm", "one:run:net+2*two:run:svm")
    )
    lines = compared(["one:run:net", "two:run:svm", "one:run:net+2*two:run:svm"], "tiny", UTTERANCES, egs)
    for line, values, change in zip(lines, (net, svm, both), (None, svm - net, both - net), strict=False):
        assert f" {values.mean():.3f} [" in line
        if change is not None:
            limits = ttest_rel(change + net, net).confidence_interval(0.95)
            told, seeds = line.split("|")[-3:-1]
            assert seeds == " 0 1 "
            assert told.startswith(f" {change.mean():+.3f} [")
            low, high = (float(word) for word in told.split("[")[1].rstrip("] ").split(","))
            assert (low, high) == pytest.approx(limits, abs=0.02)
    assert lines[-1] == "n = 240, 8 speakers"


def test_a_network_of_one_seed_is_paired_on_that_seed_only(egs):
    net = added("one:run:net", "tiny", egs)
    one = by_speaker(added("two:run:svm", "tiny", egs))
    # Without word of what it is, a system of one seed is a network, whose other seeds nobody knows.
    (egs / "two" / "config.yaml").unlink()
    line = compared(["two:run:svm", "one:run:net"], "tiny", UTTERANCES, egs)[1]
    change = by_speaker(replace(net, logits={0: net.logits[0]})) - one
    assert line.split("|")[3] == " 0 1 " and line.split("|")[5] == " 0 "
    assert float(line.split("|")[4].split("[")[0]) == pytest.approx(change.mean(), abs=1e-3)
    assert sorted(added("one:run:net+2*two:run:svm", "tiny", egs).logits) == [0]
    path = egs / "two" / "predictions" / "run.tsv.gz"
    rows = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    rows[1:] = [[*row[:2], "7", *row[3:]] for row in rows[1:]]
    path.write_bytes(gzip.compress("\n".join("\t".join(row) for row in rows).encode()))
    for names in (["two:run:svm", "one:run:net"], ["one:run:net+2*two:run:svm"]):
        with pytest.raises(SernetError, match="has no seed in common with"):
            compared(names, "tiny", UTTERANCES, egs)


def test_across_corpora_other_seeds_are_in_the_interval(egs):
    narrow = compared(["one:run:net"], "tiny", UTTERANCES, egs)[0]
    path = egs / "one" / "predictions" / "run.tsv.gz"
    rows = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    rows[1:] = [[row[0], "all", *row[2:]] for row in rows[1:]]
    rows[1:] = [[*row[:6], *(row[6:] if row[2] == "0" else ["1", "0", "0"])] for row in rows[1:]]  # always anger
    path.write_bytes(gzip.compress("\n".join("\t".join(row) for row in rows).encode()))
    wide = compared(["one:run:net"], "tiny", UTTERANCES, egs)[0]
    assert "[0.00, 1.00]" in wide and "[0.00, 1.00]" not in narrow  # seeds 0.3 apart, one degree of freedom


def test_one_fold_alone_is_compared(egs):
    net = added("one:run:net", "tiny", egs)
    own = [u for u in UTTERANCES if UTTERANCES[u] == "s3"]
    alone = within(net, own)
    assert list(alone.label) == own and set(alone.fold.values()) == {"3"} and sorted(alone.logits) == [0, 1]
    whole = {"one:run:net": by_speaker(net), "two:run:svm": by_speaker(added("two:run:svm", "tiny", egs))}
    for recipe in ("one", "two"):  # two folds of four speakers
        path = egs / recipe / "predictions" / "run.tsv.gz"
        rows = [line.split("\t") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        rows[1:] = [[row[0], str(int(row[1]) // 4), *row[2:]] for row in rows[1:]]
        path.write_bytes(gzip.compress("\n".join("\t".join(row) for row in rows).encode()))
    lines = compared(list(whole), "tiny", UTTERANCES, egs, fold="1")
    for line, name in zip(lines, whole, strict=False):
        assert f" {whole[name][4:].mean():.3f} [" in line
    assert lines[-1] == "n = 120, 4 speakers"
    with pytest.raises(SernetError, match="one:run:net has no fold 7; it has 0 1"):
        compared(list(whole), "tiny", UTTERANCES, egs, fold="7")


def test_a_sum_adds_logits_and_keeps_the_seeds_of_a_network(egs):
    net, svm, both = (added(n, "tiny", egs) for n in ("one:run:net", "two:run:svm", "one:run:net+2*two:run:svm"))
    assert sorted(both.logits) == [0, 1]
    for seed in (0, 1):
        expected = net.logits[seed]["s3-4"]["anger"] + 2 * svm.logits[0]["s3-4"]["anger"]
        assert both.logits[seed]["s3-4"]["anger"] == pytest.approx(expected)


def test_seeds_that_follow_each_other_are_averaged(egs):
    net, pairs = added("one:run:net", "tiny", egs), added("one:run:net@2", "tiny", egs)
    for name in CLASSES:
        expected = (net.logits[0]["s3-4"][name] + net.logits[1]["s3-4"][name]) / 2
        assert pairs.logits[0]["s3-4"][name] == pairs.logits[1]["s3-4"][name] == pytest.approx(expected)


def test_what_is_not_there_is_said(egs):
    with pytest.raises(SernetError, match="publish the recipe first"):
        added("three:run:net", "tiny", egs)
    with pytest.raises(SernetError, match="has no such system tested on huge"):
        added("one:run:net", "huge", egs)
